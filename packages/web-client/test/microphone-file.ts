import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { floatToInt16, resample } from '@sotto/pipeline';
import { readAudioFile } from '../../server/src/audio-files/read-audio-file.ts';

/** What the microphone hears, one after the other: WAV or FLAC files, and silences in between. */
export type MicrophonePart = { readonly file: string } | { readonly silenceMs: number };

const MICROPHONE_RATE = 48_000;

/**
 * Writes the WAV that Chromium's fake microphone plays. It plays it over and
 * over, so the last part should be a long silence.
 */
export async function writeMicrophoneFile(parts: readonly MicrophonePart[]): Promise<string> {
  const samples: Int16Array[] = [];
  for (const part of parts) {
    if ('silenceMs' in part) samples.push(new Int16Array(Math.round((part.silenceMs * MICROPHONE_RATE) / 1000)));
    else {
      const recording = await readAudioFile(part.file);
      samples.push(floatToInt16(resample(recording.samples, recording.sampleRate, MICROPHONE_RATE)));
    }
  }
  const path = join(mkdtempSync(join(tmpdir(), 'sotto-microphone-')), 'microphone.wav');
  writeFileSync(path, encodeWav(samples, MICROPHONE_RATE));
  return path;
}

/** A WAV file of mono PCM16. */
export function encodeWav(parts: readonly Int16Array[], sampleRate: number): Buffer {
  const byteCount = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + byteCount, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(byteCount, 40);
  return Buffer.concat([header, ...parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength))]);
}
