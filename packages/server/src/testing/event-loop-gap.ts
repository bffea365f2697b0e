import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** The monitor measures from one tick to the next, so it must have ticked before the work begins and once after it. */
const SETTLE_MS = 20;

/** The longest time for which this thread's event loop stood still during `work`, in milliseconds. */
export async function longestGapMs(work: () => Promise<unknown>): Promise<number> {
  const monitor = monitorEventLoopDelay({ resolution: 1 });
  monitor.enable();
  await sleep(SETTLE_MS);
  try {
    await work();
    await sleep(SETTLE_MS);
  } finally {
    monitor.disable();
  }
  return monitor.max / 1e6;
}
