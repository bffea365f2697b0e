import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { CorpusUtterance } from './utterance.ts';

/** `*.trans.txt` files below a folder, hidden folders aside (an unpacking that was killed leaves one), sorted, so that the order of a run never depends on the disk. */
export async function findTranscriptFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  const isHidden = (path: string) => path.split(sep).some((name) => name.startsWith('.'));
  return entries.filter((path) => path.endsWith('.trans.txt') && !isHidden(path)).sort().map((path) => join(folder, path));
}

/** LibriSpeech as distributed: `split/speaker/chapter/speaker-chapter.trans.txt` beside its FLAC files (openslr.org/12). */
export async function readLibriSpeech(folder: string, transcriptFiles: readonly string[]): Promise<CorpusUtterance[]> {
  const utterances: CorpusUtterance[] = [];
  for (const path of transcriptFiles) {
    const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line.trim() !== '');
    for (const line of lines) {
      const space = line.indexOf(' ');
      const id = space === -1 ? line : line.slice(0, space);
      utterances.push({
        id,
        audioPath: join(dirname(path), `${id}.flac`),
        transcript: space === -1 ? '' : line.slice(space + 1),
        speaker: id.split('-')[0] ?? id,
        split: relative(folder, path).split(sep).at(-4) ?? 'all',
      });
    }
  }
  return utterances;
}
