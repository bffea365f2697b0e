import { AUDIBLE_AMPLITUDE } from '@sotto/pipeline';

/**
 * The loudspeaker of a client that plays one reply as it arrives: a piece begins when the one before it has ended, or on
 * arrival when nothing is left to play. All times are the caller's clock, in milliseconds.
 */
export class ReplyLoudspeaker {
  readonly #sampleRate: number;
  #pending: Float32Array[] = [];
  /** Up to here it is known what sounded. */
  #nowMs = 0;
  #pausedMs: number | undefined;
  #heldMs = 0;
  #isComplete = false;
  #isStopped = false;
  #wasCutOff = false;
  #firstAudibleMs: number | undefined;
  #lastPlayedMs: number | undefined;
  #lastArrivalMs: number | undefined;
  #playedSampleCount = 0;

  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
  }

  /** When the first audible sample sounded, or will sound if nothing comes in between. */
  get firstAudibleMs(): number | undefined {
    if (this.#firstAudibleMs !== undefined || this.#pausedMs !== undefined) return this.#firstAudibleMs;
    let before = 0;
    for (const samples of this.#pending) {
      const index = samples.findIndex(isAudible);
      if (index !== -1) return this.#nowMs + this.#durationMs(before + index);
      before += samples.length;
    }
    return undefined;
  }

  /** When the latest sample that sounded came to its end. */
  get lastPlayedMs(): number | undefined {
    return this.#lastPlayedMs;
  }

  /** When audio last arrived, also after a stop. */
  get lastArrivalMs(): number | undefined {
    return this.#lastArrivalMs;
  }

  /** How much of the reply sounded. */
  get playedMs(): number {
    return this.#durationMs(this.#playedSampleCount);
  }

  /** How long it was held by pauses that ended. */
  get heldMs(): number {
    return this.#heldMs;
  }

  /** Stopped with something left to hear, rather than heard to the end. */
  get wasCutOff(): boolean {
    return this.#wasCutOff;
  }

  /** `samples` are kept until they are played. */
  take(samples: Float32Array, atMs: number): void {
    if (samples.length > 0) this.#lastArrivalMs = atMs;
    if (this.#isStopped) return;
    this.#playUntil(atMs);
    this.#pending.push(samples);
  }

  /** All of the reply has arrived. */
  complete(): void {
    this.#isComplete = true;
  }

  pause(atMs: number): void {
    this.#playUntil(atMs);
    this.#pausedMs ??= atMs;
  }

  resume(atMs: number): void {
    if (this.#pausedMs === undefined) return;
    this.#playUntil(atMs);
    this.#heldMs += atMs - this.#pausedMs;
    this.#pausedMs = undefined;
  }

  /** Falls silent for good. */
  stop(atMs: number): void {
    if (this.#isStopped) return;
    this.#wasCutOff = !this.isOverAt(atMs);
    this.#pending = [];
    this.#isStopped = true;
  }

  /** Whether nothing more of it will sound. */
  isOverAt(atMs: number): boolean {
    this.#playUntil(atMs);
    return this.#pending.length === 0 && (this.#isComplete || this.#isStopped);
  }

  #playUntil(atMs: number): void {
    while (this.#pausedMs === undefined && this.#pending.length > 0 && this.#nowMs < atMs) {
      const samples = this.#pending[0]!;
      const count = Math.min(samples.length, Math.ceil(((atMs - this.#nowMs) * this.#sampleRate) / 1000));
      this.#play(samples.subarray(0, count));
      if (count === samples.length) this.#pending.shift();
      else this.#pending[0] = samples.subarray(count);
    }
    if (this.#pausedMs !== undefined || this.#pending.length === 0) this.#nowMs = Math.max(this.#nowMs, atMs);
  }

  #play(samples: Float32Array): void {
    const index = this.#firstAudibleMs === undefined ? samples.findIndex(isAudible) : -1;
    if (index !== -1) this.#firstAudibleMs = this.#nowMs + this.#durationMs(index);
    this.#nowMs += this.#durationMs(samples.length);
    this.#lastPlayedMs = this.#nowMs;
    this.#playedSampleCount += samples.length;
  }

  #durationMs(sampleCount: number): number {
    return (sampleCount * 1000) / this.#sampleRate;
  }
}

function isAudible(sample: number): boolean {
  return Math.abs(sample) > AUDIBLE_AMPLITUDE;
}
