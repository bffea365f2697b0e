import type { TimedWord } from '../audio/timed-word.ts';
import type { WordSpan } from './word-spans.ts';

/** Relative length of symbols that are no sound of their own, for {@link estimateDurations}; a sound has 1. */
const STRESS_AND_LENGTH = /[ˈˌ]/;
const PAUSES = /[.,;:!?…—]/;

/**
 * Times of words from the duration of every symbol.
 * @param spans phonemes of each word.
 * @param symbols the phoneme string's index of each token, in order.
 * @param durationsMs of the leading pad, each token, and the trailing pad.
 */
export function timeWords(spans: readonly WordSpan[], symbols: readonly number[], durationsMs: readonly number[]): TimedWord[] {
  const startsMs = [0];
  for (const duration of durationsMs) startsMs.push(startsMs.at(-1)! + duration);
  /** When the first token at or after a place in the phonemes begins. */
  const timeAt = (place: number) => {
    const token = symbols.findIndex((index) => index >= place);
    return startsMs[(token === -1 ? symbols.length : token) + 1]!;
  };
  return spans.map(({ text, start, end }) => ({ text, startMs: timeAt(start), endMs: Math.max(timeAt(start), timeAt(end)) }));
}

/** Durations for a model that gives none: the audible part of the sound is shared out among the symbols. */
export function estimateDurations(tokens: readonly string[], samples: Float32Array, sampleRate: number): number[] {
  const [first, end] = audiblePart(samples);
  const weights = tokens.map((symbol): number => (STRESS_AND_LENGTH.test(symbol) ? 0 : PAUSES.test(symbol) ? 2 : symbol === ' ' ? 0.3 : 1));
  const lastSound = weights.findLastIndex((_, i) => !PAUSES.test(tokens[i]!));
  // A full stop at the very end is heard as the silence after the audible part.
  const shared = weights.map((weight, i) => (i > lastSound ? 0 : weight));
  const total = shared.reduce((sum, weight) => sum + weight, 0) || 1;
  const toMs = (sampleCount: number) => (sampleCount * 1000) / sampleRate;
  return [toMs(first), ...shared.map((weight) => (toMs(end - first) * weight) / total), toMs(samples.length - end)];
}

/** From the first to after the last sample within 40 dB of the peak. */
function audiblePart(samples: Float32Array): readonly [number, number] {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  const audible = (sample: number) => Math.abs(sample) >= peak * 0.01;
  const first = samples.findIndex(audible);
  return first === -1 ? [0, samples.length] : [first, samples.findLastIndex(audible) + 1];
}
