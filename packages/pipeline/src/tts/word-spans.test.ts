import { expect, test } from 'vitest';
import { mapWordsToPhonemes } from './word-spans.ts';

const mapped = (text: string, phonemes: string) => mapWordsToPhonemes(text, phonemes).map(({ text: word, start, end }) => [word, phonemes.slice(start, end)]);

test('one group a word', () => {
  expect(mapped('Hello, world.', 'həlˈoʊ, wˈɜːld.')).toEqual([['Hello,', 'həlˈoʊ,'], ['world.', 'wˈɜːld.']]);
});

test('function words run together share their group by letters', () => {
  expect(mapped('on the second floor of the building,', 'ɔnðə sˈɛkənd flˈoːɹ ʌvðə bˈɪldɪŋ,')).toEqual([
    ['on', 'ɔn'], ['the', 'ðə'], ['second', 'sˈɛkənd'], ['floor', 'flˈoːɹ'], ['of', 'ʌv'], ['the', 'ðə'], ['building,', 'bˈɪldɪŋ,'],
  ]);
});

test('a number takes all the groups it is read out as', () => {
  expect(mapped('It costs $12.50 at noon.', 'ɪt kˈɔsts twˈɛlv dˈɑːlɚz ænd fˈɪfti sˈɛnts æt nˈuːn.')).toEqual([
    ['It', 'ɪt'], ['costs', 'kˈɔsts'], ['$12.50', 'twˈɛlv dˈɑːlɚz ænd fˈɪfti sˈɛnts'], ['at', 'æt'], ['noon.', 'nˈuːn.'],
  ]);
});

test('both in one sentence, and the last words still match', () => {
  const words = mapped('Room 204 is on the left, and open at 7:05.', 'ɹˈuːm tˈuː hˈʌndɹɪd ænd fˈoːɹ ɪz ɔnðə lˈɛft, ænd ˈoʊpən æt sˈɛvən ˈoʊ fˈaɪv.');
  expect(words.slice(0, 2)).toEqual([['Room', 'ɹˈuːm'], ['204', 'tˈuː hˈʌndɹɪd ænd fˈoːɹ']]);
  expect(words.slice(-4)).toEqual([['and', 'ænd'], ['open', 'ˈoʊpən'], ['at', 'æt'], ['7:05.', 'sˈɛvən ˈoʊ fˈaɪv.']]);
});

test('what is not spoken has an empty span', () => {
  expect(mapped('yes — no', 'jˈɛs nˈoʊ')).toEqual([['yes', 'jˈɛs'], ['—', ''], ['no', 'nˈoʊ']]);
  expect(mapped('', '')).toEqual([]);
});

test('spans never go backwards, whatever the two strings', () => {
  for (const [text, phonemes] of [['a b c d e f', 'x'], ['a', 'x y z'], ['a b', ''], ['one two three', 'wʌn tuː θɹiː foːɹ faɪv']] as const) {
    let previous = 0;
    for (const { start, end } of mapWordsToPhonemes(text, phonemes)) {
      expect(start).toBeGreaterThanOrEqual(previous);
      expect(end).toBeGreaterThanOrEqual(start);
      previous = start;
    }
  }
});
