import type { Clock } from '@sotto/pipeline';

/** Delays older than this say nothing about now. */
const WINDOW_MS = 3000;
/** Enough for every frame of the window at 500 sessions would be too many; the latest are a fair sample. */
const SAMPLE_CAPACITY = 2048;
/** Fewer samples than this decide nothing. */
const SAMPLE_COUNT_MIN = 20;

/** How long work has waited lately, as the sign of how full the machine is; the processor's load says too little too late. */
export class QueueDelay {
  readonly #clock: Clock;
  readonly #delaysMs = new Float64Array(SAMPLE_CAPACITY);
  readonly #timesMs = new Float64Array(SAMPLE_CAPACITY).fill(-Infinity);
  #next = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  record(delayMs: number): void {
    this.#delaysMs[this.#next] = delayMs;
    this.#timesMs[this.#next] = this.#clock.nowMs();
    this.#next = (this.#next + 1) % SAMPLE_CAPACITY;
  }

  /** The delay that this share of the last seconds' work did not exceed; 0 while there is too little to say. */
  percentileMs(share: number): number {
    const sinceMs = this.#clock.nowMs() - WINDOW_MS;
    const recent = this.#delaysMs.filter((_, index) => this.#timesMs[index]! >= sinceMs).sort();
    if (recent.length < SAMPLE_COUNT_MIN) return 0;
    return recent[Math.min(recent.length - 1, Math.floor(recent.length * share))] ?? 0;
  }
}
