import type { InferenceSession } from 'onnxruntime-common';
import type { OnnxRuntime } from '@sotto/pipeline';

/**
 * Tells the owner of a thread when the thread may be ended. Node ends a thread wherever it is; inside ONNX Runtime, the runtime's
 * next word to JavaScript throws into C++ and aborts the whole process.
 *
 * Two words of shared memory: whether the owner has closed the gate, and how many native calls are under way. The thread counts
 * itself in before it looks whether the gate is closed, the owner closes it before it looks at the count: no call slips through.
 */
export type NativeCallGate = SharedArrayBuffer;

const CLOSED = 0;
const UNDER_WAY = 1;
const POLL_MS = 5;

export function createNativeCallGate(): NativeCallGate {
  return new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
}

/** In the owner: lets no further call in, and resolves when none is under way; never, if one hangs. */
export async function closeNativeCallGate(gate: NativeCallGate): Promise<void> {
  const words = new Int32Array(gate);
  Atomics.store(words, CLOSED, 1);
  while (Atomics.load(words, UNDER_WAY) > 0) await new Promise<void>((resolve) => void setTimeout(resolve, POLL_MS).unref());
}

/** In the thread: the runtime, with every call of it passing the gate. */
export function throughGate(ort: OnnxRuntime, gate: NativeCallGate): OnnxRuntime {
  const words = new Int32Array(gate);
  const pass = async <T>(call: () => Promise<T>): Promise<T> => {
    Atomics.add(words, UNDER_WAY, 1);
    try {
      if (Atomics.load(words, CLOSED) === 1) throw new Error('The thread is to end');
      return await call();
    } finally {
      Atomics.sub(words, UNDER_WAY, 1);
    }
  };
  const gated = (session: InferenceSession): InferenceSession => {
    const run = session.run.bind(session) as (...args: unknown[]) => ReturnType<InferenceSession['run']>;
    const release = session.release.bind(session);
    return Object.assign(session, { run: (...args: unknown[]) => pass(() => run(...args)), release: () => pass(release) });
  };
  const create = ort.InferenceSession.create.bind(ort.InferenceSession) as (...args: unknown[]) => Promise<InferenceSession>;
  return { Tensor: ort.Tensor, InferenceSession: { create: async (...args: unknown[]) => gated(await pass(() => create(...args))) } };
}
