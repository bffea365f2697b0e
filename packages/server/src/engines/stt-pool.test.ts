import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMoonshine, resample } from '@sotto/pipeline';
import { readAudioFile } from '../audio-files/read-audio-file.ts';
import { bundledModel } from '../models/bundled-models.ts';
import { openModel } from '../models/model-folder.ts';
import { nodeOnnxRuntime } from './onnx-node.ts';
import { SttPool } from './stt-pool.ts';

const question = fileURLToPath(new URL('../../../../audio-fixtures/question-001-clean.wav', import.meta.url));

describe('SttPool', () => {
  let stt: SttPool;
  let samples: Float32Array;
  let expected: string;
  const restarts: string[] = [];

  beforeAll(async () => {
    const file = await readAudioFile(question);
    samples = resample(file.samples, file.sampleRate, 16_000);
    const model = await bundledModel('stt');
    const alone = await createMoonshine({ ort: nodeOnnxRuntime, files: openModel(model) });
    expected = (await alone.transcribe(samples)).text;
    await alone[Symbol.asyncDispose]();
    // A busy machine may load slowly; how long is waited is the pool's own test.
    stt = await SttPool.load(model, { replacementWaitMs: 60_000, metrics: { onRestart: ({ error }) => restarts.push(error.code) } });
  });
  afterAll(() => stt?.[Symbol.asyncDispose]());

  const pushInPieces = (stream: { push(samples: Float32Array): void }, from = 0, to = samples.length): void => {
    for (let at = from; at < to; at += 8000) stream.push(samples.subarray(at, Math.min(at + 8000, to)));
  };

  it('hears the same as the driver on its own', async () => {
    const transcript = await stt.forSession('a').transcribe(samples);
    expect(transcript.text).toBe(expected);
    expect(transcript.text.length).toBeGreaterThan(3);
  });

  it('gives partial transcripts and the same final one', async () => {
    await using stream = stt.forSession('a').openStream();
    pushInPieces(stream, 0, 32_000);
    expect((await stream.partial())?.audioMs).toBeGreaterThan(1900);
    pushInPieces(stream, 32_000);
    expect((await stream.finish()).text).toBe(expected);
  });

  it('finishes an utterance although the worker was replaced in the middle of it', async () => {
    await using stream = stt.forSession('a').openStream();
    pushInPieces(stream, 0, 32_000);
    await stream.partial();
    stt.pool.replaceWorkers('as a test');
    pushInPieces(stream, 32_000);
    expect((await stream.finish()).text).toBe(expected);
    expect(restarts).toEqual(['VOICE_ERR_WORKER_CRASHED']);
  });

  it('a worker replaced while the model computes does not take the process with it', async () => {
    const before = restarts.length;
    for (let round = 0; round < 12; round++) {
      // A call that no thread is left for is one of those that may fail; which thread computes at that moment is the point.
      const calls = Array.from({ length: 3 }, () => stt.forSession('a').transcribe(samples).catch(() => undefined));
      await new Promise((resolve) => setTimeout(resolve, 3 * round));
      stt.pool.replaceWorkers('as a test');
      await Promise.all(calls);
    }
    expect(restarts.length).toBeGreaterThan(before + 5);
    await expect.poll(async () => (await stt.forSession('a').transcribe(samples).catch(() => undefined))?.text, { timeout: 60_000 }).toBe(expected);
  }, 120_000);

  it('refuses samples that are not finite before they reach the worker', async () => {
    await expect(stt.forSession('a').transcribe(new Float32Array(16_000).fill(NaN))).rejects.toMatchObject({ code: 'VOICE_ERR_NON_FINITE_SAMPLE' });
  });

  it('an aborted call rejects with the reason and the next one works', async () => {
    const controller = new AbortController();
    const long = stt.forSession('a').transcribe(samples, { signal: controller.signal });
    setTimeout(() => controller.abort('enough'), 5);
    await expect(long).rejects.toBe('enough');
    expect((await stt.forSession('b').transcribe(samples)).text).toBe(expected);
  });
});
