import { describe, expect, it } from 'vitest';
import { commonestConfusions, errorRate, NO_ERRORS, scoreUtterance, sumErrors } from './word-error-rate.ts';

describe('scoreUtterance', () => {
  it('counts words and characters', () => {
    const score = scoreUtterance('the cat sat on the mat', 'the hat sat the mat now', 'none');
    expect(score.words).toEqual({ hits: 4, substitutions: 1, deletions: 1, insertions: 1, referenceCount: 6 });
    expect(errorRate(score.words)).toBe(0.5);
    expect(score.characters).toEqual({ hits: 18, substitutions: 1, deletions: 3, insertions: 4, referenceCount: 22 });
  });

  it('scores under the profile it names', () => {
    const [reference, hypothesis] = ["Mr. Smith, it's £5!", 'mister smith it is five pounds'];
    expect(scoreUtterance(reference, hypothesis, 'whisper-2022')).toMatchObject({ profile: 'whisper-2022', words: { hits: 5, substitutions: 0, deletions: 0, insertions: 0 } });
    expect(errorRate(scoreUtterance(reference, hypothesis, 'basic').words)).toBeGreaterThan(0.5);
    expect(errorRate(scoreUtterance(reference, hypothesis, 'none').words)).toBeGreaterThan(1);
  });

  it('counts characters by code point and spaces as characters', () => {
    expect(scoreUtterance('😀a', '😁a', 'none').characters).toMatchObject({ hits: 1, substitutions: 1, referenceCount: 2 });
    expect(scoreUtterance('white paper', 'whitepaper', 'none').characters).toMatchObject({ deletions: 1, referenceCount: 11 });
  });
});

describe('errorRate', () => {
  it('weighs every word of a corpus the same', () => {
    const parts = [scoreUtterance('a', 'b', 'none').words, scoreUtterance('a b c d e f g h i', 'a b c d e f g h i', 'none').words];
    expect(errorRate(sumErrors(parts))).toBe(0.1);
    expect(sumErrors([])).toEqual(NO_ERRORS);
  });

  it('has no rate for words out of nothing, may exceed 1, and is 0 for silence understood as silence', () => {
    expect(errorRate(scoreUtterance('', 'hello', 'none').words)).toBeUndefined();
    expect(errorRate(scoreUtterance('', '', 'none').words)).toBe(0);
    expect(errorRate(scoreUtterance('a', 'b c d', 'none').words)).toBe(3);
  });
});

it('lists the commonest confusions first', () => {
  const alignments = [['the cat', 'a cat'], ['the dog', 'a dog'], ['very good', 'good'], ['good', 'so good'], ['the', 'uh']].map(([reference, hypothesis]) => scoreUtterance(reference!, hypothesis!, 'none').alignment);
  const all = commonestConfusions(alignments, 10);
  expect(all[0]).toEqual({ reference: 'the', hypothesis: 'a', count: 2 });
  expect(all).toContainEqual({ reference: 'very', hypothesis: undefined, count: 1 });
  expect(all).toContainEqual({ reference: undefined, hypothesis: 'so', count: 1 });
  expect(all).toHaveLength(4);
  expect(commonestConfusions(alignments, 1)).toHaveLength(1);
});
