import { AudioFormatError } from '../errors.ts';
import { SAMPLE_RATES } from './audio-frame.ts';
import { TAP_COUNT_MULTIPLE } from './convolution-module.ts';

/**
 * Attenuation of the Kaiser design. Ten decibels above the promised 70 dB pay
 * for truncating the filter to whole taps.
 */
const STOP_BAND_DB = 80;
/** The pass band ends at this fraction of the lower rate's Nyquist frequency; the stop band begins at that frequency itself, so nothing folds back. */
export const DEFAULT_PASS_BAND_EDGE = 0.9;
/** Largest filter that will be built: 32 MiB. Every pair of customary rates needs less than a hundredth of it. */
const COEFFICIENT_COUNT_MAX = 2 ** 23;

/** A windowed-sinc low-pass, split into the phases at which one pair of rates samples it. */
export type PolyphaseFilter = {
  /** `to / from` in lowest terms is `up / down`; there are `up` phases. */
  readonly up: number;
  readonly down: number;
  /** Input samples that one output sample looks ahead. */
  readonly lookaheadSampleCount: number;
  /** Coefficients in a phase, a multiple of {@link TAP_COUNT_MULTIPLE}. */
  readonly tapCount: number;
  /** `up * tapCount` values, phase after phase. */
  readonly coefficients: Float32Array;
};

const sharedFilters = new Map<string, PolyphaseFilter>();

/**
 * The filter from one rate (Hz) to another, in exact rational phase (44.1 → 16 kHz is 160/441). `passBandEdge` is a
 * fraction of the lower rate's Nyquist frequency, below 1; the wider the band from there to 1, the less there is to
 * compute. Filters between {@link SAMPLE_RATES} are built once and shared.
 * @throws {AudioFormatError} VOICE_ERR_SAMPLE_RATE when a rate is no positive integer, or the pair has so small a common divisor that the filter would exceed 32 MiB.
 */
export function polyphaseFilter(fromRate: number, toRate: number, passBandEdge = DEFAULT_PASS_BAND_EDGE): PolyphaseFilter {
  const key = `${fromRate}>${toRate} ${passBandEdge}`;
  const shared = sharedFilters.get(key);
  if (shared) return shared;
  const filter = designFilter(fromRate, toRate, passBandEdge);
  if (isListed(fromRate) && isListed(toRate)) sharedFilters.set(key, filter);
  return filter;
}

function isListed(rate: number): boolean {
  return (SAMPLE_RATES as readonly number[]).includes(rate);
}

/** @throws {AudioFormatError} VOICE_ERR_SAMPLE_RATE unless `rate` is a positive integer. */
export function assertSampleRate(rate: number): void {
  if (!Number.isSafeInteger(rate) || rate <= 0) {
    throw new AudioFormatError('VOICE_ERR_SAMPLE_RATE', `Sample rate is ${rate}; expected a positive whole number of Hz`);
  }
}

function designFilter(fromRate: number, toRate: number, passBandEdge: number): PolyphaseFilter {
  assertSampleRate(fromRate);
  assertSampleRate(toRate);
  const divisor = greatestCommonDivisor(fromRate, toRate);
  const up = toRate / divisor;
  const down = fromRate / divisor;
  const lowerRate = Math.min(fromRate, toRate);

  // Kaiser 1974: order = (A - 7.95) / (2.285 Δω), here at the lower rate.
  const halfWidth = (STOP_BAND_DB - 7.95) / (2 * 2.285 * Math.PI * (1 - passBandEdge));
  const tapCount = Math.ceil((2 * halfWidth * fromRate) / lowerRate / TAP_COUNT_MULTIPLE) * TAP_COUNT_MULTIPLE;
  const half = tapCount / 2;
  if (up * tapCount > COEFFICIENT_COUNT_MAX) {
    throw new AudioFormatError(
      'VOICE_ERR_SAMPLE_RATE',
      `Resampling ${fromRate} Hz to ${toRate} Hz needs a filter of ${up * tapCount} coefficients; at most ${COEFFICIENT_COUNT_MAX} are allowed. Convert the audio to a customary rate such as 16000 or 48000 Hz first`,
    );
  }

  const cutoff = ((lowerRate / fromRate) * (1 + passBandEdge)) / 2;
  const coefficients = new Float32Array(up * tapCount);
  for (let phase = 0; phase < up; phase++) {
    coefficients.set(phaseOf(phase / up, half, cutoff), phase * tapCount);
  }
  return { up, down, lookaheadSampleCount: half, tapCount, coefficients };
}

/** `cutoff` is a fraction of the input's Nyquist frequency. */
function phaseOf(fraction: number, half: number, cutoff: number): Float64Array {
  const taps = new Float64Array(2 * half);
  const beta = 0.1102 * (STOP_BAND_DB - 8.7);
  let sum = 0;
  for (let i = 0; i < taps.length; i++) {
    const distance = i - half + 1 - fraction;
    const x = distance / half;
    const window = Math.abs(x) >= 1 ? 0 : besselI0(beta * Math.sqrt(1 - x * x));
    const angle = Math.PI * cutoff * distance;
    taps[i] = window * (angle === 0 ? 1 : Math.sin(angle) / angle);
    sum += taps[i]!;
  }
  // Equal gain at 0 Hz in every phase: otherwise a constant would come out as a tone at the phase rate.
  return taps.map((tap) => tap / sum);
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function besselI0(x: number): number {
  const quarter = (x * x) / 4;
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-16; k++) {
    term *= quarter / (k * k);
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
