/**
 * Text as Python sees it, because the published normaliser is defined by
 * Python's `re` and `str`: there `\b`, `\w` and `\d` know all of Unicode, and
 * white space is another set than JavaScript's (U+001C–U+001F and U+0085 are in
 * it, U+FEFF is not).
 */

/** `\s` and `str.split()`, for use inside a character class. */
export const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
/** `\w`, for use inside a character class. Combining marks do not belong to words. */
export const WORD = '\\p{L}\\p{N}_';
/** `\d`. */
export const DIGIT = '\\p{Nd}';

/**
 * Compiles a pattern written for Python's `re`: `\b`, `\s` and `\d` are taken as Python takes them, and all matches are
 * found. A `\b` must stand beside a word character of the pattern: at its beginning, or anywhere behind one.
 */
export function pythonPattern(source: string): RegExp {
  const translated = source
    .replace(/^\\b/, `(?<![${WORD}])`)
    .replaceAll('\\b', `(?![${WORD}])`)
    .replaceAll('\\s', `[${SPACE}]`)
    .replaceAll('\\d', DIGIT);
  return new RegExp(translated, 'gu');
}

const spaces = new RegExp(`[${SPACE}]+`, 'u');

/** `str.split()`: the pieces between runs of white space, none of them empty. */
export function splitWords(text: string): string[] {
  return text.split(spaces).filter((word) => word !== '');
}

const digit = new RegExp(`^${DIGIT}$`, 'u');

/** `int(…)` of decimal digits in any script. */
export function parseDigits(digits: string): bigint {
  return BigInt(Array.from(digits, digitValue).join('') || '0');
}

/** Unicode lays the ten digits of a script out in a row, zero first, and begins such rows nowhere but at a zero. */
function digitValue(character: string): number {
  const codePoint = character.codePointAt(0)!;
  let zero = codePoint;
  while (digit.test(String.fromCodePoint(zero - 1))) zero--;
  return (codePoint - zero) % 10;
}
