import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the microphone hears, one after the other: 16-bit mono WAV files, and silences in between. */
export type MicrophonePart = { readonly file: string } | { readonly silenceMs: number };

/**
 * Writes the WAV that Chromium's fake microphone plays. It plays it over and
 * over, so the last part should be a long silence.
 */
export function writeMicrophoneFile(parts: readonly MicrophonePart[]): string {
  const recordings = parts.map((part) => ('file' in part ? readPcm16(part.file) : undefined));
  const sampleRate = recordings.find((recording) => recording !== undefined)?.sampleRate ?? 16_000;
  const samples = parts.map((part, index) => {
    if ('silenceMs' in part) return new Int16Array(Math.round((part.silenceMs * sampleRate) / 1000));
    const recording = recordings[index]!;
    if (recording.sampleRate !== sampleRate) throw new Error(`${part.file} has ${recording.sampleRate} Hz, the others ${sampleRate}`);
    return recording.samples;
  });
  const path = join(mkdtempSync(join(tmpdir(), 'sotto-microphone-')), 'microphone.wav');
  writeFileSync(path, encodeWav(samples, sampleRate));
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

function readPcm16(file: string): { readonly samples: Int16Array; readonly sampleRate: number } {
  const bytes = readFileSync(file);
  const data = bytes.indexOf('data', 12, 'latin1');
  const channelCount = bytes.readUInt16LE(22);
  const depth = bytes.readUInt16LE(34);
  if (data === -1 || channelCount !== 1 || depth !== 16) throw new Error(`${file} has ${channelCount} channels of ${depth} bits; expected one of 16`);
  const byteCount = bytes.readUInt32LE(data + 4);
  return { samples: new Int16Array(bytes.subarray(data + 8, data + 8 + byteCount).slice().buffer), sampleRate: bytes.readUInt32LE(24) };
}
