import { describe, expect, it } from 'vitest';
import type { Expected } from './question-set.ts';
import { declines, isRight, scoreAnswers } from './score-answers.ts';

describe('isRight', () => {
  it.each<[string, Expected, boolean]>([
    ['It opens at nine and closes at six.', { facts: ['nine', 'six'] }, true],
    ['It opens at nine.', { facts: ['nine', 'six'] }, false],
    ["I don't know, perhaps nine.", { facts: ['nine'] }, false],
    ['Sorry, I don’t know that.', 'unknown', true],
    ['It is on the second floor.', 'unknown', false],
    ['Timer set for three minutes!', { sentence: 'timer set for three minutes.' }, true],
    ['Timer set for thirty minutes.', { sentence: 'Timer set for three minutes.' }, false],
  ])('%j for %j: %s', (answer, expected, right) => {
    expect(isRight(answer, expected)).toBe(right);
  });

  it('knows other ways of not knowing, and does not take every negation for one', () => {
    expect(declines('I do not have that information.')).toBe(true);
    expect(declines('Dogs are not allowed.')).toBe(false);
  });
});

describe('scoreAnswers', () => {
  const answer = (set: string, expected: Expected, text: string, firstTokenMs?: number) => ({ question: { set, instructions: undefined, turns: ['?'], expected }, answer: text, firstTokenMs, firstClauseMs: undefined });
  const [all, known, unknown] = scoreAnswers([
    answer('known', { facts: ['nine'] }, 'At nine.', 10),
    answer('known', { facts: ['six'] }, "I don't know.", 30),
    answer('unknown', 'unknown', "I don't know.", 20),
    answer('unknown', 'unknown', 'It is blue.'),
  ]);

  it('counts right facts, honest and needless "I don\'t know", words and times', () => {
    expect(all).toMatchObject({ set: 'all questions', questionCount: 4, rightRatio: 0.5, honestRatio: 0.5, needlessUnknownRatio: 0.5, medianWordCount: 3 });
    expect(all?.firstTokenMs?.estimate).toBe(20);
    expect(all?.firstClauseMs).toBeUndefined();
  });

  it('gives sets apart, and no share where there is nothing to share', () => {
    expect(known).toMatchObject({ set: 'known', rightRatio: 0.5, honestRatio: undefined, needlessUnknownRatio: 0.5 });
    expect(unknown).toMatchObject({ set: 'unknown', rightRatio: 0.5, honestRatio: 0.5, needlessUnknownRatio: undefined });
  });
});
