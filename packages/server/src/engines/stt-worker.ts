import { type CallHandlers, createMoonshine, createWhisper, ModelError, type SttEngine, type SttStream, type TranscribeOptions } from '@sotto/pipeline';
import { openModel } from '../models/model-folder.ts';
import type { InferenceWorkerData } from './inference-worker-data.ts';
import { nodeOnnxRuntime, sessionOptions } from './onnx-node.ts';

/** Options that travel; the signal and the priority stay with the pool. */
export type SttCallOptions = Pick<TranscribeOptions, 'language' | 'words' | 'prompt'>;
export type TranscribeArgs = { readonly samples: Float32Array; readonly options: SttCallOptions };
export type StreamArgs = {
  readonly streamId: number;
  readonly options: SttCallOptions;
  /** The audio is all of the segment, because this worker does not hold what came before. */
  readonly fromStart: boolean;
  readonly samples: Float32Array;
};

export async function hostStt(data: InferenceWorkerData): Promise<CallHandlers> {
  const engine = await loadStt(data);
  const streams = new Map<number, SttStream>();

  const close = async (streamId: number): Promise<void> => {
    const stream = streams.get(streamId);
    streams.delete(streamId);
    await stream?.[Symbol.asyncDispose]();
  };
  const grown = async ({ streamId, options, fromStart, samples }: StreamArgs): Promise<SttStream> => {
    if (fromStart) await close(streamId);
    const stream = streams.get(streamId) ?? engine.openStream(options);
    streams.set(streamId, stream);
    stream.push(samples);
    return stream;
  };

  return {
    info: engine.capabilities,
    calls: {
      transcribe: ({ samples, options }: TranscribeArgs, { signal }) => engine.transcribe(samples, { ...options, signal }),
      partial: async (args: StreamArgs, options) => (await grown(args)).partial(options),
      async finish(args: StreamArgs, options) {
        const stream = await grown(args);
        try {
          return await stream.finish(options);
        } finally {
          await close(args.streamId);
        }
      },
    },
    notifications: { close: (streamId: number) => void close(streamId) },
    dispose: () => engine[Symbol.asyncDispose](),
  };
}

function loadStt({ model, threadCount }: InferenceWorkerData): Promise<SttEngine> {
  const { driver, dtype, languages, id } = model.manifest;
  const options = { ort: nodeOnnxRuntime, files: openModel(model), sessionOptions: sessionOptions(threadCount), ...(dtype !== undefined && { dtype }) };
  switch (driver) {
    case 'moonshine':
      return createMoonshine({ ...options, languages });
    case 'whisper':
      return createWhisper(options);
    default:
      throw new ModelError('VOICE_ERR_MODEL_FORMAT', `The model ${id} is read by the driver ${driver}, expected moonshine or whisper for speech recognition`, { stage: 'stt' });
  }
}
