import type { AudioFrame } from '@sotto/pipeline';

/** Audio shorter than this goes straight to the session, as from a microphone; longer audio is a recording. */
const RECORDING_MS = 1000;

export type InputFeederOptions = {
  /** Must not keep the samples. */
  readonly push: (frame: AudioFrame) => void;
  /** The same, but waits until it was listened to. */
  readonly write: (frame: AudioFrame) => Promise<void>;
  readonly onError: (thrown: unknown) => void;
};

/**
 * Hands incoming audio to the session in the order of arrival. Live audio
 * passes at once; a recording sent in one go is fed as fast as it can be heard,
 * and whatever follows it, audio or commit, waits its turn.
 */
export class InputFeeder {
  readonly #options: InputFeederOptions;
  #tail: Promise<void> | undefined;
  #positionMs = 0;

  constructor(options: InputFeederOptions) {
    this.#options = options;
  }

  /** Audio taken in so far, in milliseconds. */
  get positionMs(): number {
    return this.#positionMs;
  }

  /** @param samples not kept: copied if they have to wait. */
  push(samples: Float32Array, sampleRate: number): void {
    const durationMs = (samples.length * 1000) / sampleRate;
    const startMs = this.#positionMs;
    this.#positionMs += durationMs;
    if (this.#tail === undefined && durationMs < RECORDING_MS) this.#options.push({ samples, sampleRate, startMs });
    else {
      const kept = samples.slice();
      this.enqueue(() => this.#options.write({ samples: kept, sampleRate, startMs }));
    }
  }

  /** Runs after everything that came before. */
  enqueue(task: () => Promise<void>): void {
    const previous = this.#tail ?? Promise.resolve();
    const tail = previous.then(task).catch(this.#options.onError);
    const settled = tail.finally(() => {
      if (this.#tail === settled) this.#tail = undefined;
    });
    this.#tail = settled;
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    while (this.#tail !== undefined) await this.#tail;
  }
}
