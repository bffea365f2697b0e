import type { ErrorCode } from '@sotto/pipeline';

/** What the process ends with, so that scripts can tell failures apart. */
export const EXIT_CODES = {
  ok: 0,
  failure: 1,
  usage: 2,
  audio: 3,
  model: 4,
  download: 5,
  device: 6,
  /** 128 + SIGINT, as shells count. */
  interrupted: 130,
} as const;

export const EXIT_CODE_HELP = `Exit codes:
  0  done
  1  failed for another reason, see the message
  2  the command line was wrong
  3  the audio was wrong: empty, truncated, of an unknown format, without speech
  4  a model is missing, damaged or not loadable
  5  a download failed; what arrived is kept and resumed
  6  no microphone or loudspeaker could be used
  130  interrupted`;

export function exitCodeFor(code: ErrorCode): number {
  if (code === 'VOICE_ERR_INVALID_OPTION') return EXIT_CODES.usage;
  if (code.startsWith('VOICE_ERR_AUDIO_') || ['VOICE_ERR_SAMPLE_RATE', 'VOICE_ERR_FRAME_LENGTH', 'VOICE_ERR_NON_FINITE_SAMPLE'].includes(code)) return EXIT_CODES.audio;
  if (code.startsWith('VOICE_ERR_MODEL_')) return EXIT_CODES.model;
  if (code === 'VOICE_ERR_DOWNLOAD') return EXIT_CODES.download;
  if (code.startsWith('VOICE_ERR_MICROPHONE_')) return EXIT_CODES.device;
  return EXIT_CODES.failure;
}
