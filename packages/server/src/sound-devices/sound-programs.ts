import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { DeviceError } from '@sotto/pipeline';

/** A program and its arguments, never passed through a shell. */
export type SoundProgram = { readonly command: string; readonly args: readonly string[] };

type Env = Readonly<Record<string, string | undefined>>;

/** What ffmpeg calls the default microphone on each system. */
const FFMPEG_INPUT: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ['-f', 'alsa', '-i', 'default'],
  darwin: ['-f', 'avfoundation', '-i', ':default'],
};
const FFMPEG_OUTPUT: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = { linux: ['-f', 'alsa', 'default'], darwin: ['-f', 'audiotoolbox', '-'] };

/**
 * The program that writes the microphone's sound to its output as raw 16-bit little-endian mono.
 * @throws {DeviceError} VOICE_ERR_MICROPHONE_MISSING when this machine has none of arecord, sox and ffmpeg.
 */
export function recorder(sampleRate: number, env: Env): SoundProgram {
  const rate = String(sampleRate);
  // A short buffer, because what waits in it comes late to the ear.
  if (isOnPath('arecord', env)) return { command: 'arecord', args: ['-q', '-t', 'raw', '-f', 'S16_LE', '-c', '1', '-r', rate, '--buffer-time=100000', '-'] };
  if (isOnPath('rec', env)) return { command: 'rec', args: ['-q', '--buffer', '1024', '-t', 'raw', '-e', 'signed-integer', '-b', '16', '-c', '1', '-r', rate, '-'] };
  const input = FFMPEG_INPUT[process.platform];
  if (input && isOnPath('ffmpeg', env)) return { command: 'ffmpeg', args: ['-loglevel', 'error', '-fflags', 'nobuffer', ...input, '-ac', '1', '-ar', rate, '-f', 's16le', '-'] };
  throw missing('record from the microphone');
}

/**
 * The program that plays raw 16-bit little-endian mono from its input.
 * @throws {DeviceError} VOICE_ERR_MICROPHONE_MISSING when this machine has none of aplay, sox and ffmpeg.
 */
export function player(sampleRate: number, env: Env): SoundProgram {
  const rate = String(sampleRate);
  if (isOnPath('aplay', env)) return { command: 'aplay', args: ['-q', '-t', 'raw', '-f', 'S16_LE', '-c', '1', '-r', rate, '--buffer-time=100000', '-'] };
  if (isOnPath('play', env)) return { command: 'play', args: ['-q', '--buffer', '1024', '-t', 'raw', '-e', 'signed-integer', '-b', '16', '-c', '1', '-r', rate, '-'] };
  const output = FFMPEG_OUTPUT[process.platform];
  if (output && isOnPath('ffmpeg', env)) return { command: 'ffmpeg', args: ['-loglevel', 'error', '-f', 's16le', '-ac', '1', '-ar', rate, '-i', '-', ...output] };
  throw missing('play through the loudspeaker');
}

function missing(what: string): DeviceError {
  return new DeviceError('VOICE_ERR_MICROPHONE_MISSING', `No program to ${what} was found; install one of alsa-utils, sox and ffmpeg`, { stage: 'capture' });
}

function isOnPath(name: string, env: Env): boolean {
  return (env['PATH'] ?? '').split(delimiter).some((dir) => {
    try {
      accessSync(join(dir, name), constants.X_OK);
      return dir !== '';
    } catch {
      return false;
    }
  });
}
