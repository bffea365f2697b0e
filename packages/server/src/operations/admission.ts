import type { Clock } from '@sotto/pipeline';
import type { QueueDelay } from './queue-delay.ts';

/** Time for which a verdict on the queue delay is kept; it is asked for by every client of a stampede. */
const VERDICT_MS = 100;

export type AdmissionOptions = {
  readonly clock: Clock;
  readonly queueDelay: QueueDelay;
  /** Sessions at most, whatever the delay. */
  readonly sessionCountMax: number;
  /** 95th percentile of the frames' waiting time beyond which nobody else is let in. */
  readonly queueDelayMaxMs: number;
  /**
   * Sessions let in within one second at most: their load shows in the queue
   * only once they speak, and a stampede must not be inside before it does.
   */
  readonly admissionsPerSecond: number;
};

export type Admitted = {
  readonly admitted: true;
  /** Makes room; may be called more than once. */
  readonly release: () => void;
};
export type Refused = { readonly admitted: false; readonly reason: 'full' | 'slow' | 'stampede' | 'draining'; readonly message: string; readonly retryAfterSeconds: number };

/** Decides who gets in, so that those inside keep their quality. */
export class Admission {
  readonly #options: AdmissionOptions;
  #sessionCount = 0;
  #draining = false;
  #allowance: number;
  #allowanceAtMs: number;
  #verdict = { delayMs: 0, atMs: -Infinity };

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#allowance = options.admissionsPerSecond;
    this.#allowanceAtMs = options.clock.nowMs();
  }

  get sessionCount(): number {
    return this.#sessionCount;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Whether a session would be let in now; for health checks. */
  get open(): boolean {
    return this.#refusal() === undefined;
  }

  /** From now on nobody gets in. */
  drain(): void {
    this.#draining = true;
  }

  enter(): Admitted | Refused {
    const refusal = this.#refusal() ?? this.#stampede();
    if (refusal !== undefined) return refusal;
    this.#sessionCount++;
    let inside = true;
    return {
      admitted: true,
      release: () => {
        if (inside) this.#sessionCount--;
        inside = false;
      },
    };
  }

  #refusal(): Refused | undefined {
    const { sessionCountMax, queueDelayMaxMs } = this.#options;
    if (this.#draining) return { admitted: false, reason: 'draining', message: 'The server is shutting down', retryAfterSeconds: 5 };
    if (this.#sessionCount >= sessionCountMax) return { admitted: false, reason: 'full', message: `All ${sessionCountMax} sessions are taken`, retryAfterSeconds: 5 };
    const delayMs = this.#delayMs();
    if (delayMs > queueDelayMaxMs) return { admitted: false, reason: 'slow', message: `Audio already waits ${Math.round(delayMs)} ms to be listened to; at most ${queueDelayMaxMs} ms are acceptable`, retryAfterSeconds: 10 };
    return undefined;
  }

  #stampede(): Refused | undefined {
    const { clock, admissionsPerSecond } = this.#options;
    const nowMs = clock.nowMs();
    this.#allowance = Math.min(admissionsPerSecond, this.#allowance + ((nowMs - this.#allowanceAtMs) * admissionsPerSecond) / 1000);
    this.#allowanceAtMs = nowMs;
    if (this.#allowance < 1) return { admitted: false, reason: 'stampede', message: `More than ${admissionsPerSecond} sessions came within a second`, retryAfterSeconds: 1 };
    this.#allowance--;
    return undefined;
  }

  #delayMs(): number {
    const nowMs = this.#options.clock.nowMs();
    if (nowMs - this.#verdict.atMs >= VERDICT_MS) this.#verdict = { delayMs: this.#options.queueDelay.percentileMs(0.95), atMs: nowMs };
    return this.#verdict.delayMs;
  }
}
