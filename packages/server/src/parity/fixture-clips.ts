import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { LISTENING_SAMPLE_RATE, resample } from '@sotto/pipeline';
import { readAudioFile } from '../audio-files/read-audio-file.ts';

export type FixtureClip = { readonly name: string; readonly transcript: string; readonly isClean: boolean; readonly samples: Float32Array };

type FixtureIndex = { readonly fixtures: readonly { readonly name: string; readonly file: string; readonly kind: string; readonly snrDb: number | null; readonly transcript: string }[] };

/** The spoken questions of `audio-fixtures/` at 16 kHz, in the order of their names. */
export async function fixtureQuestions(): Promise<FixtureClip[]> {
  const folder = fileURLToPath(new URL('../../../../audio-fixtures', import.meta.url));
  const index = JSON.parse(await readFile(`${folder}/index.json`, 'utf8')) as FixtureIndex;
  const questions = index.fixtures.filter((fixture) => fixture.kind === 'question');
  return Promise.all(questions.map(async ({ name, file, transcript, snrDb }) => {
    const { samples, sampleRate } = await readAudioFile(`${folder}/${file}`);
    return { name, transcript, isClean: snrDb === null, samples: resample(samples, sampleRate, LISTENING_SAMPLE_RATE) };
  }));
}
