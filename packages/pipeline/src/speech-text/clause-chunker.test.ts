import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { ClauseChunker, type ClauseChunkerOptions } from './clause-chunker.ts';

function chunk(text: string, options?: ClauseChunkerOptions): string[] {
  const chunker = new ClauseChunker(options);
  return [...chunker.push(text), ...chunker.flush()];
}

/** Deltas as a language model gives them: words with the space before. */
function deltasOf(text: string): string[] {
  return text.match(/\s*\S+/gu) ?? [];
}

describe('the first clause', () => {
  it.each([
    ['at a comma', 'The museum opens early, and it closes at six. Come in.', ['The museum opens early,', 'and it closes at six.', 'Come in.']],
    ['not at a comma after two words', 'Yes, certainly, you can take the lift.', ['Yes, certainly, you can take the lift.']],
    ['before a conjunction', 'You can take the lift or the stairs behind you. Ask there.', ['You can take the lift', 'or the stairs behind you.', 'Ask there.']],
    ['at a dash', 'The old town hall — see the map — is closed.', ['The old town hall —', 'see the map — is closed.']],
    ['at a colon', 'These are open today: the café and the shop.', ['These are open today:', 'the café and the shop.']],
    ['as a short sentence', 'Yes. The café is open.', ['Yes.', 'The café is open.']],
  ])('may end %s', (_, text, pieces) => {
    expect(chunk(text)).toEqual(pieces);
  });

  it('goes as soon as the word after the comma begins', () => {
    const chunker = new ClauseChunker();
    const given = deltasOf('The museum opens early, and it closes').map((delta) => chunker.push(delta));
    expect(given.findIndex((pieces) => pieces.length > 0)).toBe(4);
  });

  it('goes without a comma when the model is slow', async () => {
    const clock = new FakeClock();
    const chunker = new ClauseChunker({ clock, firstClauseTimeoutMs: 600 });
    const given: string[] = [];
    for (const delta of deltasOf('The visitor centre of the old harbour town opens at nine.')) {
      given.push(...chunker.push(delta));
      await clock.advance(200);
    }
    expect(given[0]).toBe('The visitor centre');
    expect([...given, ...chunker.flush()].join(' ')).toBe('The visitor centre of the old harbour town opens at nine.');
  });
});

describe('sentences', () => {
  it.each([
    ['titles', 'Ask Dr. Smith. He knows.', ['Ask Dr. Smith.', 'He knows.']],
    ['initials', 'J. R. Tolkien wrote it. Read it.', ['J. R. Tolkien wrote it.', 'Read it.']],
    ['decimals', 'It is 3.14 long. Really.', ['It is 3.14 long.', 'Really.']],
    ['abbreviations within', 'Tea, milk, etc. are here. Yes.', ['Tea, milk, etc. are here.', 'Yes.']],
    ['abbreviations at the end', 'We have tea etc. Come in.', ['We have tea etc.', 'Come in.']],
    ['ellipses within', 'Well... maybe later. Yes.', ['Well... maybe later.', 'Yes.']],
    ['ellipses at the end', 'Wait… What was that? Oh.', ['Wait…', 'What was that?', 'Oh.']],
    ['quotation marks', 'He said "Stop." Then he left. (Really.) Yes.', ['He said "Stop."', 'Then he left.', '(Really.)', 'Yes.']],
    ['question marks in a row', 'What?! No way. Yes.', ['What?!', 'No way.', 'Yes.']],
    ['lines', 'One line\nAnother line', ['One line', 'Another line']],
    ['Chinese', '你好。我们九点开门！请进。', ['你好。', '我们九点开门！', '请进。']],
    ['Japanese quotations', '彼は「はい。」と言った。以上です。', ['彼は「はい。」', 'と言った。', '以上です。']],
    ['a Chinese first clause', '博物馆今天九点开门，晚上六点关门。', ['博物馆今天九点开门，', '晚上六点关门。']],
  ])('of %s', (_, text, pieces) => {
    expect(chunk(text)).toEqual(pieces);
  });

  it('after the first are whole, whatever commas they have', () => {
    expect(chunk('Yes. On Monday, or on Tuesday, or whenever you like, come back and ask again.')).toEqual(['Yes.', 'On Monday, or on Tuesday, or whenever you like, come back and ask again.']);
  });

  it('of marks alone are not spoken', () => {
    expect(chunk('— … !')).toEqual([]);
    expect(chunk('')).toEqual([]);
  });
});

describe('a sentence that is too long', () => {
  it('is cut at its last clause', () => {
    const pieces = chunk(`Yes. ${'a long walk through the park, '.repeat(12)}and home.`, { maxCharCount: 100 });
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(100);
    expect(pieces.slice(1, -1).every((piece) => piece.endsWith(','))).toBe(true);
  });

  it('is cut without spaces, but not within a character', () => {
    const pieces = chunk('𝒳'.repeat(60), { maxCharCount: 25 });
    expect(pieces.join('')).toBe('𝒳'.repeat(60));
    expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
  });
});

describe('whatever the text', () => {
  const parts = fc.constantFrom('word', 'and', 'but', 'Dr.', 'etc.', 'e.g.', 'J.', '3.14', ',', '.', '!', '?', '…', '...', ';', ':', ' — ', '"', '”', ')', '(', ' ', ' ', ' ', '\n', '。', '，', '你好', '」', '🙂', 'A', 'however', 'x'.repeat(50));
  const anyText = fc.oneof(fc.array(parts, { maxLength: 60 }).map((list) => list.join('')), fc.string({ unit: 'grapheme', maxLength: 120 }));
  const limit = fc.constantFrom(20, 60, 220);
  const letters = (text: string) => text.match(/[\p{L}\p{N}]/gu) ?? [];

  it('is cut the same however it came, and no letter is lost', () => {
    fc.assert(
      fc.property(anyText, fc.array(fc.nat(), { maxLength: 30 }), limit, (text, cuts, maxCharCount) => {
        const chunker = new ClauseChunker({ maxCharCount });
        const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((left, right) => left - right), text.length];
        const pieces = places.slice(1).flatMap((place, index) => chunker.push(text.slice(places[index], place)));
        pieces.push(...chunker.flush());
        expect(pieces).toEqual(chunk(text, { maxCharCount }));
        expect(letters(pieces.join(''))).toEqual(letters(text));
      }),
      { seed: 4, numRuns: 3000 },
    );
  });

  it('comes in pieces no longer than allowed', () => {
    fc.assert(
      fc.property(anyText, limit, (text, maxCharCount) => {
        for (const piece of chunk(text, { maxCharCount })) expect(piece.length).toBeLessThanOrEqual(maxCharCount);
      }),
      { seed: 5, numRuns: 1000 },
    );
  });
});

it('refuses limits that cannot work', () => {
  expect(() => new ClauseChunker({ maxCharCount: 0 })).toThrow(expect.objectContaining({ code: 'VOICE_ERR_INVALID_OPTION' }));
});
