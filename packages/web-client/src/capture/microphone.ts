import { type AudioFrame, DeviceError } from '@sotto/pipeline';

export type MicrophoneOptions = {
  /** Runs already, or will be resumed by the caller after a gesture of the user. */
  readonly context: AudioContext;
  /** Takes each block of samples at the context's rate; the receiver owns it. */
  readonly onFrame: (frame: AudioFrame) => void;
  /** The microphone went away (unplugged, taken by the system); no more frames come. */
  readonly onLost: (error: DeviceError) => void;
  /** The system or a hardware switch silenced the microphone, or gave it back. */
  readonly onMuted: (muted: boolean) => void;
  readonly deviceId?: string;
  /** Address of the capture worklet's module. @defaultValue the file beside this one */
  readonly workletUrl?: string | URL;
};

/** An open microphone. Disposal stops the device and the indicator that the browser shows for it. */
export class Microphone implements AsyncDisposable {
  readonly #stream: MediaStream;
  readonly #nodes: readonly AudioNode[];
  readonly #port: MessagePort;

  private constructor(stream: MediaStream, nodes: readonly AudioNode[], port: MessagePort) {
    this.#stream = stream;
    this.#nodes = nodes;
    this.#port = port;
  }

  /**
   * Asks for the microphone and starts listening. Echo cancellation is on, or the
   * assistant would be interrupted by itself.
   * @throws {DeviceError} VOICE_ERR_MICROPHONE_DENIED, VOICE_ERR_MICROPHONE_MISSING or VOICE_ERR_MICROPHONE_LOST.
   */
  static async open(options: MicrophoneOptions): Promise<Microphone> {
    const { context } = options;
    const stream = await requestStream(options.deviceId);
    const [track] = stream.getAudioTracks();
    if (track === undefined) throw new DeviceError('VOICE_ERR_MICROPHONE_MISSING', 'The browser gave no audio track; connect a microphone and try again', { stage: 'capture' });
    await context.audioWorklet.addModule(options.workletUrl ?? new URL('./capture-worklet.js', import.meta.url));
    const source = context.createMediaStreamSource(stream);
    const capture = new AudioWorkletNode(context, 'sotto-capture', { numberOfOutputs: 0 });
    let sampleCount = 0;
    capture.port.onmessage = ({ data: samples }: MessageEvent<Float32Array>) => {
      options.onFrame({ samples, sampleRate: context.sampleRate, startMs: (sampleCount * 1000) / context.sampleRate });
      sampleCount += samples.length;
    };
    track.onended = () => options.onLost(new DeviceError('VOICE_ERR_MICROPHONE_LOST', 'The microphone was disconnected; plug it in again or choose another', { stage: 'capture', retryable: true }));
    track.onmute = () => options.onMuted(true);
    track.onunmute = () => options.onMuted(false);
    source.connect(capture);
    if (track.muted) options.onMuted(true);
    return new Microphone(stream, [source, capture], capture.port);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#port.onmessage = null;
    for (const track of this.#stream.getTracks()) {
      track.onended = null;
      track.onmute = null;
      track.onunmute = null;
      track.stop();
    }
    for (const node of this.#nodes) node.disconnect();
    return Promise.resolve();
  }
}

async function requestStream(deviceId: string | undefined): Promise<MediaStream> {
  const audio: MediaTrackConstraints = {
    channelCount: 1,
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    ...(deviceId === undefined ? {} : { deviceId: { exact: deviceId } }),
  };
  if (globalThis.navigator?.mediaDevices === undefined) {
    throw new DeviceError('VOICE_ERR_MICROPHONE_DENIED', 'The browser gives no microphone to this page; open it over https or on localhost', { stage: 'capture' });
  }
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (thrown) {
    throw deviceErrorOf(thrown);
  }
}

/** Names and causes: Media Capture and Streams, section 9.2 (getUserMedia). */
function deviceErrorOf(thrown: unknown): DeviceError {
  const name = thrown instanceof DOMException ? thrown.name : '';
  const options = { stage: 'capture', cause: thrown } as const;
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return new DeviceError('VOICE_ERR_MICROPHONE_DENIED', 'The microphone was not allowed; permit it in the address bar and try again', options);
    case 'NotFoundError':
    case 'OverconstrainedError':
      return new DeviceError('VOICE_ERR_MICROPHONE_MISSING', 'No microphone was found; connect one and try again', options);
    default:
      return new DeviceError('VOICE_ERR_MICROPHONE_LOST', 'The microphone could not be started; another program may be using it', { ...options, retryable: true });
  }
}
