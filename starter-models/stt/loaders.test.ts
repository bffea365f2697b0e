import { mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAudioFile } from '../../packages/server/src/audio-files/read-audio-file.ts';
import { openRecogniser, tokenLimit } from './reference-decoding.mjs';

const folder = fileURLToPath(new URL('.', import.meta.url));
const fixtures = new URL('../../audio-fixtures/', import.meta.url);
const require = createRequire(new URL('../../packages/server/package.json', import.meta.url));

interface Fixture {
  readonly file: string;
  readonly kind: string;
  readonly sampleRate: number;
  readonly transcript: string;
  readonly noise: string | null;
}

function wordErrors(reference: string[], heard: string[]): number {
  let row = Array.from({ length: heard.length + 1 }, (_, j) => j);
  for (const [i, expected] of reference.entries()) {
    const next = [i + 1];
    for (const [j, word] of heard.entries()) {
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (word === expected ? 0 : 1)));
    }
    row = next;
  }
  return row[heard.length]!;
}

const index = JSON.parse(readFileSync(new URL('index.json', fixtures), 'utf8')) as { fixtures: Fixture[] };
const clips = await Promise.all(
  index.fixtures
    .filter((f) => f.kind === 'question' && f.sampleRate === 16000 && f.noise === null)
    .slice(0, 8)
    .map(async (f) => ({ ...f, samples: (await readAudioFile(fileURLToPath(new URL(f.file, fixtures)))).samples })),
);

describe.each([
  { dtype: 'fp32', suffix: '' },
  { dtype: 'q8', suffix: '_quantized' },
] as const)('the $dtype recogniser', ({ dtype, suffix }) => {
  let recogniser: Awaited<ReturnType<typeof openRecogniser>>;
  const networkCalls: string[] = [];
  const realFetch = globalThis.fetch;

  beforeAll(async () => {
    expect(clips.length).toBeGreaterThan(3);
    recogniser = await openRecogniser(folder, suffix);
    globalThis.fetch = (input) => {
      networkCalls.push(String(input));
      return Promise.reject(new Error('the network is refused'));
    };
  });
  afterAll(() => {
    globalThis.fetch = realFetch;
  });

  test('says the same through the transformers.js pipeline as through reference decoding, with no network', async () => {
    const library = pathToFileURL(require.resolve('@huggingface/transformers')).href;
    const { pipeline, env } = (await import(library)) as typeof import('@huggingface/transformers');
    const models = mkdtempSync(join(tmpdir(), 'sotto-models-'));
    symlinkSync(folder, join(models, 'starter-stt'));
    env.allowRemoteModels = false;
    env.localModelPath = models;
    const transcribe = await pipeline('automatic-speech-recognition', 'starter-stt', { dtype });
    for (const clip of clips) {
      const output = await transcribe(clip.samples, { max_new_tokens: tokenLimit(clip.samples.length) });
      const heard = (Array.isArray(output) ? output[0]! : output).text.trim();
      expect(heard).toBe(recogniser.text(await recogniser.tokens(clip.samples)));
    }
    await transcribe.dispose();
    expect(networkCalls).toEqual([]);
  });

  test('decodes the same with the cache as with the whole prefix and an empty cache', async () => {
    for (const clip of clips.slice(0, 4)) {
      const cached = await recogniser.tokens(clip.samples);
      expect(cached.length).toBeGreaterThan(0);
      expect(cached).toEqual(await recogniser.tokensWithoutCache(clip.samples));
    }
  });

  test('recognises held-out questions', async () => {
    let errors = 0;
    let words = 0;
    for (const clip of clips) {
      const reference = clip.transcript.split(' ');
      errors += wordErrors(reference, recogniser.text(await recogniser.tokens(clip.samples)).split(' '));
      words += reference.length;
    }
    expect(errors / words).toBeLessThan(0.25);
  });

  test('answers silence and a clip shorter than a frame with nothing', async () => {
    expect(recogniser.text(await recogniser.tokens(new Float32Array(16000)))).toBe('');
    expect(recogniser.text(await recogniser.tokens(new Float32Array(100)))).toBe('');
  });
});
