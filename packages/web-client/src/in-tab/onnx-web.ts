import type { OnnxRuntime, OnnxSessionOptions } from '@sotto/pipeline';
import type { WorkerSetUp } from './worker-set-up.ts';

/** ONNX Runtime for this Worker: the WebGPU build only where it is used, since it is twice the size. */
export async function openOnnxRuntime({ device, runtimeUrl, threadCount }: WorkerSetUp): Promise<{ readonly ort: OnnxRuntime; readonly sessionOptions: OnnxSessionOptions }> {
  const ort = device === 'webgpu' ? await import('onnxruntime-web/webgpu') : await import('onnxruntime-web/wasm');
  ort.env.wasm.wasmPaths = runtimeUrl;
  // Frozen at the first session of a realm. Without cross-origin isolation there is no shared memory, hence one thread.
  ort.env.wasm.numThreads = globalThis.crossOriginIsolated ? threadCount : 1;
  return { ort, sessionOptions: { executionProviders: [device], graphOptimizationLevel: 'all' } };
}
