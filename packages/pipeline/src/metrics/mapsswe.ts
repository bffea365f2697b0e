import { assert } from '../assert.ts';
import type { AlignmentStep } from './alignment.ts';

/** Words both recognisers must have right in a row to end a segment, as in NIST's `sc_stats`. */
const GOOD_WORD_COUNT_MIN = 2;

export type MapssweResult = {
  /** Segments in which at least one of the recognisers errs. */
  readonly segmentCount: number;
  /** Mean of errors of A minus errors of B in a segment; negative means that A is better. */
  readonly meanDifference: number;
  /** `meanDifference` in standard errors; undefined with fewer than two segments or no spread. */
  readonly z: number | undefined;
  /** Two-sided, from the normal distribution, which takes some 50 segments to be trusted. 1 where neither errs or both err alike. */
  readonly pValue: number | undefined;
};

/** The alignments of two recognisers to the same reference utterance. */
export type PairedAlignment = { readonly a: readonly AlignmentStep[]; readonly b: readonly AlignmentStep[] };

/**
 * Matched Pairs Sentence-Segment Word Error test (Gillick and Cox 1989; NIST SCTK): utterances are cut
 * wherever both recognisers have two words in a row right, so that the errors of the segments between are nearly
 * independent, and the mean difference of errors per segment is tested against zero.
 */
export function mapsswe(utterances: Iterable<PairedAlignment>): MapssweResult {
  const differences: number[] = [];
  for (const { a, b } of utterances) differences.push(...segmentDifferences(errorsByPlace(a), errorsByPlace(b)));
  const segmentCount = differences.length;
  const meanDifference = segmentCount === 0 ? 0 : differences.reduce((sum, difference) => sum + difference, 0) / segmentCount;
  const squares = differences.reduce((sum, difference) => sum + (difference - meanDifference) ** 2, 0);
  if (differences.every((difference) => difference === 0)) return { segmentCount, meanDifference, z: undefined, pValue: 1 };
  if (segmentCount < 2 || squares === 0) return { segmentCount, meanDifference, z: undefined, pValue: undefined };
  const z = meanDifference / Math.sqrt(squares / (segmentCount - 1) / segmentCount);
  return { segmentCount, meanDifference, z, pValue: 2 * upperTail(Math.abs(z)) };
}

/** Errors at the even places between words (insertions) and at the odd places of the reference's words. */
function errorsByPlace(alignment: readonly AlignmentStep[]): number[] {
  const errors = [0];
  for (const { type } of alignment) {
    if (type === 'insertion') errors[errors.length - 1]!++;
    else errors.push(type === 'hit' ? 0 : 1, 0);
  }
  return errors;
}

function segmentDifferences(a: readonly number[], b: readonly number[]): number[] {
  assert(a.length === b.length, 'both recognisers are aligned to the same reference');
  const differences: number[] = [];
  let difference: number | undefined;
  let goodWordCount = 0;
  for (let place = 0; place < a.length; place++) {
    if (a[place]! + b[place]! > 0) {
      difference = (difference ?? 0) + a[place]! - b[place]!;
      goodWordCount = 0;
    } else if (place % 2 === 1 && ++goodWordCount === GOOD_WORD_COUNT_MIN && difference !== undefined) {
      differences.push(difference);
      difference = undefined;
    }
  }
  if (difference !== undefined) differences.push(difference);
  return differences;
}

/** Probability that a standard normal variable exceeds `z` ≥ 0, to 7 digits (Abramowitz and Stegun 1964, 26.2.17). */
function upperTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const polynomial = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
}
