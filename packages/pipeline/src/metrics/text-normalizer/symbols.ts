/** Letters that Unicode does not decompose into a base and a mark. */
const UNDECOMPOSED = new Map([
  ['œ', 'oe'], ['Œ', 'OE'], ['ø', 'o'], ['Ø', 'O'], ['æ', 'ae'], ['Æ', 'AE'], ['ß', 'ss'], ['ẞ', 'SS'],
  ['đ', 'd'], ['Đ', 'D'], ['ð', 'd'], ['Ð', 'D'], ['þ', 'th'], ['Þ', 'th'], ['ł', 'l'], ['Ł', 'L'],
]);

const nonSpacingMark = /^\p{Mn}$/u;
const markSymbolOrPunctuation = /^[\p{M}\p{S}\p{P}]$/u;

/** Decomposes (NFKD), drops diacritics, and turns every symbol and punctuation mark outside `kept` into a space. */
export function removeSymbolsAndDiacritics(text: string, kept: string): string {
  return Array.from(text.normalize('NFKD'), (character) => {
    if (kept.includes(character)) return character;
    const plain = UNDECOMPOSED.get(character);
    if (plain !== undefined) return plain;
    if (nonSpacingMark.test(character)) return '';
    return markSymbolOrPunctuation.test(character) ? ' ' : character;
  }).join('');
}

/** Composes (NFKC) and turns every mark, symbol and punctuation mark into a space; letters keep their diacritics. */
export function removeSymbols(text: string): string {
  return text.normalize('NFKC').replace(/[\p{M}\p{S}\p{P}]/gu, ' ');
}
