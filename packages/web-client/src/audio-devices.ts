import { type AudioFrame, type DeviceError } from '@sotto/pipeline';
import { Microphone } from './capture/microphone.ts';
import { Loudspeaker } from './playback/loudspeaker.ts';

export type AudioDevicesOptions = {
  readonly worklets: { readonly capture?: string | URL; readonly playback?: string | URL };
  readonly deviceId: string | undefined;
  readonly onFrame: (frame: AudioFrame) => void;
  readonly onLost: (error: DeviceError) => void;
  readonly onMuted: (muted: boolean) => void;
};

/** The page's microphone and loudspeaker on one audio context, and how loud they are. */
export class AudioDevices implements AsyncDisposable {
  readonly loudspeaker: Loudspeaker;
  readonly #options: AudioDevicesOptions;
  readonly #context: AudioContext;
  readonly #outputMeter: AnalyserNode;
  readonly #meterSamples: Float32Array<ArrayBuffer>;
  #microphone: Microphone | undefined;
  #inputLevel = 0;

  private constructor(options: AudioDevicesOptions, context: AudioContext, outputMeter: AnalyserNode, loudspeaker: Loudspeaker) {
    this.#options = options;
    this.#context = context;
    this.#outputMeter = outputMeter;
    this.#meterSamples = new Float32Array(outputMeter.fftSize);
    this.loudspeaker = loudspeaker;
  }

  static async open(options: AudioDevicesOptions): Promise<AudioDevices> {
    const context = new AudioContext({ latencyHint: 'interactive' });
    const outputMeter = context.createAnalyser();
    outputMeter.fftSize = 1024;
    outputMeter.connect(context.destination);
    const workletUrl = options.worklets.playback;
    const loudspeaker = await Loudspeaker.open({ context, destination: outputMeter, ...(workletUrl === undefined ? {} : { workletUrl }) });
    return new AudioDevices(options, context, outputMeter, loudspeaker);
  }

  get isListening(): boolean {
    return this.#microphone !== undefined;
  }

  get inputLevel(): number {
    return this.#microphone === undefined ? 0 : this.#inputLevel;
  }

  get outputLevel(): number {
    this.#outputMeter.getFloatTimeDomainData(this.#meterSamples);
    return rms(this.#meterSamples);
  }

  /** Lets sound out; browsers demand a gesture of the user before. */
  async wake(): Promise<void> {
    if (this.#context.state !== 'running') await this.#context.resume();
  }

  async startListening(): Promise<void> {
    await this.wake();
    if (this.#microphone !== undefined) return;
    const { worklets, deviceId, onFrame, onLost, onMuted } = this.#options;
    this.#microphone = await Microphone.open({
      context: this.#context,
      onFrame: (frame) => {
        this.#inputLevel = rms(frame.samples);
        onFrame(frame);
      },
      onLost: (error) => {
        void this.stopListening();
        onLost(error);
      },
      onMuted,
      ...(deviceId === undefined ? {} : { deviceId }),
      ...(worklets.capture === undefined ? {} : { workletUrl: worklets.capture }),
    });
  }

  async stopListening(): Promise<void> {
    const microphone = this.#microphone;
    this.#microphone = undefined;
    await microphone?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopListening();
    await this.loudspeaker[Symbol.asyncDispose]();
    if (this.#context.state !== 'closed') await this.#context.close();
  }
}

function rms(samples: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i]! * samples[i]!;
  return Math.sqrt(sum / Math.max(1, samples.length));
}
