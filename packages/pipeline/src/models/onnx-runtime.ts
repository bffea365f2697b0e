import type { InferenceSession, InferenceSessionFactory, TensorConstructor } from 'onnxruntime-common';

/**
 * The ONNX Runtime a driver computes with, injected because each home brings its own:
 * `import * as ort from 'onnxruntime-node'` or `'onnxruntime-web'` satisfies it as it is.
 */
export type OnnxRuntime = {
  readonly InferenceSession: InferenceSessionFactory;
  readonly Tensor: TensorConstructor;
};

/**
 * Passed through to `InferenceSession.create`.
 *
 * Gotchas: set `intraOpNumThreads` explicitly (the default takes every core) and turn spinning
 * off with `extra: { session: { intra_op: { allow_spinning: '0' } } }` (strings; a number throws).
 */
export type OnnxSessionOptions = InferenceSession.SessionOptions;
