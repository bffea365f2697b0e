import { createMoonshine, createWhisper, inMemoryModelFiles, serveCalls, type SttStream, type TranscribeOptions } from '@sotto/pipeline';
import { openOnnxRuntime } from './onnx-web.ts';
import { workerEndpoint } from './worker-endpoint.ts';
import { receiveSetUp } from './worker-set-up.ts';

export type SttCallOptions = Pick<TranscribeOptions, 'language' | 'words' | 'prompt'>;

const setUp = await receiveSetUp();

await serveCalls(workerEndpoint(), async () => {
  const { ort, sessionOptions } = await openOnnxRuntime(setUp);
  const create = setUp.driver === 'whisper' ? createWhisper : createMoonshine;
  const stt = await create({ ort, files: inMemoryModelFiles(setUp.files), sessionOptions, dtype: setUp.dtype });
  const streams = new Map<number, SttStream>();
  const streamOf = (streamId: number, options: SttCallOptions): SttStream => {
    const stream = streams.get(streamId) ?? stt.openStream(options);
    streams.set(streamId, stream);
    return stream;
  };
  const close = async (streamId: number) => {
    const stream = streams.get(streamId);
    streams.delete(streamId);
    await stream?.[Symbol.asyncDispose]();
  };
  type Growth = { streamId: number; options: SttCallOptions; samples: Float32Array };
  return {
    info: stt.capabilities,
    calls: {
      transcribe: ({ samples, options }: { samples: Float32Array; options: SttCallOptions }, { signal }) => stt.transcribe(samples, { ...options, signal }),
      partial({ streamId, options, samples }: Growth, { signal }) {
        const stream = streamOf(streamId, options);
        stream.push(samples);
        return stream.partial({ signal });
      },
      async finish({ streamId, options, samples }: Growth, { signal }) {
        const stream = streamOf(streamId, options);
        stream.push(samples);
        try {
          return await stream.finish({ signal });
        } finally {
          await close(streamId);
        }
      },
    },
    notifications: { close: (streamId: number) => void close(streamId) },
    dispose: () => stt[Symbol.asyncDispose](),
  };
});
