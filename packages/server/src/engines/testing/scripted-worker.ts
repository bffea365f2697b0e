import { workerData } from 'node:worker_threads';
import { setTimeout as sleep } from 'node:timers/promises';
import { ModelError, Moved, serveCalls } from '@sotto/pipeline';
import { workerPort } from '../worker-port.ts';

/** A worker that does what it is told, for tests of the pool: echoes, works for a while, fails, hangs, dies. */
const script = workerData as { readonly failToLoad?: boolean; readonly crashOnLoad?: boolean; readonly dieAfterFirstLoad?: SharedArrayBuffer; readonly reloadGate?: SharedArrayBuffer };

await serveCalls(workerPort(), async () => {
  if (script.failToLoad) throw new ModelError('VOICE_ERR_MODEL_FORMAT', 'This model is scripted not to load');
  if (script.crashOnLoad) process.exit(3);
  const loads = script.dieAfterFirstLoad && new Int32Array(script.dieAfterFirstLoad);
  if (loads && Atomics.add(loads, 0, 1) > 0) process.exit(4);
  // Two numbers: how often it was loaded, and whether it may be loaded again.
  const gate = script.reloadGate && new Int32Array(script.reloadGate);
  if (gate && Atomics.add(gate, 0, 1) > 0) Atomics.wait(gate, 1, 0);
  const notified: unknown[] = [];
  return Promise.resolve({
    info: { threadName: 'scripted' },
    calls: {
      echo: (args: unknown) => args,
      notified: () => notified,
      work: async ({ forMs, label }: { forMs: number; label: string }, { signal }: { signal: AbortSignal }) => {
        await sleep(forMs, undefined, { signal });
        return label;
      },
      samples: ({ count }: { count: number }) => {
        const samples = new Float32Array(count).fill(0.5);
        return new Moved(samples, [samples.buffer]);
      },
      fail: () => { throw new ModelError('VOICE_ERR_MODEL_CHECKSUM', 'scripted', { stage: 'stt', retryable: true }); },
      failUntyped: () => { throw new TypeError('scripted'); },
      die: () => process.exit(7),
      throwLate: () => { setTimeout(() => { throw new Error('scripted'); }, 0); return sleep(10_000, undefined, { ref: false }); },
      hang: () => { for (;;); },
    },
    notifications: { note: (args: unknown) => void notified.push(args) },
    dispose: () => Promise.resolve(),
  });
});
