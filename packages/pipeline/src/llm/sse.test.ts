import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SseReader } from './sse.ts';

function read(text: string, cuts: readonly number[] = []): string[] {
  const bytes = new TextEncoder().encode(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((left, right) => left - right), bytes.length];
  const reader = new SseReader();
  return [...places.slice(1).flatMap((place, index) => reader.push(bytes.slice(places[index], place))), ...reader.flush()];
}

it.each([
  ['data: one\n\ndata: two\n\n', ['one', 'two']],
  ['data: first line\r\ndata: second line\r\n\r\n', ['first line\nsecond line']],
  ['data:no space\rdata:  two spaces\r\r', ['no space\n two spaces']],
  [': comment\nevent: x\nid: 1\nretry: 5\ndata: kept\n\n', ['kept']],
  ['\n\n\ndata: after blank lines\n\n', ['after blank lines']],
  ['data: left open', ['left open']],
  ['data: é🙂\n\n', ['é🙂']],
  ['data:\n\n', []],
  ['', []],
])('reads %j', (text, events) => {
  expect(read(text)).toEqual(events);
});

it('reads the same however the bytes were cut', () => {
  const part = fc.constantFrom('data: a', 'data: é🙂', 'data:', ': no', '\n', '\r\n', '\r', '\n\n', '\r\n\r\n', ' ');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 16 }), fc.array(fc.nat(), { maxLength: 16 }), (parts, cuts) => {
      expect(read(parts.join(''), cuts)).toEqual(read(parts.join('')));
    }),
    { seed: 9, numRuns: 2000 },
  );
});
