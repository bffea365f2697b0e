import { SPELLING_FAMILIES, SPELLING_PAIRS } from './british-words.ts';

/** British spellings (lower case) and the American ones they are written as. */
export const AMERICAN_SPELLINGS: ReadonlyMap<string, string> = new Map([...SPELLING_FAMILIES.flatMap(expandFamily), ...SPELLING_PAIRS.map(splitPair)]);

/** The American spelling of a lower-case word, or the word itself. */
export function americanSpelling(word: string): string {
  return AMERICAN_SPELLINGS.get(word) ?? word;
}

function expandFamily(family: string): [string, string][] {
  const [, british = '', american = '', endings = '', stems = ''] = /^(\w+):(\w+)\(([\w ]+)\)\s+([\w\s]+)$/.exec(family) ?? [];
  const forms = (list: string) => list.split(/\s+/).map((form) => (form === '_' ? '' : form));
  return forms(stems).flatMap((stem) => forms(endings).map((ending): [string, string] => [stem + british + ending, stem + american + ending]));
}

function splitPair(pair: string): [string, string] {
  const [british = '', american = ''] = pair.split(' ');
  return [british, american];
}
