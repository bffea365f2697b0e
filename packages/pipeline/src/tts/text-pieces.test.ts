import { expect, test } from 'vitest';
import { splitNearMiddle, splitSentences } from './text-pieces.ts';

test('sentences part at their marks, keeping quotes', () => {
  expect(splitSentences('It opens at nine. "Is it free?" she asked! Yes it is…  We think so')).toEqual(['It opens at nine.', '"Is it free?"', 'she asked! Yes it is…', 'We think so']);
});

test('abbreviations, initials and decimals do not part a sentence', () => {
  expect(splitSentences('Please ask Dr. Smith about it. Then call J. Doe at 3.5 p.m. or so.')).toEqual(['Please ask Dr. Smith about it.', 'Then call J. Doe at 3.5 p.m. or so.']);
});

test('a very short sentence stays with the next', () => {
  expect(splitSentences('Yes. The museum is open today.')).toEqual(['Yes. The museum is open today.']);
});

test('no text, no sentence', () => {
  expect(splitSentences('  \n ')).toEqual([]);
});

test('halves part at a clause, else at a space, else anywhere', () => {
  expect(splitNearMiddle('aaa bbb ccc, ddd eee fff')).toEqual(['aaa bbb ccc,', 'ddd eee fff']);
  expect(splitNearMiddle('aaa bbb ccc ddd')).toEqual(['aaa bbb', 'ccc ddd']);
  expect(splitNearMiddle('aaaabbbb')).toEqual(['aaaa', 'bbbb']);
});
