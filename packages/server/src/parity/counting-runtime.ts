import type { InferenceSession } from 'onnxruntime-common';
import * as ort from 'onnxruntime-node';
import type { OnnxRuntime } from '@sotto/pipeline';

/** The real runtime, with every run of every session noted by its first input's name. */
export function countingRuntime(): { readonly ort: OnnxRuntime; readonly runs: string[] } {
  const runs: string[] = [];
  const create = async (...args: Parameters<typeof ort.InferenceSession.create>): Promise<InferenceSession> => {
    const session = await ort.InferenceSession.create(...args);
    const run = session.run.bind(session);
    session.run = ((...runArgs: Parameters<typeof run>) => {
      runs.push(session.inputNames[0]!);
      return run(...runArgs);
    }) as typeof session.run;
    return session;
  };
  return { ort: { Tensor: ort.Tensor, InferenceSession: { create: create as OnnxRuntime['InferenceSession']['create'] } }, runs };
}
