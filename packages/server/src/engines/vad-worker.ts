import { type CallHandlers, createSilero, type VadStream } from '@sotto/pipeline';
import { openModel } from '../models/model-folder.ts';
import type { InferenceWorkerData } from './inference-worker-data.ts';
import { nodeOnnxRuntime } from './onnx-node.ts';

/** One batch: `frames` holds one frame of each stream after another. */
export type ScoreFramesArgs = { readonly streamIds: readonly number[]; readonly frames: Float32Array };

export async function hostVad({ model }: InferenceWorkerData): Promise<CallHandlers> {
  const fileName = model.manifest.files.find((file) => file.path.endsWith('.onnx'))?.path;
  const engine = await createSilero({ ort: nodeOnnxRuntime, files: openModel(model), ...(fileName !== undefined && { fileName }) });
  const { frameSampleCount } = engine.capabilities;
  const streams = new Map<number, VadStream>();
  const streamOf = (streamId: number): VadStream => {
    const known = streams.get(streamId) ?? engine.openStream();
    streams.set(streamId, known);
    return known;
  };
  return {
    info: engine.capabilities,
    calls: {
      scoreFrames: ({ streamIds, frames }: ScoreFramesArgs, { signal }) =>
        engine.scoreBatch(streamIds.map(streamOf), streamIds.map((_, row) => frames.subarray(row * frameSampleCount, (row + 1) * frameSampleCount)), { signal }),
    },
    notifications: {
      reset: (streamId: number) => streams.get(streamId)?.reset(),
      close(streamId: number) {
        streams.get(streamId)?.[Symbol.dispose]();
        streams.delete(streamId);
      },
    },
    dispose: () => engine[Symbol.asyncDispose](),
  };
}
