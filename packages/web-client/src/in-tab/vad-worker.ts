import { createSilero, inMemoryModelFiles, serveCalls, type VadStream } from '@sotto/pipeline';
import { openOnnxRuntime } from './onnx-web.ts';
import { workerEndpoint } from './worker-endpoint.ts';
import { receiveSetUp } from './worker-set-up.ts';

const setUp = await receiveSetUp();

await serveCalls(workerEndpoint(), async () => {
  const { ort, sessionOptions } = await openOnnxRuntime(setUp);
  const vad = await createSilero({ ort, files: inMemoryModelFiles(setUp.files), sessionOptions });
  const streams = new Map<number, VadStream>();
  const streamOf = (streamId: number): VadStream => {
    const stream = streams.get(streamId) ?? vad.openStream();
    streams.set(streamId, stream);
    return stream;
  };
  return {
    info: vad.capabilities,
    calls: {
      process: ({ streamId, samples }: { streamId: number; samples: Float32Array }, options) => streamOf(streamId).process(samples, options),
    },
    notifications: {
      reset: (streamId: number) => streams.get(streamId)?.reset(),
      close: (streamId: number) => {
        streams.get(streamId)?.[Symbol.dispose]();
        streams.delete(streamId);
      },
    },
    dispose: () => vad[Symbol.asyncDispose](),
  };
});
