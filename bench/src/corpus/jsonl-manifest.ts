import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConfigError } from '@sotto/pipeline';
import type { CorpusUtterance } from './utterance.ts';

/** One JSON object a line: `{"file": "a.wav", "transcript": "...", "speaker"?: "...", "split"?: "...", "id"?: "..."}`; paths from the manifest's folder. */
export async function readJsonlManifest(path: string): Promise<CorpusUtterance[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  return lines.flatMap((line, index) => (line.trim() === '' ? [] : [utteranceOf(line, path, index + 1)]));
}

function utteranceOf(line: string, path: string, lineNumber: number): CorpusUtterance {
  const bad = (problem: string) => new ConfigError('VOICE_ERR_INVALID_OPTION', `${path}:${lineNumber} ${problem}; expected {"file": "a.wav", "transcript": "what is said"}`);
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line) as Record<string, unknown>;
  } catch {
    throw bad('is not JSON');
  }
  const { file, transcript, speaker, split, id } = fields;
  if (typeof file !== 'string') throw bad('has no "file"');
  if (typeof transcript !== 'string') throw bad('has no "transcript"');
  return {
    id: typeof id === 'string' ? id : file,
    audioPath: resolve(dirname(path), file),
    transcript,
    // Without a speaker every recording is a block of its own.
    speaker: typeof speaker === 'string' ? speaker : file,
    split: typeof split === 'string' ? split : 'all',
  };
}
