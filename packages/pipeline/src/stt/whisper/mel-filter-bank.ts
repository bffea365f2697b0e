/** One triangular filter: `weights[i]` applies to frequency bin `firstBin + i`. */
export type MelFilter = { readonly firstBin: number; readonly weights: Float64Array };

/** Slaney's mel scale is linear to 1 kHz and logarithmic above, 27 steps to a factor of 6.4 (Auditory Toolbox; librosa `htk=False`). */
const LINEAR_HZ_PER_MEL = 200 / 3;
const BREAK_HZ = 1000;
const BREAK_MEL = BREAK_HZ / LINEAR_HZ_PER_MEL;
const LOG_STEP = Math.log(6.4) / 27;

function melToHz(mel: number): number {
  return mel < BREAK_MEL ? mel * LINEAR_HZ_PER_MEL : BREAK_HZ * Math.exp(LOG_STEP * (mel - BREAK_MEL));
}

function hzToMel(hz: number): number {
  return hz < BREAK_HZ ? hz / LINEAR_HZ_PER_MEL : BREAK_MEL + Math.log(hz / BREAK_HZ) / LOG_STEP;
}

/** Triangular filters with centres even in mel from 0 Hz to half the rate, each of area 1 (Slaney's normalisation). */
export function melFilterBank(filterCount: number, binCount: number, sampleRate: number): MelFilter[] {
  const topMel = hzToMel(sampleRate / 2);
  const edgesHz = Array.from({ length: filterCount + 2 }, (_, i) => melToHz((topMel * i) / (filterCount + 1)));
  return Array.from({ length: filterCount }, (_, i) => {
    const [lower, centre, upper] = [edgesHz[i]!, edgesHz[i + 1]!, edgesHz[i + 2]!];
    const weights = Array.from({ length: binCount }, (_, bin) => {
      const hz = (bin * sampleRate) / 2 / (binCount - 1);
      return (Math.max(0, Math.min((hz - lower) / (centre - lower), (upper - hz) / (upper - centre))) * 2) / (upper - lower);
    });
    return trimmed(weights);
  });
}

/** Drops the zeros around a filter. */
export function trimmed(weights: readonly number[]): MelFilter {
  const firstBin = Math.max(0, weights.findIndex((weight) => weight !== 0));
  const end = weights.findLastIndex((weight) => weight !== 0) + 1;
  return { firstBin, weights: Float64Array.from(weights.slice(firstBin, Math.max(end, firstBin))) };
}
