import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { AudioFormatError, assertFiniteSamples, downmix, peakAmplitude, VoiceError } from '@sotto/pipeline';
import type { DecodedAudio } from './decoded-audio.ts';
import { decodeFlac } from './flac-decoder.ts';
import { decodeWav } from './wav-decoder.ts';

export type AudioFile = {
  /** Mono float32 in [-1, 1] at the file's own rate. */
  readonly samples: Float32Array;
  /** Hz. */
  readonly sampleRate: number;
  readonly durationMs: number;
};

/** A day of CD-quality stereo would be 15 GB; what is longer than this belongs in pieces. */
const MAX_FILE_BYTES = 1 << 30;

/**
 * Reads a WAV or FLAC file whole, mixed to mono. The kind is told by content, never by name.
 * @throws {AudioFormatError} VOICE_ERR_AUDIO_FORMAT | AUDIO_TRUNCATED | AUDIO_EMPTY | SAMPLE_RATE | NON_FINITE_SAMPLE.
 * @throws {VoiceError} VOICE_ERR_DISK when the file cannot be read.
 */
export async function readAudioFile(path: string): Promise<AudioFile> {
  const name = basename(path);
  const bytes = await readWhole(path);
  const decoded = await decodeAudio(bytes, name);
  const samples = withinFullScale(downmix(decoded.channels));
  return { samples, sampleRate: decoded.sampleRate, durationMs: (samples.length * 1000) / decoded.sampleRate };
}

/** Decodes the bytes of a WAV or FLAC file; `name` is used in error messages only. */
export async function decodeAudio(bytes: Uint8Array, name: string): Promise<DecodedAudio> {
  if (bytes.length === 0) throw new AudioFormatError('VOICE_ERR_AUDIO_EMPTY', `${name} is an empty file`);
  const decoded = await decoderFor(bytes, name)(bytes, name);
  for (const channel of decoded.channels) assertFiniteSamples(channel);
  return decoded;
}

function decoderFor(bytes: Uint8Array, name: string): (bytes: Uint8Array, name: string) => DecodedAudio | Promise<DecodedAudio> {
  const kind = sniff(bytes);
  if (kind === 'wav') return decodeWav;
  if (kind === 'flac') return decodeFlac;
  const what = kind === undefined ? 'neither WAV nor FLAC' : `${kind}, expected WAV or FLAC`;
  throw new AudioFormatError('VOICE_ERR_AUDIO_FORMAT', `${name} is ${what}; convert it, for example with: ffmpeg -i ${name} out.wav`);
}

function sniff(bytes: Uint8Array): 'wav' | 'flac' | 'MP3' | 'Ogg' | 'MP4' | 'WebM' | undefined {
  const text = String.fromCharCode(...bytes.subarray(0, 12));
  if (/^(RIFF|RIFX|RF64)/.test(text)) return 'wav';
  if (text.startsWith('fLaC')) return 'flac';
  if (text.startsWith('ID3') || (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe0) === 0xe0)) return 'MP3';
  if (text.startsWith('OggS')) return 'Ogg';
  if (text.slice(4, 8) === 'ftyp') return 'MP4';
  if (text.startsWith('\x1a\x45\xdf\xa3')) return 'WebM';
  return undefined;
}

async function readWhole(path: string): Promise<Uint8Array> {
  try {
    const { size, isDirectory } = await stat(path).then((s) => ({ size: s.size, isDirectory: s.isDirectory() }));
    if (isDirectory) throw new VoiceError('VOICE_ERR_DISK', `${path} is a folder, expected an audio file`);
    if (size > MAX_FILE_BYTES) throw new AudioFormatError('VOICE_ERR_AUDIO_FORMAT', `${path} has ${size} bytes, more than the ${MAX_FILE_BYTES} that are read at once; cut it into pieces`);
    return await readFile(path);
  } catch (cause) {
    if (VoiceError.isInstance(cause)) throw cause;
    throw new VoiceError('VOICE_ERR_DISK', `${path} could not be read: ${(cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (cause as Error).message}`, { cause });
  }
}

/** Float files may hold any level; one that leaves [-1, 1] is scaled down as a whole. */
function withinFullScale(samples: Float32Array): Float32Array {
  const peak = peakAmplitude(samples);
  return peak > 1 ? samples.map((sample) => sample / peak) : samples;
}
