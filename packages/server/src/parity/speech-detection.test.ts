import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import { createSilero, resample, segmentSpeech, type SileroEngine, type SpeechSegment } from '@sotto/pipeline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readAudioFile } from '../audio-files/read-audio-file.ts';
import { modelFolder } from './model-folder.ts';

/** Real detector, real segmenter, synthesised speech whose place is known to the sample. */
const fixtures = fileURLToPath(new URL('../../../../audio-fixtures', import.meta.url));
const silero = join(dirname(createRequire(import.meta.url).resolve('@ricky0123/vad-web/package.json')), 'dist');

type Fixture = { readonly name: string; readonly file: string; readonly kind: string; readonly snrDb: number | null; readonly speechStartMs: number; readonly speechEndMs: number };

let vad: SileroEngine;
let index: readonly Fixture[];
beforeAll(async () => {
  vad = await createSilero({ ort, files: modelFolder(silero) });
  index = (JSON.parse(await readFile(`${fixtures}/index.json`, 'utf8')) as { fixtures: Fixture[] }).fixtures;
});
afterAll(() => vad[Symbol.asyncDispose]());

async function segmentsOf({ file }: Fixture): Promise<SpeechSegment[]> {
  const { samples, sampleRate } = await readAudioFile(`${fixtures}/${file}`);
  const segments: SpeechSegment[] = [];
  for await (const segment of segmentSpeech(resample(samples, sampleRate, 16_000), vad)) segments.push(segment);
  return segments;
}

test.each([['clean', true], ['noisy', false]])('the speech of %s questions lies inside their segments', async (_, clean) => {
  const questions = index.filter((fixture) => fixture.kind === 'question' && (fixture.snrDb === null) === clean).slice(0, 20);
  let covered = 0;
  let spoken = 0;
  for (const question of questions) {
    const segments = await segmentsOf(question);
    expect(segments.length, question.name).toBeGreaterThan(0);
    const overlapMs = segments.reduce((sum, { startMs, endMs }) => sum + Math.max(0, Math.min(endMs, question.speechEndMs) - Math.max(startMs, question.speechStartMs)), 0);
    covered += overlapMs;
    spoken += question.speechEndMs - question.speechStartMs;
  }
  expect(covered / spoken).toBeGreaterThan(clean ? 0.97 : 0.9);
});

test('silence and room noise hold no speech', async () => {
  for (const fixture of index.filter(({ kind }) => kind === 'silence' || kind === 'room-noise')) {
    expect(await segmentsOf(fixture), fixture.name).toEqual([]);
  }
});
