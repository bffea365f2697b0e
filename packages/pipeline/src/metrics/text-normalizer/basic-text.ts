import { pythonPattern } from './python-text.ts';
import { removeSymbols } from './symbols.ts';

const spaces = pythonPattern('\\s+');

/** Deletes `<…>` and `[…]`, then `(…)`: notes of the transcriber, not words of the speaker. */
export function removeBracketed(text: string): string {
  return text.replace(/[<[][^>\]]*[>\]]/gu, '').replace(/\(([^)]+?)\)/gu, '');
}

export function collapseSpaces(text: string): string {
  return text.replace(spaces, ' ');
}

/** Whisper's normaliser for languages other than English: lower case, nothing bracketed, no symbols. */
export function normalizeBasicText(text: string): string {
  return collapseSpaces(removeSymbols(removeBracketed(text.toLowerCase())).toLowerCase());
}
