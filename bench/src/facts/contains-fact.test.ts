import { describe, expect, it } from 'vitest';
import { containsFact } from './contains-fact.ts';

describe('containsFact', () => {
  it.each([
    ['The café opens at Nine-Thirty.', 'nine thirty'],
    ['It is on the first floor!', 'on the first floor'],
    ['The cafe is next to the lift.', 'Café'],
    ['Don’t bring dogs', "don't"],
    ['nine', 'nine'],
  ])('finds in %j the fact %j', (text, fact) => {
    expect(containsFact(text, fact)).toBe(true);
  });

  it.each([
    ['It opens at nine thirty.', 'nine', 'a longer number'],
    ['Twenty two pounds fifty.', 'two pounds fifty', 'the tail of a longer number'],
    ['It costs ten pounds', 'ten', 'a price for a time'],
    ['It is in platform twos.', 'two', 'part of a word'],
    ['on the floor first', 'on the first floor', 'the words in another order'],
    ['', 'nine', 'nothing'],
  ])('does not find in %j the fact %j: %s', (text, fact) => {
    expect(containsFact(text, fact)).toBe(false);
  });
});
