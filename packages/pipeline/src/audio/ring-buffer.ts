import { assert } from '../assert.ts';

export type RingBufferOptions = {
  /** Samples held at most. */
  readonly capacitySampleCount: number;
  /** What a write into a full buffer does: lose the oldest unread samples, or not take the newest. */
  readonly whenFull: 'overwrite' | 'refuse';
};

/**
 * Samples of fixed capacity, addressed by their absolute position in the stream
 * (0 = the first sample ever written). It holds the positions from
 * {@link RingBuffer.startPosition} up to, not including, {@link RingBuffer.endPosition}.
 */
export class RingBuffer {
  readonly capacitySampleCount: number;
  readonly #whenFull: RingBufferOptions['whenFull'];
  readonly #samples: Float32Array<ArrayBuffer>;
  #start = 0;
  #end = 0;
  #lost = 0;

  constructor({ capacitySampleCount, whenFull }: RingBufferOptions) {
    assert(Number.isSafeInteger(capacitySampleCount) && capacitySampleCount > 0, 'a ring buffer has a positive whole capacity');
    this.capacitySampleCount = capacitySampleCount;
    this.#whenFull = whenFull;
    this.#samples = new Float32Array(capacitySampleCount);
  }

  /** Position of the oldest sample held. */
  get startPosition(): number {
    return this.#start;
  }

  /** Position that the next sample written will get. */
  get endPosition(): number {
    return this.#end;
  }

  /** Samples held. */
  get sampleCount(): number {
    return this.#end - this.#start;
  }

  get freeSampleCount(): number {
    return this.capacitySampleCount - this.sampleCount;
  }

  /** Samples overwritten before they were read, or refused. */
  get lostSampleCount(): number {
    return this.#lost;
  }

  /**
   * Appends a copy of `samples`.
   * @returns how many were taken: all of them under `overwrite`, what fits under `refuse`.
   */
  write(samples: Float32Array): number {
    if (this.#whenFull === 'refuse') {
      const taken = Math.min(samples.length, this.freeSampleCount);
      this.#lost += samples.length - taken;
      this.#copyIn(samples.subarray(0, taken));
      return taken;
    }
    const lost = Math.max(0, samples.length - this.freeSampleCount);
    this.#lost += lost;
    this.#start += lost;
    const skipped = Math.max(0, samples.length - this.capacitySampleCount);
    this.#end += skipped;
    this.#copyIn(samples.subarray(skipped));
    return samples.length;
  }

  /** Takes up to `maxSampleCount` of the oldest samples out. */
  read(maxSampleCount: number): Float32Array<ArrayBuffer> {
    const taken = this.peek(this.#start, this.#start + Math.max(0, maxSampleCount));
    this.#start += taken.length;
    return taken;
  }

  /** Takes the oldest samples out into `target`; returns how many there were, and leaves the rest of `target` alone. */
  readInto(target: Float32Array): number {
    const count = Math.min(target.length, this.sampleCount);
    this.#copyOut(this.#start, target.subarray(0, count));
    this.#start += count;
    return count;
  }

  /** A copy of the samples at positions [`fromPosition`, `toPosition`) as far as they are held. */
  peek(fromPosition: number, toPosition: number): Float32Array<ArrayBuffer> {
    const from = Math.max(fromPosition, this.#start);
    const to = Math.min(toPosition, this.#end);
    const samples = new Float32Array(Math.max(0, to - from));
    this.#copyOut(from, samples);
    return samples;
  }

  /** A copy of the newest `maxSampleCount` samples, fewer if fewer are held. */
  peekNewest(maxSampleCount: number): Float32Array<ArrayBuffer> {
    return this.peek(this.#end - maxSampleCount, this.#end);
  }

  /** Lets go of everything before `position` without counting it as lost. */
  discardBefore(position: number): void {
    this.#start = Math.min(Math.max(position, this.#start), this.#end);
  }

  /** Lets go of everything held; positions go on. */
  clear(): void {
    this.#start = this.#end;
  }

  #copyIn(samples: Float32Array): void {
    const at = this.#end % this.capacitySampleCount;
    const untilWrap = this.capacitySampleCount - at;
    this.#samples.set(samples.subarray(0, untilWrap), at);
    this.#samples.set(samples.subarray(untilWrap), 0);
    this.#end += samples.length;
  }

  #copyOut(position: number, target: Float32Array): void {
    const at = position % this.capacitySampleCount;
    const head = this.#samples.subarray(at, at + target.length);
    target.set(head);
    if (head.length < target.length) target.set(this.#samples.subarray(0, target.length - head.length), head.length);
  }
}
