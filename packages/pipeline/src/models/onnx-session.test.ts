import { describe, expect, it } from 'vitest';
import { openOnnxSession } from './onnx-session.ts';
import type { OnnxRuntime } from './onnx-runtime.ts';

/** A runtime whose graph fails as ONNX Runtime words it. */
function failing(message: string): OnnxRuntime {
  const session = { inputNames: [], outputNames: [], run: () => Promise.reject(new Error(message)), release: () => Promise.resolve() };
  return { InferenceSession: { create: () => Promise.resolve(session) } } as unknown as OnnxRuntime;
}

describe('a failed inference', () => {
  it.each([
    ['std::bad_alloc', 'VOICE_ERR_OUT_OF_MEMORY', false],
    ['BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 4294967296', 'VOICE_ERR_OUT_OF_MEMORY', false],
    ['Array buffer allocation failed', 'VOICE_ERR_OUT_OF_MEMORY', false],
    ['WebGPU device lost (2): Device was destroyed.', 'VOICE_ERR_DEVICE_LOST', true],
    ['Non-zero status code returned while running Add node', 'VOICE_ERR_ENGINE_FAILED', true],
  ])('"%s" is told as %s', async (message, code, retryable) => {
    const session = await openOnnxSession(failing(message), { read: () => Promise.resolve(new Uint8Array()) } as never, 'model.onnx', 'tts');
    await expect(session.run({})).rejects.toMatchObject({ code, retryable, stage: 'tts', message: expect.stringContaining(message) as string });
  });
});
