import type { InferenceSession } from 'onnxruntime-common';
import type { OnnxRuntime } from '@sotto/pipeline';
import { describe, expect, test } from 'vitest';
import { closeNativeCallGate, createNativeCallGate, throughGate } from './native-call-gate.ts';

/** A runtime whose calls end when told. */
function slowRuntime(): { readonly ort: OnnxRuntime; readonly end: () => void } {
  const waiting: (() => void)[] = [];
  const later = () => new Promise<void>((resolve) => waiting.push(resolve));
  const session = { run: later, release: later } as unknown as InferenceSession;
  return { ort: { Tensor: class {} as never, InferenceSession: { create: () => Promise.resolve(session) } }, end: () => waiting.shift()?.() };
}

describe('a thread is ended', () => {
  test('only when the call that is under way is over, and no further one begins', async () => {
    const { ort, end } = slowRuntime();
    const gate = createNativeCallGate();
    const session = await throughGate(ort, gate).InferenceSession.create('model');
    const running = session.run({});
    let isClosed = false;
    const closing = closeNativeCallGate(gate).then(() => (isClosed = true));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isClosed).toBe(false);
    await expect(session.run({})).rejects.toThrow('is to end');
    end();
    await running;
    await closing;
    await expect(session.run({})).rejects.toThrow('is to end');
  });

  test('at once when it does nothing', async () => {
    await expect(closeNativeCallGate(createNativeCallGate())).resolves.toBeUndefined();
  });
});
