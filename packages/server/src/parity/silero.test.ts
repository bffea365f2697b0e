import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { createSilero, inMemoryModelFiles, type SileroEngine } from '@sotto/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { modelFolder } from './model-folder.ts';

const folder = join(dirname(createRequire(import.meta.url).resolve('@ricky0123/vad-web/package.json')), 'dist');
const FRAME = 512;

/** A voiced buzz with moving formant-like bands in the first half, faint noise in the second. */
function frames(count: number, seed: number): Float32Array[] {
  let random = seed;
  const noise = () => ((random = (random * 1_664_525 + 1_013_904_223) >>> 0) / 2 ** 32 - 0.5) * 0.01;
  return Array.from({ length: count }, (_, frame) => Float32Array.from({ length: FRAME }, (_, i) => {
    const t = (frame * FRAME + i) / 16_000;
    if (frame > count / 2) return noise();
    let voice = 0;
    for (let harmonic = 1; harmonic < 25; harmonic++) voice += Math.sin(2 * Math.PI * (110 + seed) * harmonic * t) / (1 + Math.abs(harmonic * 110 - 600 - 300 * Math.sin(6 * t)) / 200);
    return 0.1 * voice * (0.6 + 0.4 * Math.sin(2 * Math.PI * 4 * t)) + noise();
  }));
}

describe.each(['silero_vad_v5.onnx', 'silero_vad_v6.onnx'])('%s', (fileName) => {
  let silero: SileroEngine;
  beforeAll(async () => {
    silero = await createSilero({ ort, files: modelFolder(folder), fileName });
  });
  afterAll(() => silero[Symbol.asyncDispose]());

  test('a batch of streams scores as each would alone', async () => {
    const inputs = Array.from({ length: 5 }, (_, i) => frames(24, i * 17 + 1));
    const alone = await Promise.all(inputs.map(async (input) => {
      using stream = silero.openStream();
      const scores: number[] = [];
      for (const frame of input) scores.push(await stream.process(frame));
      return scores;
    }));
    const streams = inputs.map(() => silero.openStream());
    for (let i = 0; i < 24; i++) {
      const scores = await silero.scoreBatch(streams, inputs.map((input) => input[i]!));
      scores.forEach((score, row) => expect(score).toBeCloseTo(alone[row]![i]!, 5));
    }
  });

  test('scores a voice above noise, and forgets on reset', async () => {
    using stream = silero.openStream();
    const input = frames(40, 3);
    const first: number[] = [];
    for (const frame of input) first.push(await stream.process(frame));
    expect(Math.max(...first.slice(0, 20))).toBeGreaterThan(5 * Math.max(...first.slice(30)));
    stream.reset();
    const again: number[] = [];
    for (const frame of input) again.push(await stream.process(frame));
    expect(again).toEqual(first);
  });

  test('overlapping calls on one stream keep their order', async () => {
    using ordered = silero.openStream();
    using overlapping = silero.openStream();
    const input = frames(10, 9);
    const expected: number[] = [];
    for (const frame of input) expected.push(await ordered.process(frame));
    expect(await Promise.all(input.map((frame) => overlapping.process(frame)))).toEqual(expected);
  });

  test('refuses frames it cannot score, without harm to the stream', async () => {
    using stream = silero.openStream();
    await expect(stream.process(new Float32Array(480))).rejects.toMatchObject({ code: 'VOICE_ERR_FRAME_LENGTH' });
    await expect(stream.process(new Float32Array(FRAME).fill(Number.NaN))).rejects.toMatchObject({ code: 'VOICE_ERR_NON_FINITE_SAMPLE' });
    await expect(stream.process(new Float32Array(FRAME), { signal: AbortSignal.abort(new Error('changed my mind')) })).rejects.toThrow('changed my mind');
    expect(await stream.process(new Float32Array(FRAME))).toBeLessThan(0.5);
  });
});

test('the wrong file, a missing file and a broken file are typed errors', async () => {
  await expect(createSilero({ ort, files: modelFolder(folder), fileName: 'silero_vad_legacy.onnx' })).rejects.toMatchObject({ code: 'VOICE_ERR_MODEL_FORMAT' });
  await expect(createSilero({ ort, files: modelFolder(folder), fileName: 'absent.onnx' })).rejects.toMatchObject({ code: 'VOICE_ERR_MODEL_NOT_FOUND' });
  await expect(createSilero({ ort, files: inMemoryModelFiles({ 'silero_vad_v6.onnx': new Uint8Array(100) }) })).rejects.toMatchObject({ code: 'VOICE_ERR_MODEL_LOAD' });
});

test('use after disposal says so', async () => {
  const silero = await createSilero({ ort, files: modelFolder(folder) });
  const stream = silero.openStream();
  await silero[Symbol.asyncDispose]();
  await silero[Symbol.asyncDispose]();
  await expect(stream.process(new Float32Array(FRAME))).rejects.toMatchObject({ code: 'VOICE_ERR_DISPOSED' });
});
