import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigError } from '@sotto/pipeline';
import { readFixtureIndex } from './fixture-index.ts';
import { readJsonlManifest } from './jsonl-manifest.ts';
import { findTranscriptFiles, readLibriSpeech } from './librispeech-tree.ts';
import { readSidecarFolder } from './sidecar-folder.ts';
import type { Corpus } from './utterance.ts';

/**
 * Reads a corpus, whichever of the known layouts it has: a LibriSpeech tree, a
 * JSONL manifest, the project's fixtures, or audio files with their text beside.
 * @throws {ConfigError} VOICE_ERR_INVALID_OPTION when there is nothing to measure on.
 */
export async function openCorpus(path: string): Promise<Corpus> {
  const folder = resolve(path);
  if (!existsSync(folder)) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `There is no ${folder}; give a LibriSpeech folder, a .jsonl manifest, or a folder of audio with .txt files`);
  const corpus = await readAny(folder);
  if (corpus.utterances.length > 0) return corpus;
  throw new ConfigError('VOICE_ERR_INVALID_OPTION', `${folder} holds no audio with transcripts; expected *.flac with *.trans.txt, a .jsonl manifest, or x.wav with x.txt`);
}

async function readAny(folder: string): Promise<Corpus> {
  if (statSync(folder).isFile()) return { format: 'jsonl', folder, utterances: await readJsonlManifest(folder) };
  if (existsSync(join(folder, 'index.json'))) return { format: 'fixtures', folder, utterances: await readFixtureIndex(folder) };
  const transcriptFiles = await findTranscriptFiles(folder);
  if (transcriptFiles.length > 0) return { format: 'librispeech', folder, utterances: await readLibriSpeech(folder, transcriptFiles) };
  return { format: 'sidecar', folder, utterances: await readSidecarFolder(folder) };
}
