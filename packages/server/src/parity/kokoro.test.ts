import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { AutoTokenizer, env, StyleTextToSpeech2Model, Tensor } from '@huggingface/transformers';
import { KokoroTTS } from 'kokoro-js';
import * as ort from 'onnxruntime-node';
import { createKokoro, inMemoryModelFiles, type SpeechChunk, type TtsEngine } from '@sotto/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKokoroPhonemizer } from '@sotto/pipeline';
import { countingRuntime } from './counting-runtime.ts';
import { modelFolder } from './model-folder.ts';

const folder = fileURLToPath(new URL('../../../../starter-models/tts', import.meta.url));
const sessionOptions = { intraOpNumThreads: 1, interOpNumThreads: 1 };
const importKokoroJs = () => import('kokoro-js');

async function collect(chunks: AsyncIterable<SpeechChunk>): Promise<SpeechChunk[]> {
  const collected: SpeechChunk[] = [];
  for await (const chunk of chunks) collected.push(chunk);
  return collected;
}

describe.skipIf(!existsSync(`${folder}/onnx/model.onnx`))('Kokoro starter', () => {
  let ours: TtsEngine;
  let theirs: KokoroTTS;
  beforeAll(async () => {
    env.allowRemoteModels = false;
    ours = await createKokoro({ ort, files: modelFolder(folder), phonemizer: await createKokoroPhonemizer(importKokoroJs), sessionOptions, defaultVoice: 'af_heart' });
    const model = await StyleTextToSpeech2Model.from_pretrained(folder, { dtype: 'fp32', device: 'cpu', session_options: sessionOptions });
    theirs = new KokoroTTS(model as never, (await AutoTokenizer.from_pretrained(folder)));
  });
  afterAll(() => ours[Symbol.asyncDispose]());

  /** kokoro-js reads the public model's voice files; its own steps with our voice's row instead. */
  async function theirWaveform(text: string, voice: string, speed: number): Promise<Float32Array> {
    const rows = new Float32Array((await readFile(`${folder}/voices/${voice}.bin`)).slice().buffer);
    const model = theirs.model as unknown as (inputs: Record<string, Tensor>) => Promise<{ waveform: Tensor }>;
    const withOurVoice = (inputs: Record<string, Tensor>) => {
      const row = Math.min(Math.max(inputs['input_ids']!.dims.at(-1)! - 2, 0), rows.length / 256 - 1);
      return model({ ...inputs, style: new Tensor('float32', rows.slice(row * 256, (row + 1) * 256), [1, 256]) });
    };
    const audio = (await new KokoroTTS(withOurVoice as never, theirs.tokenizer).generate(text, { voice: voice as never, speed })) as { audio: Float32Array };
    return audio.audio;
  }

  test.each([
    ['The library is on the second floor of the building.', 'af_heart', 1],
    ['It costs $12.50 and opens at 7:05, does it not?', 'am_michael', 1],
    ['Dr. Smith said "yes"; we left.', 'af_heart', 1.25],
    ['Hello!', 'am_michael', 0.8],
  ])('sounds as kokoro-js does: %s', async (text, voice, speed) => {
    const [chunk, ...more] = await collect(ours.synthesize(text, { voice, speed }));
    expect(more).toEqual([]);
    const expected = await theirWaveform(text, voice, speed);
    expect(chunk!.samples.length).toBe(expected.length);
    let worst = 0;
    expected.forEach((sample, i) => (worst = Math.max(worst, Math.abs(Math.max(-1, Math.min(1, sample)) - chunk!.samples[i]!))));
    expect(worst).toBeLessThan(1e-4);
  });

  test('gives every word its time, in order and inside the sound', async () => {
    const text = 'The library is on the second floor, and it costs $12.50 in July.';
    const [chunk] = await collect(ours.synthesize(text));
    expect(chunk!.words.map((word) => word.text)).toEqual(text.split(' '));
    const audioMs = (chunk!.samples.length * 1000) / chunk!.sampleRate;
    let previousEndMs = 0;
    for (const word of chunk!.words) {
      expect(word.startMs).toBeGreaterThanOrEqual(previousEndMs);
      expect(word.endMs).toBeGreaterThan(word.startMs);
      previousEndMs = word.endMs;
    }
    expect(previousEndMs).toBeLessThanOrEqual(audioMs + 1);
    expect(chunk!.words.at(-1)!.endMs).toBeGreaterThan(audioMs * 0.7);
  });

  test('speaks a sentence a chunk, and nothing is lost', async () => {
    const sentences = ['The museum opens at nine.', 'It is free on Sundays!', 'Would you like to know more?'];
    const chunks = await collect(ours.synthesize(sentences.join(' ')));
    expect(chunks.map((chunk) => chunk.text)).toEqual(sentences);
  });

  test('splits what is longer than the model takes, keeping every word', async () => {
    const text = Array.from({ length: 150 }, (_, i) => ['seven', 'green', 'bottles', 'standing'][i % 4]).join(' ');
    const chunks = await collect(ours.synthesize(text));
    expect(chunks.length).toBeGreaterThan(1);
    expect(chunks.map((chunk) => chunk.text).join(' ')).toBe(text);
    expect(chunks.flatMap((chunk) => chunk.words).length).toBe(150);
  });

  test('an abort takes effect between chunks', async () => {
    const controller = new AbortController();
    const heard: string[] = [];
    await expect((async () => {
      for await (const chunk of ours.synthesize('First sentence here. Second sentence here. Third sentence here.', { signal: controller.signal })) {
        heard.push(chunk.text);
        controller.abort(new Error('barge-in'));
      }
    })()).rejects.toThrow('barge-in');
    expect(heard).toEqual(['First sentence here.']);
  });

  test('nothing to say is no chunk', async () => {
    expect(await collect(ours.synthesize(''))).toEqual([]);
    expect(await collect(ours.synthesize(' … — '))).toEqual([]);
  });

  test('refuses unknown voices and speeds', async () => {
    await expect(collect(ours.synthesize('Hi.', { voice: 'zz_top' }))).rejects.toMatchObject({ code: 'VOICE_ERR_INVALID_OPTION' });
    await expect(collect(ours.synthesize('Hi.', { speed: 3 }))).rejects.toMatchObject({ code: 'VOICE_ERR_INVALID_OPTION' });
  });

  test('a broken voice file, and none, are typed errors', async () => {
    const files = modelFolder(folder);
    const entries: Record<string, Uint8Array> = {};
    for (const name of ['tokenizer.json', 'onnx/model.onnx']) entries[name] = await files.read(name);
    const phonemizer = { phonemize: () => Promise.resolve('həlˈoʊ') };
    await expect(createKokoro({ ort, files: inMemoryModelFiles(entries), phonemizer })).rejects.toMatchObject({ code: 'VOICE_ERR_MODEL_NOT_FOUND' });
    await using broken = await createKokoro({ ort, files: inMemoryModelFiles({ ...entries, 'voices/af_x.bin': new Uint8Array(1000) }), phonemizer });
    await expect(collect(broken.synthesize('Hello.'))).rejects.toMatchObject({ code: 'VOICE_ERR_MODEL_FORMAT' });
  });

  test.each([
    ['NaN', (samples: Float32Array) => samples.fill(Number.NaN)],
    ['silence', (samples: Float32Array) => samples.fill(0)],
    ['full-scale noise', (samples: Float32Array) => samples.fill(3)],
  ])('%s instead of speech is an engine error', async (_, spoil) => {
    const { ort: counted } = countingRuntime();
    const spoiling = {
      Tensor: counted.Tensor,
      InferenceSession: {
        create: async (bytes: Uint8Array, options: object) => {
          const session = await counted.InferenceSession.create(bytes, options);
          const run = session.run.bind(session);
          session.run = (async (feeds: never) => {
            const outputs = await run(feeds);
            spoil((outputs['waveform'] as { data: unknown }).data as Float32Array);
            return outputs;
          });
          return session;
        },
      } as typeof counted.InferenceSession,
    };
    await using engine = await createKokoro({ ort: spoiling, files: modelFolder(folder), phonemizer: { phonemize: () => Promise.resolve('həlˈoʊ') } });
    await expect(collect(engine.synthesize('Hello.'))).rejects.toMatchObject({ code: 'VOICE_ERR_ENGINE_FAILED' });
  });
});

test('the phonemizer leaves no process-wide error handlers behind', async () => {
  const count = () => process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection');
  const before = count();
  const listener = () => undefined;
  const phonemizer = await createKokoroPhonemizer(() => {
    process.on('uncaughtException', listener);
    return importKokoroJs();
  });
  expect(count()).toBe(before);
  expect(await phonemizer.phonemize('Hello, world.', 'af_heart')).toBe('həlˈoʊ, wˈɜːld.');
  expect(await phonemizer.phonemize('', 'af_heart')).toBe('');
});
