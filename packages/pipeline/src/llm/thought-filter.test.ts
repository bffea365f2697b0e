import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ThoughtFilter, type ThoughtFilterOptions, type ThoughtPiece } from './thought-filter.ts';

function split(deltas: readonly string[], options?: ThoughtFilterOptions): { readonly text: string; readonly thought: string } {
  const filter = new ThoughtFilter(options);
  const pieces = [...deltas.flatMap((delta) => filter.push(delta)), ...filter.flush()];
  const join = (type: ThoughtPiece['type']) => pieces.filter((piece) => piece.type === type).map((piece) => piece.text).join('');
  return { text: join('text'), thought: join('thought') };
}

it.each([
  ['Hello', 'Hello', ''],
  ['<think>Hm</think>Hello', 'Hello', 'Hm'],
  ['<think>\n\n</think>\n\nHello\n', 'Hello\n', ''],
  ['Well <thinking>a</thinking>b<think>c</think>d', 'Well bd', 'ac'],
  ['1 < 2 and <b> and </think>', '1 < 2 and <b> and </think>', ''],
  ['<think>never ends', '', 'never ends'],
  ['<think>a < b </thinking> c</think>d', 'd', 'a < b </thinking> c'],
  ['almost <thin', 'almost <thin', ''],
])('splits %j', (written, text, thought) => {
  // The line end that opens a thought is the thought's own.
  expect({ ...split([written]), thought: split([written]).thought.trim() }).toEqual({ text, thought });
});

it('begins inside a thought that the template opened', () => {
  expect(split(['Hm', '</think>Hello'], { startsInThought: true })).toEqual({ text: 'Hello', thought: 'Hm' });
});

it('gives out text at once unless it could become a tag', () => {
  const filter = new ThoughtFilter();
  expect(filter.push('Hello')).toEqual([{ type: 'text', text: 'Hello' }]);
  expect(filter.push(' a<t')).toEqual([{ type: 'text', text: ' a' }]);
  expect(filter.push('o b')).toEqual([{ type: 'text', text: '<to b' }]);
});

it('splits the same however the text was cut', () => {
  const part = fc.constantFrom('<think>', '</think>', '<thinking>', '</thinking>', '<', '>', '</', 'think', ' ', '\n', 'a', 'word', '🙂');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 20 }), fc.array(fc.nat(), { maxLength: 20 }), (parts, cuts) => {
      const text = parts.join('');
      const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((left, right) => left - right), text.length];
      expect(split(places.slice(1).map((place, index) => text.slice(places[index], place)))).toEqual(split([text]));
    }),
    { seed: 7, numRuns: 2000 },
  );
});
