import { joinSamples } from '../audio/join-samples.ts';
import type { SttCapabilities } from '../stt/stt-engine.ts';

/** Push-to-talk audio that waits for its commit: at most the recogniser's longest segment, oldest dropped first. */
export class CommitBuffer {
  readonly #capabilities: Pick<SttCapabilities, 'sampleRate' | 'maxSegmentMs'>;
  readonly #onDrop: (sampleCount: number) => void;
  #chunks: Float32Array[] = [];
  #sampleCount = 0;

  constructor(capabilities: Pick<SttCapabilities, 'sampleRate' | 'maxSegmentMs'>, onDrop: (sampleCount: number) => void) {
    this.#capabilities = capabilities;
    this.#onDrop = onDrop;
  }

  get isEmpty(): boolean {
    return this.#sampleCount === 0;
  }

  /** Keeps the samples without copying; they must not change afterwards. */
  push(samples: Float32Array): void {
    this.#chunks.push(samples);
    this.#sampleCount += samples.length;
    const capacity = (this.#capabilities.maxSegmentMs * this.#capabilities.sampleRate) / 1000;
    while (this.#sampleCount > capacity) {
      const dropped = this.#chunks.shift();
      if (dropped === undefined) return;
      this.#sampleCount -= dropped.length;
      this.#onDrop(dropped.length);
    }
  }

  clear(): void {
    this.#chunks = [];
    this.#sampleCount = 0;
  }

  /** Empties the buffer into one block, owned by the caller. */
  take(): { samples: Float32Array; durationMs: number } {
    const samples = joinSamples(this.#chunks);
    this.clear();
    return { samples, durationMs: (samples.length * 1000) / this.#capabilities.sampleRate };
  }
}
