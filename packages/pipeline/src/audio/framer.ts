import { assert } from '../assert.ts';
import type { AudioFrame } from './audio-frame.ts';

export type FramerOptions = {
  /** Length of every frame. */
  readonly frameSampleCount: number;
  /** Hz. */
  readonly sampleRate: number;
  /** Position of the first sample on the stream's clock. @defaultValue 0 */
  readonly startMs?: number;
};

/** Cuts a stream of chunks of any length into frames of one length, each with its place in time. */
export class Framer {
  readonly #options: FramerOptions;
  #frame: Float32Array;
  #startMs: number;
  #filled = 0;
  #frameCount = 0;

  constructor(options: FramerOptions) {
    assert(Number.isSafeInteger(options.frameSampleCount) && options.frameSampleCount > 0, 'a frame has a positive whole number of samples');
    this.#options = options;
    this.#startMs = options.startMs ?? 0;
    this.#frame = new Float32Array(options.frameSampleCount);
  }

  /** Samples that wait for the rest of their frame. */
  get pendingSampleCount(): number {
    return this.#filled;
  }

  /**
   * @param samples copied; the caller may reuse them.
   * @returns the frames that became complete, possibly none.
   */
  push(samples: Float32Array): AudioFrame[] {
    const frames: AudioFrame[] = [];
    for (let from = 0; from < samples.length; ) {
      const taken = samples.subarray(from, from + this.#frame.length - this.#filled);
      this.#frame.set(taken, this.#filled);
      this.#filled += taken.length;
      from += taken.length;
      if (this.#filled === this.#frame.length) frames.push(this.#complete());
    }
    return frames;
  }

  /** Ends the stream: the last, incomplete frame filled up with silence, or undefined if nothing waits. */
  flush(): AudioFrame | undefined {
    return this.#filled > 0 ? this.#complete() : undefined;
  }

  /** Forgets what waits and begins again at `startMs`. */
  reset(startMs = this.#options.startMs ?? 0): void {
    this.#startMs = startMs;
    this.#frame.fill(0);
    this.#filled = 0;
    this.#frameCount = 0;
  }

  #complete(): AudioFrame {
    const { frameSampleCount, sampleRate } = this.#options;
    // From the count, not by adding up: a sum of rounded durations would drift within hours.
    const startMs = this.#startMs + (this.#frameCount * frameSampleCount * 1000) / sampleRate;
    const frame = { samples: this.#frame, sampleRate, startMs };
    this.#frame = new Float32Array(frameSampleCount);
    this.#filled = 0;
    this.#frameCount++;
    return frame;
  }
}
