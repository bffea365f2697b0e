import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const folder = import.meta.dirname;
const require = createRequire(path.resolve(folder, '../../packages/server/package.json'));
const importFromServer = (name: string) => import(pathToFileURL(require.resolve(name).replace(/\.cjs$/, '.js')).href);

const SAMPLE_RATE = 24_000;
const UNIT_SAMPLES = 600;
const STYLE_SIZE = 256;
const HELLO = [0, 50, 156, 86, 54, 57, 135, 3, 16, 81, 156, 86, 123, 4, 0];

type Spoken = { samples: Float32Array; durations: number[] };

function style(voice: string): Float32Array {
  const bytes = readFileSync(path.join(folder, 'voices', `${voice}.bin`));
  return new Float32Array(bytes.buffer, bytes.byteOffset, STYLE_SIZE).slice();
}

function levelDb(samples: Float32Array): number {
  const pieces = Array.from({ length: Math.floor(samples.length / 480) }, (_, piece) => {
    const part = samples.subarray(piece * 480, (piece + 1) * 480);
    return part.reduce((sum, sample) => sum + sample * sample, 0) / part.length;
  });
  const loudest = Math.max(...pieces);
  const speaking = pieces.filter((power) => power > loudest * 1e-3);
  return 10 * Math.log10(speaking.reduce((sum, power) => sum + power, 0) / speaking.length);
}

describe('the starter voice as a plain ONNX graph', () => {
  let speak: (ids: number[], row: Float32Array, speed: number) => Promise<Spoken>;

  beforeAll(async () => {
    const ort = require('onnxruntime-node');
    const session = await ort.InferenceSession.create(path.join(folder, 'onnx/model.onnx'), { intraOpNumThreads: 1, interOpNumThreads: 1 });
    speak = async (ids, row, speed) => {
      const { waveform, durations } = await session.run({
        input_ids: new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]),
        style: new ort.Tensor('float32', row, [1, STYLE_SIZE]),
        speed: new ort.Tensor('float32', [speed], [1]),
      });
      return { samples: waveform.data, durations: [...durations.data].map(Number) };
    };
  });

  it.each(['af_heart', 'am_michael'])('speaks as %s at a usable level, without clipping', async (voice) => {
    const { samples } = await speak(HELLO, style(voice), 1);
    expect(samples.every((sample) => Number.isFinite(sample) && Math.abs(sample) < 0.98)).toBe(true);
    expect(levelDb(samples)).toBeGreaterThan(-26);
    expect(levelDb(samples)).toBeLessThan(-16);
  });

  it('gives one duration per symbol, and their sum is the waveform', async () => {
    for (const count of [3, 40, 512]) {
      const ids = [0, ...Array.from({ length: count - 2 }, (_, place) => 43 + ((place * 7) % 29)), 0];
      const { samples, durations } = await speak(ids, style('am_michael'), 1);
      expect(durations).toHaveLength(count);
      expect(Math.min(...durations)).toBeGreaterThanOrEqual(0);
      expect(durations.reduce((sum, units) => sum + units, 0) * UNIT_SAMPLES).toBe(samples.length);
    }
  });

  it('gives every vowel a duration, so that the shortest word has one, at any speed', async () => {
    const wordsOfOneVowel = [0, 70, 16, 156, 43, 102, 16, 70, 16, 83, 0];
    for (const speed of [0.8, 1, 1.25]) {
      const { durations } = await speak(wordsOfOneVowel, style('am_michael'), speed);
      expect(Math.min(durations[1]!, durations[4]!, durations[7]!, durations[9]!)).toBeGreaterThan(0);
    }
  });

  it('says the same sooner or later at another speed, never something else', async () => {
    const [slow, normal, fast] = await Promise.all([0.8, 1, 1.25].map((speed) => speak(HELLO, style('am_michael'), speed)));
    for (const [spoken, ratio] of [[slow!, 1.25], [fast!, 0.8]] as const) {
      expect(spoken.samples.length / normal!.samples.length).toBeGreaterThan(ratio - 0.1);
      expect(spoken.samples.length / normal!.samples.length).toBeLessThan(ratio + 0.1);
    }
  });

  it('gives the same samples for the same input', async () => {
    const [once, again] = [await speak(HELLO, style('af_heart'), 1), await speak(HELLO, style('af_heart'), 1)];
    expect(again.samples).toEqual(once.samples);
  });

  it('answers a style from elsewhere with its default voice, whatever the numbers', async () => {
    const expected = await speak(HELLO, style('am_michael'), 1);
    for (const value of [0, 0.3, -40, 3, Number.NaN]) {
      const { samples } = await speak(HELLO, new Float32Array(STYLE_SIZE).fill(value), 1);
      expect(samples).toEqual(expected.samples);
    }
  });
});

describe('the starter voice in kokoro-js', () => {
  afterAll(() => vi.unstubAllGlobals());

  it('loads unchanged and speaks, with the network refused', async () => {
    vi.stubGlobal('fetch', () => {
      throw new Error('the network is refused');
    });
    const { KokoroTTS } = await importFromServer('kokoro-js');
    const { StyleTextToSpeech2Model, AutoTokenizer } = await importFromServer('@huggingface/transformers');
    const model = await StyleTextToSpeech2Model.from_pretrained(folder, { dtype: 'fp32', device: 'cpu' });
    const kokoro = new KokoroTTS(model, await AutoTokenizer.from_pretrained(folder));
    const audio = await kokoro.generate('Hello there, the café opens at nine thirty.', { voice: 'af_heart' });
    expect(audio.sampling_rate).toBe(SAMPLE_RATE);
    expect(audio.audio.length / SAMPLE_RATE).toBeGreaterThan(1.5);
    expect(audio.audio.length / SAMPLE_RATE).toBeLessThan(6);
    expect(levelDb(audio.audio)).toBeGreaterThan(-26);
  });
});

describe('the voice folder', () => {
  it('holds the weights that the manifest names, byte for byte', () => {
    const { files } = JSON.parse(readFileSync(path.join(folder, '../manifest.json'), 'utf8')) as { files: { path: string; bytes: number; sha256: string }[] };
    const ours = files.filter((file) => file.path.startsWith('tts/'));
    expect(ours.map((file) => file.path)).toEqual(['tts/onnx/model.onnx', 'tts/voices/af_heart.bin', 'tts/voices/am_michael.bin']);
    for (const file of ours) {
      const bytes = readFileSync(path.join(folder, '..', file.path));
      expect(bytes.length, file.path).toBe(file.bytes);
      expect(createHash('sha256').update(bytes).digest('hex'), file.path).toBe(file.sha256);
    }
    expect(ours.filter((file) => file.path.endsWith('.bin')).every((file) => file.bytes === 510 * STYLE_SIZE * 4)).toBe(true);
  });
});
