import { assert } from '../assert.ts';
import { type Clock, sleepOn } from '../stream/clock.ts';

type Timer = { readonly dueMs: number; readonly callback: () => void };

/**
 * A clock that stands still until {@link FakeClock.advance} moves it, for tests of timing without waiting.
 *
 * Work that runs elsewhere (a worker, a socket) does not know of it: it takes
 * real time in which this clock stands.
 */
export class FakeClock implements Clock {
  #nowMs: number;
  #timers: Timer[] = [];
  #advancing = false;

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  /** Callbacks that wait for their time. */
  get pendingCount(): number {
    return this.#timers.length;
  }

  schedule(durationMs: number, callback: () => void): () => void {
    const timer: Timer = { dueMs: this.#nowMs + Math.max(0, durationMs), callback };
    // Behind those due at the same time: equal times fire in the order they were asked for.
    const after = this.#timers.findLastIndex((other) => other.dueMs <= timer.dueMs);
    this.#timers.splice(after + 1, 0, timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  }

  sleep(durationMs: number, options?: { readonly signal?: AbortSignal }): Promise<void> {
    return sleepOn(this, durationMs, options?.signal);
  }

  /**
   * Moves time on by `durationMs`. Calls back whatever comes due, in order and each at its own time, timers set on the way
   * included; between any two of them everything that promises have made ready runs to its end.
   */
  async advance(durationMs: number): Promise<void> {
    assert(durationMs >= 0, 'time does not run backwards');
    assert(!this.#advancing, 'one advance() ends before the next begins');
    this.#advancing = true;
    try {
      const targetMs = this.#nowMs + durationMs;
      await settle();
      while (this.#timers[0] && this.#timers[0].dueMs <= targetMs) {
        const timer = this.#timers.shift()!;
        this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
        timer.callback();
        await settle();
      }
      this.#nowMs = targetMs;
    } finally {
      this.#advancing = false;
    }
  }
}

/**
 * Lets the event loop turn once, after which no promise job is left. `setImmediate` where there is one: it costs a
 * microsecond, `setTimeout` a thousand.
 */
function settle(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => void };
  return new Promise((resolve) => {
    if (setImmediate) setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
