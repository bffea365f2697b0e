import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AutomaticSpeechRecognitionPipeline, env, pipeline, type Tensor, WhisperFeatureExtractor } from '@huggingface/transformers';
import * as ort from 'onnxruntime-node';
import { createWhisper, type SttEngine } from '@sotto/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LogMel } from '../../../pipeline/src/stt/whisper/log-mel.ts';
import { babble } from './clips.ts';
import { modelFolder } from './model-folder.ts';
import { makeTinyWhisper, type TinyWhisperOptions } from './tiny-whisper.ts';

const sessionOptions = { intraOpNumThreads: 1, interOpNumThreads: 1 };

let root: string;
let ours: SttEngine;
let theirs: AutomaticSpeechRecognitionPipeline;
beforeAll(async () => {
  env.allowRemoteModels = false;
  root = await mkdtemp(join(tmpdir(), 'tiny-whisper-'));
  await makeTinyWhisper(join(root, 'plain'), { seed: 5 });
  await makeTinyWhisper(join(root, 'timestamped'), { seed: 5, timestamped: true });
  ours = await createWhisper({ ort, files: modelFolder(join(root, 'plain')), sessionOptions, guardHallucination: false });
  theirs = await pipeline('automatic-speech-recognition', join(root, 'plain'), { dtype: 'fp32', device: 'cpu', session_options: sessionOptions });
});
afterAll(async () => {
  await ours[Symbol.asyncDispose]();
  await theirs.dispose();
  await rm(root, { recursive: true });
});

async function theirFeatures(clip: Float32Array): Promise<Tensor> {
  return ((await theirs.processor(clip)) as { input_features: Tensor }).input_features;
}

test.each([80, 128])('log-mel features of %i bands are within 1e-4 of transformers.js', async (melCount) => {
  const config = { feature_size: melCount, n_fft: 400, hop_length: 160, n_samples: 480_000, nb_max_frames: 3000, sampling_rate: 16_000 };
  const extractor = new WhisperFeatureExtractor(config);
  const mel = new LogMel(melCount);
  for (const clip of [babble(1), babble(4), new Float32Array(480_000).map((_, i) => 0.3 * Math.sin(i * i * 1e-5)), new Float32Array(16_000), babble(2).subarray(0, 37)]) {
    const expected = ((await extractor._call(clip))).input_features;
    expect(expected.dims).toEqual([1, melCount, 3000]);
    const features = mel.compute(clip);
    let worst = 0;
    (expected.data as Float32Array).forEach((value, i) => (worst = Math.max(worst, Math.abs(value - features[i]!))));
    expect(worst).toBeLessThan(1e-4);
  }
});

describe('tokens', () => {
  test('are those of transformers.js on 100 clips', async () => {
    const seen = new Set<number>();
    const lengths = new Set<number>();
    for (let seed = 1; seed <= 100; seed++) {
      const clip = babble(seed);
      const language = ['en', 'de', 'ja'][seed % 3]!;
      const { tokens } = await ours.transcribe(clip, { language });
      const output = (await theirs.model.generate({ inputs: await theirFeatures(clip), language, task: 'transcribe' })) as Tensor;
      const expected = (output.tolist() as bigint[][])[0]!.map(Number).slice(4, -1);
      expect(tokens, `clip ${seed}`).toEqual(expected);
      tokens.forEach((token) => seen.add(token));
      lengths.add(tokens.length);
    }
    expect(seen.size).toBeGreaterThan(20);
    expect(lengths.size).toBeGreaterThan(5);
  }, 300_000);

  test('the text is that of the pipeline', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const clip = babble(seed);
      const { text } = (await theirs(clip, { language: 'en', task: 'transcribe' })) as { text: string };
      expect((await ours.transcribe(clip, { language: 'en' })).text).toBe(text.trim());
    }
  });

  test('a stream ends with the tokens of the whole clip', async () => {
    const clip = babble(8).subarray(0, 40_000);
    await using stream = ours.openStream({ language: 'en' });
    stream.push(clip.subarray(0, 20_000));
    await stream.partial();
    stream.push(clip.subarray(20_000));
    expect((await stream.finish()).tokens).toEqual((await ours.transcribe(clip, { language: 'en' })).tokens);
  });
});

describe('languages', () => {
  test('a language is detected, and naming it gives the same transcript', async () => {
    const detected = await ours.transcribe(babble(21));
    expect(ours.capabilities.languages).toContain(detected.language);
    expect(await ours.transcribe(babble(21), { language: `${detected.language!}-XX` })).toEqual(detected);
  });

  test('an unknown language is refused with the known ones', async () => {
    await expect(ours.transcribe(babble(1), { language: 'tlh' })).rejects.toMatchObject({ code: 'VOICE_ERR_INVALID_OPTION', message: expect.stringContaining('en, zh, de') as string });
  });
});

test('a prompt changes the decoding and stays out of the transcript', async () => {
  const clip = babble(30);
  const plain = await ours.transcribe(clip, { language: 'en' });
  const prompted = await ours.transcribe(clip, { language: 'en', prompt: 'the museum and the sand' });
  expect(prompted.tokens).not.toEqual(plain.tokens);
  expect(prompted.text).not.toContain('museum');
  expect(prompted.noSpeechProbability).toBeGreaterThan(0);
});

test('the timestamped export gives every word a time, in order', async () => {
  await using engine = await createWhisper({ ort, files: modelFolder(join(root, 'timestamped')), sessionOptions, guardHallucination: false });
  expect(engine.capabilities.wordTimestamps).toBe(true);
  expect(ours.capabilities.wordTimestamps).toBe(false);
  const clip = babble(5);
  const { text, words, tokens, audioMs } = await engine.transcribe(clip, { language: 'en', words: true });
  expect(tokens).toEqual((await ours.transcribe(clip, { language: 'en' })).tokens);
  expect(words!.map((word) => word.text).join('').replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''));
  let previousMs = 0;
  for (const word of words!) {
    expect(word.startMs).toBeGreaterThanOrEqual(previousMs);
    expect(word.endMs).toBeGreaterThanOrEqual(word.startMs);
    previousMs = word.startMs;
  }
  expect(previousMs).toBeLessThanOrEqual(audioMs);
});

test('audio beyond 30 s is decoded window by window', async () => {
  await using guarded = await createWhisper({ ort, files: modelFolder(join(root, 'plain')), sessionOptions });
  const long = new Float32Array(45 * 16_000);
  for (let at = 0, seed = 1; at < long.length; seed++) {
    const clip = babble(seed).subarray(0, long.length - at);
    long.set(clip, at);
    at += clip.length;
  }
  const transcript = await guarded.transcribe(long, { language: 'en' });
  expect(transcript.audioMs).toBe(45_000);
  expect(transcript.tokens.every((token) => token < 272)).toBe(true);
});

describe('guards', () => {
  async function transcribed(options: Omit<TinyWhisperOptions, 'seed'>, guardHallucination: boolean) {
    const folder = await mkdtemp(join(root, 'guarded-'));
    await makeTinyWhisper(folder, { seed: 5, ...options });
    await using engine = await createWhisper({ ort, files: modelFolder(folder), sessionOptions, guardHallucination });
    return await engine.transcribe(babble(9), { language: 'en' });
  }

  test('a model stuck on one word is decoded again without the loop', async () => {
    const stuck = { bias: { 'Ġthe': 30 } };
    const longestRun = (tokens: readonly number[]) => tokens.reduce(([best, run], token, i) => [Math.max(best, tokens[i - 1] === token ? run + 1 : 1), tokens[i - 1] === token ? run + 1 : 1], [0, 0])[0]!;
    expect(longestRun((await transcribed(stuck, false)).tokens)).toBeGreaterThan(10);
    const guarded = await transcribed(stuck, true);
    expect(longestRun(guarded.tokens)).toBeLessThan(10);
    expect(guarded.tokens.length).toBeGreaterThan(0);
  });

  test('what the model takes for silence, and is unsure of, is no words', async () => {
    const unsure = { bias: { '<|nospeech|>': 30 }, temperature: 50 };
    const guarded = await transcribed(unsure, true);
    expect(guarded).toMatchObject({ text: '', tokens: [], confidence: 0 });
    expect(guarded.noSpeechProbability).toBeGreaterThan(0.99);
    expect((await transcribed(unsure, false)).tokens.length).toBeGreaterThan(0);
  });
});

test('silence, nothing and NaN', async () => {
  expect(await ours.transcribe(new Float32Array(16_000))).toMatchObject({ text: '', tokens: [], audioMs: 1000 });
  expect(await ours.transcribe(new Float32Array(0))).toMatchObject({ text: '', audioMs: 0 });
  await expect(ours.transcribe(new Float32Array(99).fill(Number.NaN))).rejects.toMatchObject({ code: 'VOICE_ERR_NON_FINITE_SAMPLE' });
});

test('an abort rejects with its reason', async () => {
  const controller = new AbortController();
  const running = ours.transcribe(babble(2), { signal: controller.signal, language: 'en' });
  setImmediate(() => controller.abort(new Error('barge-in')));
  await expect(running).rejects.toThrow('barge-in');
});
