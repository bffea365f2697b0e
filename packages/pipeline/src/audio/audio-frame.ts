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
  if (areFinite(samples)) return;
  const index = samples.findIndex((sample) => !Number.isFinite(sample));
  throw new AudioFormatError('VOICE_ERR_NON_FINITE_SAMPLE', `Sample ${index} of ${samples.length} is ${samples[index]}; expected finite values in [-1, 1]`);
}

/** Every frame of every session comes by here: zero times a finite number is zero, times any other it is NaN. Four sums, or each addition would wait for the one before. */
function areFinite(samples: Float32Array): boolean {
  let a = 0, b = 0, c = 0, d = 0;
  const wholeEnd = samples.length - (samples.length % 4);
  for (let i = 0; i < wholeEnd; i += 4) {
    a += samples[i]! * 0;
    b += samples[i + 1]! * 0;
    c += samples[i + 2]! * 0;
    d += samples[i + 3]! * 0;
  }
  for (let i = wholeEnd; i < samples.length; i++) a += samples[i]! * 0;
  return a + b + c + d === 0;
}
