import type { Clock } from '@sotto/pipeline';

export type AudioAllowanceOptions = {
  readonly clock: Clock;
  /** Seconds of audio that may come in each second, in the long run. */
  readonly rate: number;
  /** Audio that may come at once, for recordings and for catching up after bad Wi-Fi. */
  readonly burstMs: number;
};

/** Limits a client by the length of its audio, which is what costs work, and not by its messages. */
export class AudioAllowance {
  readonly #options: AudioAllowanceOptions;
  #leftMs: number;
  #atMs: number;
  #refusedMs = 0;

  constructor(options: AudioAllowanceOptions) {
    this.#options = options;
    this.#leftMs = options.burstMs;
    this.#atMs = options.clock.nowMs();
  }

  /** Whether this much was allowed; takes it if so. */
  take(durationMs: number): boolean {
    const { clock, rate, burstMs } = this.#options;
    const nowMs = clock.nowMs();
    this.#leftMs = Math.min(burstMs, this.#leftMs + (nowMs - this.#atMs) * rate);
    this.#atMs = nowMs;
    if (durationMs > this.#leftMs) {
      this.#refusedMs += durationMs;
      return false;
    }
    this.#leftMs -= durationMs;
    this.#refusedMs = Math.max(0, this.#refusedMs - durationMs);
    return true;
  }

  /** Whether the client keeps sending far too much. */
  get abused(): boolean {
    return this.#refusedMs > 2 * this.#options.burstMs;
  }
}
