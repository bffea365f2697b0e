import { AudioFormatError } from '../errors.ts';

/**
 * A block of mono PCM.
 *
 * `samples` are float32 in [-1, 1]; whoever receives a frame may read it for as
 * long as it likes and must not write to it. `startMs` is the position of the
 * first sample on the clock of its stream (0 = the stream's first sample).
 */
export type AudioFrame = {
  readonly samples: Float32Array;
  /** Hz. */
  readonly sampleRate: number;
  readonly startMs: number;
};

/** Rates that the resampler and the wire formats know, in Hz. */
export const SAMPLE_RATES = [8000, 16000, 22050, 24000, 44100, 48000] as const;
export type SampleRate = (typeof SAMPLE_RATES)[number];

/** Rate at which Silero, Moonshine and Whisper listen, in Hz. */
export const LISTENING_SAMPLE_RATE = 16000;
/** Rate at which Kokoro speaks, in Hz. */
export const SPEAKING_SAMPLE_RATE = 24000;

/** Length of a frame in milliseconds. */
export function frameDurationMs(frame: AudioFrame): number {
  return (frame.samples.length * 1000) / frame.sampleRate;
}

/**
 * Rejects NaN and infinities, which would otherwise poison recurrent engine state for the rest of a session.
 * @throws {AudioFormatError} VOICE_ERR_NON_FINITE_SAMPLE naming the first offending index.
 */
export function assertFiniteSamples(samples: Float32Array): void {
  for (let i = 0; i < samples.length; i++) {
    if (!Number.isFinite(samples[i])) {
      throw new AudioFormatError('VOICE_ERR_NON_FINITE_SAMPLE', `Sample ${i} of ${samples.length} is ${samples[i]}; expected finite values in [-1, 1]`);
    }
  }
}
