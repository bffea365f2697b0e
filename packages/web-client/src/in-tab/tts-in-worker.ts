import type { SpeechChunk, TtsCapabilities, TtsEngine } from '@sotto/pipeline';
import type { EngineWorker } from './engine-worker.ts';
import type { TtsCallOptions } from './tts-worker.ts';

/** Kokoro in a Worker, as the pipeline's port. A call is one clause or sentence, so its chunks come together. */
export async function openTts(worker: EngineWorker): Promise<TtsEngine> {
  const capabilities = (await worker.ready()) as TtsCapabilities;
  return {
    specVersion: 'v1',
    capabilities,
    async *synthesize(text, { signal, voice, speed } = {}) {
      const options: TtsCallOptions = { ...(voice !== undefined && { voice }), ...(speed !== undefined && { speed }) };
      yield* (await worker.call('synthesize', () => ({ text, options }), { signal })) as SpeechChunk[];
    },
    [Symbol.asyncDispose]: () => Promise.resolve(worker.dispose()),
  };
}
