import { type AudioFrame, assertFiniteSamples, frameDurationMs } from '../audio/audio-frame.ts';
import { Framer } from '../audio/framer.ts';
import { Resampler } from '../audio/resampler.ts';
import { BoundedQueue } from '../stream/bounded-queue.ts';
import type { Clock } from '../stream/clock.ts';
import { type DetectorEvent, type DetectorState, type SpeechDetector, type SpeechDetectorOptions, createSpeechDetector } from '../vad/speech-detector.ts';
import type { VadEngine, VadStream } from '../vad/vad-engine.ts';
import { ArrivalLog } from './arrival-log.ts';

/** Microphone audio that may wait for the detector before the oldest is dropped. */
const CAPTURE_QUEUE_MS = 4000;
/**
 * Audio of other rates is flat up to 6.4 kHz of the 8 that detectors and recognisers hear, and falls off above. Half the
 * work of the default, for every frame of every session; speech has little above 6.4 kHz that tells words apart.
 */
const LISTENING_PASS_BAND_EDGE = 0.8;
/** How far back arrival times are remembered; an utterance's end is looked up within a pause of it. */
const ARRIVAL_MEMORY_MS = 10_000;

export type ListenerOptions = {
  readonly vad: VadEngine;
  readonly clock: Clock;
  readonly detection: Partial<SpeechDetectorOptions>;
  /**
   * Handles what one frame brought, in order; the next frame waits until it has
   * settled, which is how a busy recogniser slows listening down.
   */
  readonly onFrame: (frame: ListenedFrame) => Promise<void>;
  /** Scoring or handling a frame failed; listening goes on with the next one. */
  readonly onError: (thrown: unknown) => void;
  /** Audio was dropped because listening could not keep up. */
  readonly onOverrun: (droppedSampleCount: number) => void;
};

export type ListenedFrame = {
  readonly frame: AudioFrame;
  readonly events: readonly DetectorEvent[];
  /** Silence since the last speech of the current segment; undefined when there is none. */
  readonly silenceMs: number | undefined;
};

/** Microphone → 16 kHz frames → voice activity → detector events. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #stream: VadStream;
  readonly #framer: Framer;
  readonly #queue: BoundedQueue<AudioFrame>;
  #resampler: Resampler | undefined;
  #detector: SpeechDetector;
  #state: DetectorState;
  readonly #arrivals: ArrivalLog;
  #scoring = true;
  #pushedMs = 0;
  #pendingCount = 0;
  #idleWaiters: (() => void)[] = [];
  readonly #stopped: Promise<void>;

  constructor(options: ListenerOptions) {
    const { sampleRate, frameSampleCount } = options.vad.capabilities;
    const framesIn = (ms: number) => Math.ceil((ms * sampleRate) / 1000 / frameSampleCount);
    this.#options = options;
    this.#arrivals = new ArrivalLog(framesIn(ARRIVAL_MEMORY_MS));
    this.#stream = options.vad.openStream();
    this.#framer = new Framer({ frameSampleCount, sampleRate });
    this.#detector = createSpeechDetector({ ...options.detection, sampleRate });
    this.#state = this.#detector.initial;
    this.#queue = new BoundedQueue<AudioFrame>({
      name: 'capture',
      capacity: framesIn(CAPTURE_QUEUE_MS),
      policy: 'drop-oldest',
      onDrop: (frame) => {
        this.#settleOne();
        options.onOverrun(frame.samples.length);
      },
    });
    this.#stopped = this.#run();
  }

  /** Audio pushed so far, in milliseconds. */
  get pushedMs(): number {
    return this.#pushedMs;
  }

  /** Takes audio of any supported rate at once, and keeps none of its memory; drops the oldest waiting audio when full. */
  push(frame: AudioFrame): void {
    assertFiniteSamples(frame.samples);
    this.#pushedMs += frameDurationMs(frame);
    this.#resamplerFor(frame).pushTo(frame.samples, this.#takeResampled);
  }

  /** The same, but waits until all of it has been listened to. */
  async write(frame: AudioFrame): Promise<void> {
    // Piecewise, because one long recording is longer than the queue.
    const pieceLength = Math.max(1, Math.floor((frame.sampleRate * CAPTURE_QUEUE_MS) / 4000));
    for (let offset = 0; offset < frame.samples.length; offset += pieceLength) {
      this.push({ samples: frame.samples.subarray(offset, offset + pieceLength), sampleRate: frame.sampleRate, startMs: frame.startMs });
      await this.idle();
    }
  }

  /** Hands on what still waits for the rest of its frame, filled up with silence. */
  async flush(): Promise<void> {
    const rest = this.#resampler?.flush();
    if (rest !== undefined) this.#takeResampled(rest);
    const last = this.#framer.flush();
    if (last !== undefined) this.#enqueue(last);
    await this.idle();
  }

  /** Resolves when every frame pushed so far has been handled or dropped. */
  idle(): Promise<void> {
    if (this.#pendingCount === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** When the audio at this position arrived, on the clock. */
  arrivalMs(audioMs: number): number {
    return this.#arrivals.clockMsOf(audioMs) ?? this.#options.clock.nowMs();
  }

  /** Tells the detector that the utterance is over; the next speech starts a new one. */
  endSegment(): void {
    this.#state = this.#detector.endSegment(this.#state);
  }

  /** Changes the detector's options, and whether there is detection at all (not under push-to-talk). */
  configure(detection: Partial<SpeechDetectorOptions>, scoring: boolean): void {
    const { sampleRate } = this.#options.vad.capabilities;
    this.#detector = createSpeechDetector({ ...detection, sampleRate });
    if (this.#scoring && !scoring) {
      this.endSegment();
      this.#stream.reset();
    }
    this.#scoring = scoring;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#queue.close();
    await this.#stopped;
    this.#stream[Symbol.dispose]();
  }

  #resamplerFor(frame: AudioFrame): Resampler {
    const { sampleRate } = this.#options.vad.capabilities;
    if (this.#resampler?.fromRate !== frame.sampleRate) this.#resampler = new Resampler(frame.sampleRate, sampleRate, LISTENING_PASS_BAND_EDGE);
    return this.#resampler;
  }

  readonly #takeResampled = (samples: Float32Array): void => {
    for (const complete of this.#framer.push(samples)) this.#enqueue(complete);
  };

  #enqueue(frame: AudioFrame): void {
    this.#arrivals.add(frame.startMs + frameDurationMs(frame), this.#options.clock.nowMs());
    this.#pendingCount++;
    this.#queue.offer(frame);
  }

  async #run(): Promise<void> {
    for await (const frame of this.#queue) {
      try {
        await this.#options.onFrame(this.#scoring ? this.#scored(frame, await this.#stream.process(frame.samples)) : { frame, events: [], silenceMs: undefined });
      } catch (thrown) {
        this.#options.onError(thrown);
      } finally {
        this.#settleOne();
      }
    }
  }

  #scored(frame: AudioFrame, probability: number): ListenedFrame {
    const [state, events] = this.#detector.step(this.#state, { probability, samples: frame.samples, startMs: frame.startMs });
    this.#state = state;
    const silenceStartMs = state.phase === 'speech' && state.paused ? state.silenceStartMs : undefined;
    const silenceMs = silenceStartMs === undefined ? undefined : frame.startMs + frameDurationMs(frame) - silenceStartMs;
    return { frame, events, silenceMs };
  }

  #settleOne(): void {
    this.#pendingCount--;
    if (this.#pendingCount > 0) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }
}
