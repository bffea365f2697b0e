import { expect, it } from 'vitest';
import { AMERICAN_SPELLINGS, americanSpelling } from './british-spelling.ts';
import { SPELLING_FAMILIES, SPELLING_PAIRS } from './british-words.ts';

it('writes British spellings as American ones and leaves other words alone', () => {
  expect(['colour', 'colours', 'realising', 'theatre', 'travelled', 'haemoglobin', 'manoeuvred', 'storeys', 'ploughing', 'analyses'].map(americanSpelling)).toEqual([
    'color', 'colors', 'realizing', 'theater', 'traveled', 'hemoglobin', 'maneuvered', 'stories', 'plowing', 'analyzes',
  ]);
  for (const word of ['color', 'advertise', 'four', 'hour', 'our', 'acre', 'small', 'rise', 'exercise', 'hello', '']) expect(americanSpelling(word)).toBe(word);
});

it('maps no American spelling on, so that it can be applied twice', () => {
  expect([...AMERICAN_SPELLINGS].filter(([british, american]) => british === american || AMERICAN_SPELLINGS.has(american))).toEqual([]);
});

it('understands every line of its lists', () => {
  for (const family of SPELLING_FAMILIES) expect(family).toMatch(/^[a-z]+:[a-z]+\((?:[a-z]+|_)(?: [a-z]+| _)*\)\s+(?:[a-z]+|_)(?:\s+[a-z]+)*$/);
  for (const pair of SPELLING_PAIRS) expect(pair).toMatch(/^[a-z]+ [a-z]+$/);
  expect(AMERICAN_SPELLINGS.size).toBeGreaterThan(3000);
});
