import { readNumbers } from './number-reader.ts';
import { isDecimal, isPlain } from './number-words.ts';
import { pythonPattern, splitWords } from './python-text.ts';

const andAHalf = pythonPattern('\\band\\s+a\\s+half\\b');
const detachedSuffix = pythonPattern('([0-9])\\s+(st|nd|rd|th|s)\\b');
const currencyAndCents = pythonPattern('([€£$])([0-9]+) (?:and )?¢([0-9]{1,2})\\b');
const centsOnly = pythonPattern('[€£$]0.([0-9]{1,2})\\b');
const one = pythonPattern('\\b1(s?)\\b');

/** Writes spoken numbers as figures and figures one way: "$2 and ¢7" → "$2.07", "two and a half million" → "2500000", "1" → "one". */
export function standardizeNumbers(text: string): string {
  return joinCents(readNumbers(splitWords(prepare(text))).join(' ')).replace(one, 'one$1');
}

function prepare(text: string): string {
  return halvesToDecimals(text)
    .replace(/([a-z])([0-9])/g, '$1 $2')
    .replace(/([0-9])([a-z])/g, '$1 $2')
    .replace(detachedSuffix, '$1$2');
}

function halvesToDecimals(text: string): string {
  const segments = text.split(andAHalf);
  const pieces: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const lastWord = splitWords(segment).at(-1);
    // As published: with nothing before it, "and a half" is dropped.
    if (lastWord === undefined) continue;
    pieces.push(segment);
    if (index < segments.length - 1) pieces.push(isDecimal(lastWord) || isPlain(lastWord, 'multiplier') ? 'point five' : 'and a half');
  }
  return pieces.join(' ');
}

function joinCents(text: string): string {
  return text
    .replace(currencyAndCents, (_match, currency: string, integer: string, cents: string) => `${currency}${integer}.${cents.padStart(2, '0')}`)
    .replace(centsOnly, (_match, cents: string) => `¢${Number(cents)}`);
}
