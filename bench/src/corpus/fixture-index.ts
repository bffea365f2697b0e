import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CorpusUtterance } from './utterance.ts';

/** A fixture as `audio-fixtures/index.json` describes it; times from the file's first sample. */
export type Fixture = {
  readonly name: string;
  readonly file: string;
  readonly kind: string;
  readonly voice: string;
  readonly snrDb: number | null;
  readonly sampleRate: number;
  readonly transcript: string;
  /** Words that a right answer contains. */
  readonly expectedFact?: string;
  readonly speechStartMs: number;
  readonly speechEndMs: number;
  /** Silence between words of a `mid-pause` or a `conversation`. */
  readonly pauses?: readonly { readonly startMs: number; readonly endMs: number }[];
};

export async function readFixtures(folder: string): Promise<readonly Fixture[]> {
  const { fixtures } = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as { fixtures: Fixture[] };
  return fixtures;
}

/** The questions among the fixtures, as a corpus with one split for clean speech and one for noise. */
export async function readFixtureIndex(folder: string): Promise<CorpusUtterance[]> {
  const questions = (await readFixtures(folder)).filter(({ kind }) => kind === 'question');
  return questions.map(({ name, file, transcript, voice, snrDb }) => ({
    id: name,
    audioPath: join(folder, file),
    transcript,
    speaker: voice,
    split: snrDb === null ? 'clean' : `noise ${snrDb} dB`,
  }));
}
