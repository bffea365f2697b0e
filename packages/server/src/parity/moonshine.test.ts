import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type AutomaticSpeechRecognitionPipeline, env, pipeline, type Tensor } from '@huggingface/transformers';
import * as ort from 'onnxruntime-node';
import { createMoonshine, type SttEngine } from '@sotto/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { babble } from './clips.ts';
import { countingRuntime } from './counting-runtime.ts';
import { fixtureQuestions } from './fixture-clips.ts';
import { modelFolder } from './model-folder.ts';

const folder = fileURLToPath(new URL('../../../../starter-models/stt', import.meta.url));
const sessionOptions = { intraOpNumThreads: 1, interOpNumThreads: 1 };
const tokenLimit = (clip: Float32Array) => Math.max(8, Math.ceil((clip.length / 16_000) * 6.5));

describe.skipIf(!existsSync(`${folder}/onnx/encoder_model.onnx`))('Moonshine starter', () => {
  let ours: SttEngine;
  let theirs: AutomaticSpeechRecognitionPipeline;
  beforeAll(async () => {
    env.allowRemoteModels = false;
    ours = await createMoonshine({ ort, files: modelFolder(folder), sessionOptions, maxTokensPerSecond: 6.5, guardRepetition: false });
    theirs = await pipeline('automatic-speech-recognition', folder, { dtype: 'fp32', device: 'cpu', session_options: sessionOptions });
  });
  afterAll(async () => {
    await ours[Symbol.asyncDispose]();
    await theirs.dispose();
  });

  async function theirTokens(clip: Float32Array): Promise<number[]> {
    const inputs = (await theirs.processor(clip)) as Record<string, Tensor>;
    const output = (await theirs.model.generate({ ...inputs, max_new_tokens: tokenLimit(clip) })) as Tensor;
    return (output.tolist() as bigint[][])[0]!.map(Number).filter((id) => id !== 1 && id !== 2);
  }

  test('chooses the same tokens as transformers.js on 100 clips', async () => {
    const questions = (await fixtureQuestions()).slice(0, 70);
    const clips = [...questions, ...Array.from({ length: 100 - questions.length }, (_, i) => ({ name: `babble ${i + 1}`, samples: babble(i + 1) }))];
    const seen = new Set<number>();
    for (const { name, samples } of clips) {
      const { tokens } = await ours.transcribe(samples);
      expect(tokens, name).toEqual(await theirTokens(samples));
      tokens.forEach((token) => seen.add(token));
    }
    expect(clips.length).toBe(100);
    expect(seen.size).toBeGreaterThan(30);
  }, 300_000);

  test('gives the same text as the pipeline', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const clip = babble(seed);
      const { text } = (await theirs(clip, { max_new_tokens: tokenLimit(clip) })) as { text: string };
      expect((await ours.transcribe(clip)).text).toBe(text.trim());
    }
  });

  test('a stream ends with the same tokens as the whole clip at once', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const clip = babble(seed);
      await using stream = ours.openStream();
      for (let at = 0; at < clip.length; at += 8000) {
        stream.push(clip.subarray(at, at + 8000));
        const partial = await stream.partial();
        if (partial) expect(partial.text.startsWith(partial.stableText)).toBe(true);
      }
      const final = await stream.finish();
      const whole = await ours.transcribe(clip);
      expect(final.tokens).toEqual(whole.tokens);
      expect(final.text).toBe(whole.text);
      expect(final.confidence).toBeCloseTo(whole.confidence, 4);
    }
  });

  test('audio too short for one frame, silence and nothing at all are transcripts, not errors', async () => {
    expect(await ours.transcribe(babble(3).subarray(0, 200))).toMatchObject({ audioMs: 12.5 });
    expect(await ours.transcribe(new Float32Array(16_000))).toMatchObject({ text: '', tokens: [], confidence: 0, audioMs: 1000 });
    expect(await ours.transcribe(new Float32Array(0))).toMatchObject({ text: '', audioMs: 0 });
  });

  test('audio beyond 30 s is cut and transcribed whole', async () => {
    const long = new Float32Array(31 * 16_000);
    for (let at = 0, seed = 1; at < long.length; seed++) {
      const clip = babble(seed).subarray(0, long.length - at);
      long.set(clip, at);
      at += clip.length;
    }
    const transcript = await ours.transcribe(long);
    expect(transcript.audioMs).toBe(31_000);
    expect(transcript.tokens.length).toBeGreaterThan(0);
  });

  test('an abort between steps rejects with its reason, and the engine works on', async () => {
    const clip = babble(1);
    const before = await ours.transcribe(clip);
    for (const delay of [0, 1, 2, 3]) {
      const controller = new AbortController();
      const running = ours.transcribe(clip, { signal: controller.signal });
      for (let i = 0; i < delay; i++) await new Promise((resolve) => setImmediate(resolve));
      controller.abort(new Error('barge-in'));
      await expect(running).rejects.toThrow('barge-in');
    }
    expect((await ours.transcribe(clip)).tokens).toEqual(before.tokens);
  });

  test('overlapping calls do not disturb each other', async () => {
    const clips = [babble(11), babble(12), babble(13)];
    const alone = [];
    for (const clip of clips) alone.push((await ours.transcribe(clip)).tokens);
    const together = await Promise.all(clips.map((clip) => ours.transcribe(clip)));
    expect(together.map((transcript) => transcript.tokens)).toEqual(alone);
  });

  test('refuses NaN', async () => {
    await expect(ours.transcribe(new Float32Array(1000).fill(Number.NaN))).rejects.toMatchObject({ code: 'VOICE_ERR_NON_FINITE_SAMPLE' });
    await using stream = ours.openStream();
    expect(() => stream.push(new Float32Array([Number.POSITIVE_INFINITY]))).toThrow(expect.objectContaining({ code: 'VOICE_ERR_NON_FINITE_SAMPLE' }) as Error);
  });
});

describe.skipIf(!existsSync(`${folder}/onnx/encoder_model.onnx`))('Moonshine streams compute no more than they must', () => {
  test('nothing for nothing new, and a final costs one encoding and little more', async () => {
    const { ort: counted, runs } = countingRuntime();
    await using engine = await createMoonshine({ ort: counted, files: modelFolder(folder), sessionOptions, guardRepetition: false });
    let [partialRuns, finalRuns] = [0, 0];
    for (const { samples } of (await fixtureQuestions()).slice(0, 5)) {
      await using stream = engine.openStream();
      stream.push(samples);
      runs.length = 0;
      const partial = await stream.partial();
      const perPartial = runs.length;
      partialRuns += perPartial;
      expect(perPartial).toBeGreaterThan(2);
      expect(await stream.partial()).toBeUndefined();
      const final = await stream.finish();
      expect(runs.length).toBe(perPartial);
      expect(final.text).toBe(partial!.text);

      await using longer = engine.openStream();
      longer.push(samples);
      await longer.partial();
      longer.push(new Float32Array(160));
      runs.length = 0;
      await longer.finish();
      expect(runs.slice(0, 2)).toEqual(['input_values', 'input_ids']);
      finalRuns += runs.length;
    }
    // An encoding and a verification each, and now and then a word that the new audio changed.
    expect(finalRuns).toBeLessThan(partialRuns / 2);
  });
});

test('a folder without the model is a typed error', async () => {
  await expect(createMoonshine({ ort, files: modelFolder('/nonexistent') })).rejects.toMatchObject({ code: 'VOICE_ERR_MODEL_NOT_FOUND' });
});
