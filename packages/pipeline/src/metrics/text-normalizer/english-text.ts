import { collapseSpaces, removeBracketed } from './basic-text.ts';
import { americanSpelling } from './british-spelling.ts';
import { standardizeNumbers } from './english-numbers.ts';
import { pythonPattern, splitWords } from './python-text.ts';
import { removeSymbolsAndDiacritics } from './symbols.ts';

/** Symbols that belong to numbers and are looked at once those are read. */
const NUMERIC_SYMBOLS = '.%$¢€£';

/** In the order of application: later patterns see what earlier ones wrote. */
const EXPANSIONS: readonly (readonly [pattern: string, replacement: string])[] = [
  ["\\bwon't\\b", 'will not'],
  ["\\bcan't\\b", 'can not'],
  ["\\blet's\\b", 'let us'],
  ["\\bain't\\b", 'aint'],
  ["\\by'all\\b", 'you all'],
  ['\\bwanna\\b', 'want to'],
  ['\\bgotta\\b', 'got to'],
  ['\\bgonna\\b', 'going to'],
  ["\\bi'ma\\b", 'i am going to'],
  ['\\bimma\\b', 'i am going to'],
  ['\\bwoulda\\b', 'would have'],
  ['\\bcoulda\\b', 'could have'],
  ['\\bshoulda\\b', 'should have'],
  ["\\bma'am\\b", 'madam'],

  ['\\bmr\\b', 'mister '],
  ['\\bmrs\\b', 'missus '],
  ['\\bst\\b', 'saint '],
  ['\\bdr\\b', 'doctor '],
  ['\\bprof\\b', 'professor '],
  ['\\bcapt\\b', 'captain '],
  ['\\bgov\\b', 'governor '],
  ['\\bald\\b', 'alderman '],
  ['\\bgen\\b', 'general '],
  ['\\bsen\\b', 'senator '],
  ['\\brep\\b', 'representative '],
  ['\\bpres\\b', 'president '],
  ['\\brev\\b', 'reverend '],
  ['\\bhon\\b', 'honorable '],
  ['\\basst\\b', 'assistant '],
  ['\\bassoc\\b', 'associate '],
  ['\\blt\\b', 'lieutenant '],
  ['\\bcol\\b', 'colonel '],
  ['\\bjr\\b', 'junior '],
  ['\\bsr\\b', 'senior '],
  ['\\besq\\b', 'esquire '],

  ["'d been\\b", ' had been'],
  ["'s been\\b", ' has been'],
  ["'d gone\\b", ' had gone'],
  ["'s gone\\b", ' has gone'],
  ["'d done\\b", ' had done'],
  ["'s got\\b", ' has got'],

  ["n't\\b", ' not'],
  ["'re\\b", ' are'],
  ["'s\\b", ' is'],
  ["'d\\b", ' would'],
  ["'ll\\b", ' will'],
  ["'t\\b", ' not'],
  ["'ve\\b", ' have'],
  ["'m\\b", ' am'],
];

const expansions = EXPANSIONS.map(([pattern, replacement]) => [pythonPattern(pattern), replacement] as const);
const fillers = pythonPattern('\\b(hmm|mm|mhm|mmm|uh|um)\\b');
const spaceBeforeApostrophe = pythonPattern("\\s+'");
const commaBetweenDigits = pythonPattern('(\\d),(\\d)');
const periodBeforeNoDigit = pythonPattern('\\.([^0-9]|$)');

/** Whisper's `EnglishTextNormalizer`, step by step in its order; see `normalizeText` for where it differs. */
export function normalizeEnglishText(text: string): string {
  let result = removeBracketed(text.toLowerCase()).replace(fillers, '').replace(spaceBeforeApostrophe, "'");
  for (const [pattern, replacement] of expansions) result = result.replace(pattern, replacement);
  result = result.replace(commaBetweenDigits, '$1$2').replace(periodBeforeNoDigit, ' $1');
  result = standardizeNumbers(removeSymbolsAndDiacritics(result, NUMERIC_SYMBOLS));
  result = splitWords(result).map(americanSpelling).join(' ');
  // What is left of the numeric symbols without a number beside it.
  result = result.replace(/[.$¢€£]([^0-9])/gu, ' $1').replace(/([^0-9])%/gu, '$1 ');
  return collapseSpaces(result);
}
