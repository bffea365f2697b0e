import { ThoughtFilter } from '../llm/thought-filter.ts';
import { findAbbreviation } from './abbreviations.ts';
import { MarkdownFilter } from './markdown-filter.ts';
import { sayNumbers } from './number-rules.ts';

/** A stretch of speech and the displayed text it came from, for captions. */
export type SpokenPiece = { readonly spoken: string; readonly displayed: string };

/**
 * Turns a language model's streamed text into text that can be read aloud: no markup, emoji,
 * reasoning or addresses, and everything written with digits and signs as English words. Text that
 * is already speakable comes out as it went in.
 *
 * A delta gives out only what no later delta can change, which for plain words is all but the last.
 * What comes out in all depends on what went in in all, not on how it was cut.
 */
export class SpokenTextCleaner {
  readonly #thoughts = new ThoughtFilter();
  readonly #markdown = new MarkdownFilter();
  #token = '';
  /** Neighbouring tokens that are said together, such as "5", "million" and "dollars". */
  #run: string[] = [];
  /** The last spoken words, which decide how a number after them is read. */
  #before = '';

  /** Takes a delta; returns speakable text, each word followed by a space. */
  push(delta: string): string {
    return this.pushPieces(delta).map((piece) => piece.spoken).join('');
  }

  /** Returns what was held back. */
  flush(): string {
    return this.flushPieces().map((piece) => piece.spoken).join('');
  }

  pushPieces(delta: string): SpokenPiece[] {
    return this.#read(this.#thoughts.push(delta).map((piece) => (piece.type === 'text' ? this.#markdown.push(piece.text) : '')).join(''));
  }

  flushPieces(): SpokenPiece[] {
    const last = this.#thoughts.flush().map((piece) => (piece.type === 'text' ? this.#markdown.push(piece.text) : '')).join('');
    const pieces = this.#read(last + this.#markdown.flush());
    if (this.#token !== '') pieces.push(...this.#take(this.#token, ''));
    this.#token = '';
    pieces.push(...this.#endRun(undefined, ''));
    return pieces;
  }

  #read(plain: string): SpokenPiece[] {
    const pieces: SpokenPiece[] = [];
    const tokens = (this.#token + plain).split(' ');
    this.#token = tokens.pop() ?? '';
    for (const token of tokens) if (token !== '') pieces.push(...this.#take(token, ' '));
    return pieces;
  }

  /** Judges a whole token: it joins the run, or ends it and is spoken itself. */
  #take(token: string, space: string): SpokenPiece[] {
    if (belongsToRun(token, this.#run)) {
      this.#run.push(token);
      return [];
    }
    const pieces = this.#endRun(token, ' ');
    if (startsRun(token)) this.#run.push(token);
    else pieces.push(...this.#speak([token], undefined, space));
    return pieces;
  }

  #endRun(next: string | undefined, space: string): SpokenPiece[] {
    if (this.#run.length === 0) return [];
    const run = this.#run;
    this.#run = [];
    return this.#speak(run, next, space);
  }

  #speak(tokens: readonly string[], next: string | undefined, space: string): SpokenPiece[] {
    const displayed = tokens.join(' ');
    const spoken = sayTokens(tokens, next, this.#before);
    if (spoken === '') return [];
    this.#before = `${this.#before} ${spoken}`.split(' ').slice(-3).join(' ');
    return [{ spoken: spoken + space, displayed: displayed + space }];
  }
}

/** The whole of a text at once. */
export function cleanForSpeech(text: string): string {
  const cleaner = new SpokenTextCleaner();
  return (cleaner.push(text) + cleaner.flush()).trim();
}

const MONTH_TOKEN = /^(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?,?$/u;
const FIRST_TOKEN = /[\d½¼¾⅓⅔⅕⅛⅜⅝⅞£$€¥₹]|^#|^[~≈±]$/u;
const NEXT_TOKEN = /^(?:[-–—−+=×÷*/x%~^]|[ap]\.?m\.?|[AP]\.?M\.?|thousand|million|billion|trillion|of|to)[,;.!?)]*$/u;
const UNIT_TOKEN = /^(?:°[CF]?|[kcm]?m[²³]?|km²|mi|ft|yd|[km]?g|lbs?|oz|m?l|L|cl|km\/h|kmh|kph|mph|m\/s|k?Wh?|V|mA|[kMG]?Hz|dB|[kKMGT]B|m?s|secs?|mins?|hrs?|h|kcal|px)[,;.!?)]*$/u;
const ABBREVIATION_TOKEN = /^["'“‘(\[]*(?:(?:\p{L}\.)+\p{L}*|\p{L}{2,6})\.,?["'”’)\]]*$/u;
const MAX_RUN_TOKENS = 12;

/** Tokens whose reading depends on what comes next. */
function startsRun(token: string): boolean {
  if (isAddress(token)) return false;
  return FIRST_TOKEN.test(token) || MONTH_TOKEN.test(token) || abbreviationOf(token) !== undefined;
}

function belongsToRun(token: string, run: readonly string[]): boolean {
  const last = run.at(-1);
  if (last === undefined || run.length >= MAX_RUN_TOKENS || isAddress(token)) return false;
  if (abbreviationOf(last) !== undefined && !MONTH_TOKEN.test(last) && !/^[ap]\.m\.?$/iu.test(last)) return isNumberSign(last) && /^\d/.test(token);
  const endsPhrase = /[!?;:…]["'”’)]*$|\.["'”’)]*$/u.test(last) && !MONTH_TOKEN.test(last) && !/^[ap]\.m\.$/iu.test(last);
  if (endsPhrase) return false;
  if (last.endsWith(',')) return /^(?:1\d|20)\d\d\D*$/.test(token) && run.some((part) => MONTH_TOKEN.test(part));
  if (MONTH_TOKEN.test(token)) return /^\d{1,2}(?:st|nd|rd|th)?$|^of$/.test(last);
  if (MONTH_TOKEN.test(last)) return /^\d/.test(token);
  return FIRST_TOKEN.test(token) || NEXT_TOKEN.test(token) || UNIT_TOKEN.test(token);
}

function sayTokens(tokens: readonly string[], next: string | undefined, before: string): string {
  const [only = ''] = tokens;
  if (tokens.length === 1) {
    if (isAddress(only)) return sayAddress(only);
    const abbreviation = sayAbbreviation(only, next, before);
    if (abbreviation !== undefined) return abbreviation;
  }
  const expanded = tokens.map((token) => (isNumberSign(token) ? 'number' : token)).join(' ');
  const spoken = saySigns(sayNumbers(expanded, { before }));
  const swallowsStop = /[ap]\.m\.$/iu.test(expanded) && startsSentence(next);
  return swallowsStop ? `${spoken}.` : spoken;
}

function startsSentence(next: string | undefined): boolean {
  return next === undefined || /^["'“‘(]*\p{Lu}/u.test(next);
}

function isNumberSign(token: string): boolean {
  return /^(?:[Nn]o|[Nn]r)\.$|^№$/u.test(token);
}

function abbreviationOf(token: string): { readonly lead: string; readonly name: string; readonly tail: string } | undefined {
  if (!ABBREVIATION_TOKEN.test(token)) return undefined;
  const parts = /^(["'“‘([]*)(.+?)\.(,?["'”’)\]]*)$/u.exec(token);
  const [, lead = '', name = '', tail = ''] = parts ?? [];
  if (/^st$/iu.test(name) || isNumberSign(`${name}.`) || findAbbreviation(name) !== undefined) return { lead, name, tail };
  return undefined;
}

/** "Dr." before a name; "etc." at the end of a sentence keeps the sentence's full stop. */
function sayAbbreviation(token: string, next: string | undefined, before: string): string | undefined {
  const parts = abbreviationOf(token);
  if (parts === undefined) return undefined;
  const { lead, name, tail } = parts;
  if (/^st$/iu.test(name)) {
    const isStreet = /\p{Lu}\p{Ll}+$/u.test(before) && !/(?:^|\s)(?:The|At|In|On|From|To|Of|Near|Visit|And|By|Is)$/u.test(before);
    return `${lead}${isStreet ? `Street${startsSentence(next) ? '.' : ''}` : 'Saint'}${tail}`;
  }
  // "No." alone is an answer; short months and units are words unless something follows or precedes that fits.
  if (isNumberSign(`${name}.`)) return token;
  if (/^(?:min|sec|co|sq|dec|mar|gen|fig)$/iu.test(name) && next === undefined) return token;
  const abbreviation = findAbbreviation(name);
  if (abbreviation === undefined) return undefined;
  const mayEnd = abbreviation.kind === 'word' && tail === '' && startsSentence(next);
  const spoken = /^\p{Lu}/u.test(name) && /^\p{Ll}/u.test(abbreviation.spoken) ? capitalize(abbreviation.spoken) : abbreviation.spoken;
  return `${lead}${spoken}${mayEnd ? '.' : ''}${tail}`;
}

function isAddress(token: string): boolean {
  return /^\(?(?:https?:\/\/|www\.)\S+$/iu.test(token) || /^[("'“]?[\w.+-]+@[\w-]+(?:\.[\w-]+)+[)."'”,;!?]*$/u.test(token) || /^[a-z\d-]+(?:\.[a-z\d-]+)*\.(?:com|org|net|io|dev|co\.uk|org\.uk|gov|edu|ai|app)(?:\/\S*)?[.,!?;:)]*$/iu.test(token);
}

/** "https://www.example.org/a/b?c" → "example dot org"; "jo@example.org" → "jo at example dot org". */
function sayAddress(token: string): string {
  const tail = /[.,!?;:)"'”]*$/u.exec(token)?.[0] ?? '';
  const bare = token.slice(0, token.length - tail.length).replace(/^[("'“]/u, '');
  const shown = bare.includes('@') ? bare : bare.replace(/^https?:\/\//iu, '').replace(/^www\./iu, '').replace(/[/?#].*$/u, '');
  const parts = shown.split(/([@._+-])/u).map((part) => ADDRESS_SIGNS[part] ?? sayNumbers(part, { before: '' }));
  return parts.filter((part) => part !== '').join(' ') + tail.replaceAll(/[)"'”]/gu, '');
}

const ADDRESS_SIGNS: Readonly<Record<string, string>> = { '@': 'at', '.': 'dot', _: 'underscore', '-': 'dash', '+': 'plus' };

const SIGNS: readonly (readonly [RegExp, string])[] = [
  [/&/gu, ' and '],
  [/\band\/or\b/giu, 'and or'],
  [/(?<=\p{L})\/(?=\p{L})/gu, ' or '],
  [/\+\+/gu, ' plus plus'],
  [/(?<=\p{L})\s*\+\s*(?=\p{L})/gu, ' plus '],
  [/%/gu, ' percent '],
  [/(?<=^|\s)@(?=\s|\p{L}|$)/gu, ' at '],
  [/≈|~(?=\s?\p{L})/gu, ' about '],
  [/±/gu, ' plus or minus '],
  [/≤/gu, ' at most '],
  [/≥/gu, ' at least '],
  [/(?<=^|\s)<(?=\s|$)/gu, ' less than '],
  [/(?<=^|\s)>(?=\s|$)/gu, ' greater than '],
  [/×/gu, ' times '],
  [/÷/gu, ' divided by '],
  [/°/gu, ' degrees '],
  [/→|⇒/gu, ' to '],
  [/£/gu, ' pounds '],
  [/€/gu, ' euros '],
  [/§/gu, ' section '],
  [/\.{4,}/gu, '...'],
  [/([!?])\1+/gu, '$1'],
  // What no voice can say: left-over markup, rules, control signs.
  [/[*_`~^|\\<>#={}[\]•◦·@$¥₹№©®™²³†‡←↑↓↔✓✔✗✘★☆■□▪▫●○◆]+/gu, ' '],
];

function saySigns(text: string): string {
  let spoken = text;
  for (const [pattern, words] of SIGNS) spoken = spoken.replace(pattern, words);
  return spoken.replaceAll(/\s+(?=[,.!?;:])/gu, '').replaceAll(/ {2,}/gu, ' ').trim();
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
