import type { VadCapabilities, VadEngine, VadStream } from '@sotto/pipeline';
import type { EngineWorker } from './engine-worker.ts';

/** Silero in a Worker, as the pipeline's port. */
export async function openVad(worker: EngineWorker): Promise<VadEngine> {
  const capabilities = (await worker.ready()) as VadCapabilities;
  let streamCount = 0;
  const openStream = (): VadStream => {
    const streamId = ++streamCount;
    return {
      process: async (samples, options) => (await worker.call('process', () => ({ streamId, samples }), { signal: options?.signal })) as number,
      reset: () => worker.notify('reset', streamId),
      [Symbol.dispose]: () => worker.notify('close', streamId),
    };
  };
  return {
    specVersion: 'v1',
    capabilities,
    openStream,
    [Symbol.asyncDispose]: () => Promise.resolve(worker.dispose()),
  };
}
