import { describe, expect, it } from 'vitest';
import { splitWords } from './python-text.ts';
import { AMOUNT_CASES } from './testing/amount-cases.ts';
import { SPELLED_NUMBER_CASES } from './testing/spelled-number-cases.ts';
import { SYMBOL_CASES } from './testing/symbol-cases.ts';
import { WORD_CASES } from './testing/word-cases.ts';
import { normalizeText } from './text-normalizer.ts';

const WHISPER_2022_CASES = [...WORD_CASES, ...SYMBOL_CASES, ...SPELLED_NUMBER_CASES, ...AMOUNT_CASES];

/** The cases which the published normaliser itself changes once more when it is applied to its own output. */
const NOT_IDEMPOTENT: readonly string[] = [
  '20mm',
  '_um_',
  'mr_x',
  '™',
  '№ 5',
  'oh oh seven',
  'double oh seven',
  'zero zero one',
  'zero five',
  'oh twenty one',
  '1.1.1 million',
  'double oh',
  'triple zero',
  'double zero seven',
  'one point one point one',
  'minus five',
  'negative ten',
  'plus two',
  'positive one',
  'plus plus five',
  'negative point five',
  'minus 5',
  'minus and',
  'five minus two',
  'one dollar',
  'one cent',
  '$1',
  '$1.50',
  '$ 5',
  '$five',
  '$a',
  '5 %',
  'one percent',
  '1%',
  '1.1',
  '20 1',
  '$.5',
  'a %',
  'a%',
  '..',
  '£ £',
];

/** Texts and what the published `BasicTextNormalizer` makes of them. */
const BASIC_CASES: readonly (readonly [text: string, normalized: string])[] = [
  ['HELLO, World!', 'hello world '],
  ['café', 'café'],
  ['cafe\u0301', 'café'],
  ['naïve <unk> (x)', 'naïve '],
  ['[a] b', ' b'],
  ['ﬁne', 'fine'],
  ['a\u0302b', 'âb'],
  ['ह\u093fन\u094dद\u0940', 'ह न द '],
  ['ΟΔΟΣ', 'οδος'],
  ["don't", 'don t'],
  ['1,000.50', '1 000 50'],
  ['$5', ' 5'],
  ['½', '1 2'],
  ['a\u001cb', 'a b'],
  ['a\ufeffb', 'a\ufeffb'],
  ['  lead', ' lead'],
  ['Å', 'å'],
  ['Ω', 'ω'],
  ['ℌello', 'hello'],
  ['x²', 'x2'],
  ['한국어', '한국어'],
  ['snake_case', 'snake case'],
  ['İ', 'i '],
  ['', ''],
];

describe('whisper-2022', () => {
  describe.each(WHISPER_2022_CASES)('%s', (_rule, cases) => {
    it.each(cases)('%j → %j', (text, normalized) => {
      expect(normalizeText(text, 'whisper-2022')).toBe(normalized);
    });
  });

  it('is covered by at least 300 different cases', () => {
    expect(new Set(WHISPER_2022_CASES.flatMap(([, cases]) => cases.map(([text]) => text))).size).toBeGreaterThanOrEqual(300);
  });

  it('leaves its own output alone, but where the published normaliser does not', () => {
    const changed = WHISPER_2022_CASES.flatMap(([, cases]) => cases)
      .filter(([, normalized]) => normalizeText(normalized, 'whisper-2022') !== normalized)
      .map(([text]) => text);
    expect(changed.sort()).toEqual([...NOT_IDEMPOTENT].sort());
  });

  it('keeps every digit of numbers beyond 2^53', () => {
    expect(normalizeText('nine hundred ninety nine decillion nine hundred ninety nine', 'whisper-2022')).toBe('999000000000000000000000000000000999');
    expect(normalizeText('12345678901234567890123 thousand', 'whisper-2022')).toBe('12345678901234568013000');
  });
});

describe('basic', () => {
  it.each(BASIC_CASES)('%j → %j', (text, normalized) => {
    expect(normalizeText(text, 'basic')).toBe(normalized);
  });
});

it('none leaves the text as it is', () => {
  expect(normalizeText("  It's 5 (five)\t", 'none')).toBe("  It's 5 (five)\t");
});

it('splits words where Python does', () => {
  expect(splitWords(' a\x1cb\x85c\u3000d\ufeffe ')).toEqual(['a', 'b', 'c', 'd\ufeffe']);
  expect(splitWords(' \n ')).toEqual([]);
});
