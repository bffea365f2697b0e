import { describe, expect, test } from 'vitest';
import { applyTokenRules, type TokenRules } from './token-rules.ts';
import type { WhisperVocabulary } from './whisper-vocabulary.ts';

/** Ids 0–5 text, 6 end, 7 no-timestamps, 8… timestamps of 0, 20, 40 … ms. */
const vocabulary: WhisperVocabulary = { start: 90, end: 6, startOfPrevious: 91, noSpeech: undefined, transcribe: 92, noTimestamps: 7, firstTimestamp: 8, languages: new Map() };
const plain: TokenRules = { suppressed: [2], suppressedFirst: [0, 6], timestamps: false, maxInitialTimestamp: undefined };
const timed: TokenRules = { suppressed: [], suppressedFirst: [], timestamps: true, maxInitialTimestamp: 2 };

function allowed(rules: TokenRules, chosen: readonly number[], row = Float32Array.of(5, 5, 5, 5, 5, 5, 5, 5, 0, 0, 0, 0, 0, 0)): number[] {
  applyTokenRules(rules, vocabulary, row, chosen);
  return [...row.keys()].filter((token) => row[token] !== -Infinity);
}

test('suppressed tokens never, others not at the beginning', () => {
  expect(allowed(plain, [])).toEqual([1, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13]);
  expect(allowed(plain, [1])).toEqual([0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
});

describe('timestamps', () => {
  test('come first, and not later than the limit', () => {
    expect(allowed(timed, [])).toEqual([8, 9, 10]);
    expect(allowed({ ...timed, maxInitialTimestamp: undefined }, [])).toEqual([8, 9, 10, 11, 12, 13]);
  });
  test('after the first, text follows', () => {
    expect(allowed(timed, [8])).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });
  test('one that ends a segment is followed by its like, not earlier, or by the end', () => {
    expect(allowed(timed, [8, 1, 11])).toEqual([6, 11, 12, 13]);
  });
  test('after a pair, text follows', () => {
    expect(allowed(timed, [8, 1, 11, 11])).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });
  test('time does not run backwards', () => {
    expect(allowed(timed, [8, 1, 11, 11, 2])).toEqual([0, 1, 2, 3, 4, 5, 6, 12, 13]);
  });
  test('are forced where all of them together outweigh the best text', () => {
    expect(allowed(timed, [8, 1], Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9))).toEqual([9, 10, 11, 12, 13]);
    expect(allowed(timed, [8, 1], Float32Array.of(4, 0, 0, 0, 0, 0, 0, 0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9))).toContain(0);
  });
});

test('a run may not come twice when that is asked', () => {
  expect(allowed({ ...plain, suppressed: [], uniqueRunLength: 3 }, [1, 3, 4, 5, 1, 3])).not.toContain(4);
  expect(allowed({ ...plain, suppressed: [], uniqueRunLength: 3 }, [1, 3, 4, 5, 3, 1])).toContain(4);
  expect(allowed({ ...plain, suppressed: [], uniqueRunLength: 3 }, [1])).toContain(4);
});
