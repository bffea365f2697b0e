import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { CorpusUtterance } from './utterance.ts';

const AUDIO = /\.(wav|flac)$/i;

/** Audio files with their text in a `.txt` of the same name beside them; the folder a file lies in is its speaker. */
export async function readSidecarFolder(folder: string): Promise<CorpusUtterance[]> {
  const paths = (await readdir(folder, { recursive: true })).filter((path) => AUDIO.test(path)).sort();
  const utterances: CorpusUtterance[] = [];
  for (const path of paths) {
    const audioPath = join(folder, path);
    const transcript = await readFile(audioPath.slice(0, -extname(audioPath).length) + '.txt', 'utf8').catch(() => undefined);
    if (transcript === undefined) continue;
    const parent = dirname(path);
    utterances.push({ id: path, audioPath, transcript: transcript.trim(), speaker: parent === '.' ? path : basename(parent), split: 'all' });
  }
  return utterances;
}
