import type { Clock } from '../stream/clock.ts';

/** Calls back once when nothing has restarted or stopped it for the given time. */
export class IdleTimer {
  readonly #clock: Clock;
  readonly #onIdle: () => void;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, onIdle: () => void) {
    this.#clock = clock;
    this.#onIdle = onIdle;
  }

  restart(idleMs: number | undefined): void {
    this.stop();
    if (idleMs !== undefined) this.#cancel = this.#clock.schedule(idleMs, this.#onIdle);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
