import { join } from 'node:path';
import { LISTENING_SAMPLE_RATE, resample } from '@sotto/pipeline';
import { readAudioFile } from '@sotto/server';
import { readFixtures } from '../corpus/fixture-index.ts';

/** The clean questions of a fixtures folder at 16 kHz; reading and resampling are nobody's work. */
export async function questionClips(folder: string): Promise<Float32Array[]> {
  const questions = (await readFixtures(folder)).filter(({ kind, snrDb }) => kind === 'question' && snrDb === null);
  return Promise.all(questions.map(async ({ file }) => {
    const { samples, sampleRate } = await readAudioFile(join(folder, file));
    return resample(samples, sampleRate, LISTENING_SAMPLE_RATE);
  }));
}
