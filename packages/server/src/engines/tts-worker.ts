import { type CallHandlers, createKokoro, EngineError, ModelError, Moved, type SpeechChunk, type SynthesizeOptions, type TtsEngine } from '@sotto/pipeline';
import { openModel } from '../models/model-folder.ts';
import type { InferenceWorkerData } from './inference-worker-data.ts';
import { createKokoroPhonemizer } from '@sotto/pipeline';
import { nodeOnnxRuntime, sessionOptions } from './onnx-node.ts';

export type SynthesisArgs = {
  readonly synthesisId: number;
  /** Present in the first call of a synthesis. */
  readonly start?: { readonly text: string; readonly options: Pick<SynthesizeOptions, 'voice' | 'speed'> };
};
export type SynthesisStep = { readonly chunk: SpeechChunk | undefined };

type Synthesis = { readonly chunks: AsyncIterator<SpeechChunk>; readonly controller: AbortController };

export async function hostTts(data: InferenceWorkerData): Promise<CallHandlers> {
  const engine = await loadTts(data);
  const syntheses = new Map<number, Synthesis>();

  const begin = ({ synthesisId, start }: SynthesisArgs): Synthesis => {
    const known = syntheses.get(synthesisId);
    if (known) return known;
    if (!start) throw new EngineError('VOICE_ERR_WORKER_CRASHED', 'The tts worker was replaced in the middle of a text; say it again', { stage: 'tts', retryable: true });
    const controller = new AbortController();
    const chunks = engine.synthesize(start.text, { ...start.options, signal: controller.signal })[Symbol.asyncIterator]();
    const synthesis = { chunks, controller };
    syntheses.set(synthesisId, synthesis);
    return synthesis;
  };

  return {
    info: engine.capabilities,
    calls: {
      /** Each chunk is a call of its own, so that between two chunks of a long text another session gets its turn. */
      async nextChunk(args: SynthesisArgs, { signal }) {
        const { chunks, controller } = begin(args);
        const onAbort = () => controller.abort(signal.reason);
        signal.addEventListener('abort', onAbort, { once: true });
        try {
          const step = await chunks.next();
          if (step.done) syntheses.delete(args.synthesisId);
          const result: SynthesisStep = { chunk: step.done ? undefined : step.value };
          return new Moved(result, result.chunk ? [result.chunk.samples.buffer as ArrayBuffer] : []);
        } catch (error) {
          syntheses.delete(args.synthesisId);
          throw error;
        } finally {
          signal.removeEventListener('abort', onAbort);
        }
      },
    },
    notifications: {
      close(synthesisId: number) {
        const synthesis = syntheses.get(synthesisId);
        syntheses.delete(synthesisId);
        synthesis?.controller.abort();
        void synthesis?.chunks.return?.().catch(() => undefined);
      },
    },
    dispose: () => engine[Symbol.asyncDispose](),
  };
}

async function loadTts({ model, threadCount }: InferenceWorkerData): Promise<TtsEngine> {
  const { driver, dtype, id } = model.manifest;
  if (driver !== 'kokoro') throw new ModelError('VOICE_ERR_MODEL_FORMAT', `The model ${id} is read by the driver ${driver}, expected kokoro for speech`, { stage: 'tts' });
  const phonemizer = await createKokoroPhonemizer(() => import('kokoro-js'));
  // espeak-ng takes its time over the first word; that must not be a word somebody waits for.
  const warm = phonemizer.phonemize('a', 'af_heart');
  const engine = await createKokoro({ ort: nodeOnnxRuntime, files: openModel(model), phonemizer, sessionOptions: sessionOptions(threadCount), ...(typeof dtype === 'string' && { dtype }) });
  await warm;
  return engine;
}
