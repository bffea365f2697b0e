import { workerData } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';
import type { OnnxRuntime, OnnxSessionOptions } from '@sotto/pipeline';
import { type NativeCallGate, throughGate } from './native-call-gate.ts';

const gate = (workerData as { readonly nativeCallGate?: NativeCallGate } | null)?.nativeCallGate;

/** ONNX Runtime; in a thread that has an owner, behind the gate that the owner closes before it ends the thread. */
export const nodeOnnxRuntime: OnnxRuntime = gate === undefined ? ort : throughGate(ort, gate);

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
