import { spawn } from 'node:child_process';
import { decodePcm16, DeviceError } from '@sotto/pipeline';
import type { SoundProgram } from './sound-programs.ts';

/** How much of a recorder's complaints is quoted. */
const MAX_COMPLAINT_LENGTH = 300;

/**
 * Sound of the microphone as it comes, float32 in [-1, 1], until the signal aborts.
 * @throws {DeviceError} VOICE_ERR_MICROPHONE_MISSING when the recorder never gave any sound,
 * VOICE_ERR_MICROPHONE_LOST when it ended in the middle.
 */
export async function* recordMicrophone({ command, args }: SoundProgram, signal: AbortSignal, env: Readonly<Record<string, string | undefined>>): AsyncGenerator<Float32Array> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { complaint = (complaint + text).slice(0, MAX_COMPLAINT_LENGTH); });
  const exited = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', (error) => {
      complaint = error.message;
      resolve();
    });
  });
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  let heardAnything = false;
  let odd = new Uint8Array(0);
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      const bytes = new Uint8Array(odd.length + chunk.length);
      bytes.set(odd);
      bytes.set(chunk, odd.length);
      odd = bytes.slice(bytes.length - (bytes.length % 2));
      if (bytes.length < 2) continue;
      heardAnything = true;
      yield decodePcm16(bytes.subarray(0, bytes.length - odd.length));
    }
    await exited;
    if (signal.aborted) return;
    const why = complaint.trim().split('\n')[0] ?? '';
    throw heardAnything
      ? new DeviceError('VOICE_ERR_MICROPHONE_LOST', `The microphone went away: ${command} ended${why ? ` (${why})` : ''}; plug it in and start anew`, { stage: 'capture' })
      : new DeviceError('VOICE_ERR_MICROPHONE_MISSING', `The microphone gives no sound: ${command} ended${why ? ` (${why})` : ''}; plug one in or allow it`, { stage: 'capture' });
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
    await exited;
  }
}
