import type { RunReply, RunRequest, Work } from './runner-message.ts';

/** The child's side of a `RunnerProcess`: opens the work, then does the items it is asked for, timed. */
export async function serveWork(open: () => Promise<Work>): Promise<void> {
  const reply = (message: RunReply) => process.send?.(message);
  try {
    const startMs = performance.now();
    const { itemCount, run } = await open();
    process.on('message', ({ item }: RunRequest) => {
      timed(item, run).then((timing) => reply({ timing }), (error: unknown) => reply({ error: String(error) }));
    });
    process.on('disconnect', () => process.exit(0));
    reply({ ready: { itemCount, loadMs: performance.now() - startMs } });
  } catch (error) {
    reply({ error: String(error) });
  }
}

async function timed(item: number, run: Work['run']) {
  const startMs = performance.now();
  const usage = process.cpuUsage();
  const outcome = await run(item);
  const { user, system } = process.cpuUsage(usage);
  const wallMs = performance.now() - startMs;
  // maxRSS comes in kilobytes on every platform.
  return { item, wallMs, processorMs: (user + system) / 1000, peakBytes: process.resourceUsage().maxRSS * 1024, outcome };
}
