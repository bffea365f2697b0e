/** Level given for digital silence, so that a level is always a finite number. Below the noise of 16-bit audio (-98 dB). */
export const SILENCE_LEVEL_DB = -120;

/** Root-mean-square level in dB relative to a full-scale square wave (a full-scale sine has -3.01 dB), not below {@link SILENCE_LEVEL_DB}. */
export function rmsLevelDb(samples: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i]! * samples[i]!;
  return samples.length === 0 ? SILENCE_LEVEL_DB : amplitudeToDb(Math.sqrt(sum / samples.length));
}

/** Largest absolute value among the samples, 0 for none. */
export function peakAmplitude(samples: Float32Array): number {
  let peak = 0;
  for (let i = 0; i < samples.length; i++) peak = Math.max(peak, Math.abs(samples[i]!));
  return peak;
}

/** Peak level in dB relative to full scale, not below {@link SILENCE_LEVEL_DB}. */
export function peakLevelDb(samples: Float32Array): number {
  return amplitudeToDb(peakAmplitude(samples));
}

/** Amplitude (1 = full scale) to dB, not below {@link SILENCE_LEVEL_DB}. */
export function amplitudeToDb(amplitude: number): number {
  return amplitude > 0 ? Math.max(SILENCE_LEVEL_DB, 20 * Math.log10(amplitude)) : SILENCE_LEVEL_DB;
}

/** dB relative to full scale to amplitude. */
export function dbToAmplitude(levelDb: number): number {
  return 10 ** (levelDb / 20);
}

/** -50 dBFS: what stays below is heard as silence. */
export const AUDIBLE_AMPLITUDE = dbToAmplitude(-50);
