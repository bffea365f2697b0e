import * as ort from 'onnxruntime-node';
import type { OnnxRuntime, OnnxSessionOptions } from '@sotto/pipeline';

export const nodeOnnxRuntime: OnnxRuntime = ort;

/**
 * Session options for a worker. Spinning is off because waiting threads that spin burn a whole core
 * each while nobody speaks; the runtime takes the value only as a string.
 */
export function sessionOptions(threadCount: number): OnnxSessionOptions {
  return {
    intraOpNumThreads: threadCount,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
}
