import type { TimedWord } from '../audio/timed-word.ts';

/**
 * The words of a reply that had been heard after `heardMs` of it was played.
 * A word counts once half of it has sounded: listeners recognise words about
 * half-way through (Marslen-Wilson & Tyler 1980, the cohort model).
 */
export function heardWords(words: readonly TimedWord[], heardMs: number): readonly TimedWord[] {
  return words.filter((word) => (word.startMs + word.endMs) / 2 <= heardMs);
}

/** {@link heardWords} as text. */
export function heardText(words: readonly TimedWord[], heardMs: number): string {
  return heardWords(words, heardMs)
    .map((word) => word.text)
    .join(' ');
}
