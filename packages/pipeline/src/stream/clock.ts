/** The only source of time. Monotonic milliseconds; the origin is arbitrary and one per process or tab. */
export interface Clock {
  nowMs(): number;
  /** Resolves after `durationMs`; rejects with `signal.reason` if aborted first. */
  sleep(durationMs: number, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Calls back once after `durationMs` unless the returned function was called before. */
  schedule(durationMs: number, callback: () => void): () => void;
}

/** The real clock, `performance.now()` and `setTimeout`, present in browsers, workers and Node alike. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  schedule(durationMs, callback) {
    const timer = setTimeout(callback, Math.max(0, durationMs));
    return () => clearTimeout(timer);
  },
  sleep: (durationMs, options) => sleepOn(systemClock, durationMs, options?.signal),
};

/** Builds `sleep` from `schedule`, shared by every clock. */
export function sleepOn(clock: Pick<Clock, 'schedule'>, durationMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.schedule(durationMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
