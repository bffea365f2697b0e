import { align, type AlignmentStep } from './alignment.ts';
import { normalizeText, type TextNormalizerProfile } from './text-normalizer/text-normalizer.ts';
import { splitWords } from './text-normalizer/python-text.ts';

/** Errors of recognition, in words or in characters. `referenceCount` = hits + substitutions + deletions. */
export type ErrorCounts = {
  readonly hits: number;
  readonly substitutions: number;
  readonly deletions: number;
  readonly insertions: number;
  readonly referenceCount: number;
};

export const NO_ERRORS: ErrorCounts = { hits: 0, substitutions: 0, deletions: 0, insertions: 0, referenceCount: 0 };

/** One utterance, normalised and aligned. */
export type ScoredUtterance = {
  readonly profile: TextNormalizerProfile;
  readonly words: ErrorCounts;
  readonly characters: ErrorCounts;
  /** Word by word. */
  readonly alignment: readonly AlignmentStep[];
};

/**
 * Scores a transcript against what was said. Characters are code points, single spaces between words included.
 * Whether an utterance without reference words belongs into a corpus is the caller's decision; it is customary to leave it out.
 */
export function scoreUtterance(reference: string, hypothesis: string, profile: TextNormalizerProfile): ScoredUtterance {
  const referenceWords = splitWords(normalizeText(reference, profile));
  const hypothesisWords = splitWords(normalizeText(hypothesis, profile));
  const alignment = align(referenceWords, hypothesisWords);
  const characters = align(Array.from(referenceWords.join(' ')), Array.from(hypothesisWords.join(' ')));
  return { profile, words: countErrors(alignment), characters: countErrors(characters), alignment };
}

export function countErrors(alignment: readonly AlignmentStep[]): ErrorCounts {
  const counts = { hit: 0, substitution: 0, deletion: 0, insertion: 0 };
  for (const { type } of alignment) counts[type]++;
  return {
    hits: counts.hit,
    substitutions: counts.substitution,
    deletions: counts.deletion,
    insertions: counts.insertion,
    referenceCount: counts.hit + counts.substitution + counts.deletion,
  };
}

/** The counts of a corpus: every word of it weighs the same, so long utterances count for more than short ones. */
export function sumErrors(counts: Iterable<ErrorCounts>): ErrorCounts {
  const sum = { ...NO_ERRORS };
  for (const part of counts) {
    for (const key of Object.keys(sum) as (keyof ErrorCounts)[]) sum[key] += part[key];
  }
  return sum;
}

/** Substitutions, deletions and insertions together. */
export function errorCount({ substitutions, deletions, insertions }: ErrorCounts): number {
  return substitutions + deletions + insertions;
}

/**
 * Errors for each reference token: the word (or character) error rate; 0.05 is 5 %. May exceed 1. With an empty
 * reference it is 0 if nothing was inserted, and undefined otherwise, since no rate can express it.
 */
export function errorRate(counts: ErrorCounts): number | undefined {
  if (counts.referenceCount > 0) return errorCount(counts) / counts.referenceCount;
  return counts.insertions === 0 ? 0 : undefined;
}

/** A confusion and how often it happened. Deletions have no `hypothesis`, insertions no `reference`. */
export type Confusion = { readonly reference: string | undefined; readonly hypothesis: string | undefined; readonly count: number };

/** The commonest errors, most frequent first, then in alphabetical order. */
export function commonestConfusions(alignments: Iterable<readonly AlignmentStep[]>, maxCount: number): Confusion[] {
  const counts = new Map<string, Confusion>();
  for (const alignment of alignments) {
    for (const step of alignment) {
      if (step.type === 'hit') continue;
      const reference = step.type === 'insertion' ? undefined : step.reference;
      const hypothesis = step.type === 'deletion' ? undefined : step.hypothesis;
      const key = JSON.stringify([reference ?? null, hypothesis ?? null]);
      counts.set(key, { reference, hypothesis, count: (counts.get(key)?.count ?? 0) + 1 });
    }
  }
  const byCountThenKey = ([keyA, a]: [string, Confusion], [keyB, b]: [string, Confusion]) => b.count - a.count || (keyA < keyB ? -1 : 1);
  return [...counts].sort(byCountThenKey).slice(0, maxCount).map(([, confusion]) => confusion);
}
