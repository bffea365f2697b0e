import { ConfigError } from '../errors.ts';
import type { Clock } from '../stream/clock.ts';
import { endsWithAbbreviation } from './abbreviations.ts';

export type ClauseChunkerOptions = {
  /** Words before a comma, semicolon, colon or dash at which the first clause may end. @defaultValue 3 */
  readonly firstClauseMinWords?: number;
  /** Words before "and", "but", "because" and their like at which the first clause may end. @defaultValue 5 */
  readonly firstConjunctionMinWords?: number;
  /** No chunk is longer; Kokoro takes 510 phonemes, which English fills with about 400 letters. @defaultValue 220 */
  readonly maxCharCount?: number;
  /** With {@link firstClauseTimeoutMs}: how time is told. */
  readonly clock?: Clock;
  /**
   * A first clause that is still open so long after its first word goes at the next word that
   * arrives, from three words on: a slow model should not be waited for.
   */
  readonly firstClauseTimeoutMs?: number;
};

const TIMED_OUT_MIN_WORDS = 3;
const TERMINATORS = '.!?…';
const CJK_TERMINATORS = '。！？｡';
const CLAUSE_MARKS = ',;:—–';
const CJK_CLAUSE_MARKS = '，、；：';
const CLOSERS = '"\'”’)]}»」』】）';
/** About as long to say as three words of English. */
const CJK_CLAUSE_MIN_CHARS = 6;
const CONJUNCTIONS = new Set(['and', 'but', 'or', 'so', 'because', 'which', 'where', 'when', 'while', 'although', 'if', 'then']);

/**
 * Cuts streamed text into pieces to be spoken: the first clause as early as it
 * can stand alone, because silence is felt most before the first sound, then whole
 * sentences, because they sound best. Nothing is lost but the space between pieces.
 *
 * Without a clock the pieces depend on the text alone, not on how it was cut into deltas.
 */
export class ClauseChunker {
  readonly #options: Required<Omit<ClauseChunkerOptions, 'clock' | 'firstClauseTimeoutMs'>>;
  readonly #clock: Clock | undefined;
  readonly #timeoutMs: number;
  #text = '';
  #isFirst = true;
  #startedMs: number | undefined;

  constructor(options: ClauseChunkerOptions = {}) {
    this.#options = { firstClauseMinWords: 3, firstConjunctionMinWords: 5, maxCharCount: 220, ...options };
    for (const name of ['firstClauseMinWords', 'firstConjunctionMinWords', 'maxCharCount'] as const) {
      if (!(this.#options[name] >= 1)) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `${name} must be at least 1, got ${this.#options[name]}`, { stage: 'tts' });
    }
    this.#clock = options.clock;
    this.#timeoutMs = options.firstClauseTimeoutMs ?? Infinity;
  }

  /** Takes a delta; returns the pieces that it completes, usually none. */
  push(delta: string): string[] {
    this.#text += delta;
    const pieces = this.#cutAll(false);
    if (this.#isFirst && this.#hasTimedOut()) pieces.push(...this.#cutAtLastWord());
    return pieces;
  }

  /** Returns what is left, in pieces of the allowed length. */
  flush(): string[] {
    const pieces = this.#cutAll(true);
    pieces.push(...this.#take(this.#text.length));
    return pieces;
  }

  #cutAll(isFinal: boolean): string[] {
    const pieces: string[] = [];
    for (let cut = this.#findCut(isFinal); cut !== undefined; cut = this.#findCut(isFinal)) pieces.push(...this.#take(cut));
    return pieces;
  }

  #take(cut: number): string[] {
    const piece = this.#text.slice(0, cut).trim();
    this.#text = this.#text.slice(cut).trimStart();
    if (!isSpeakable(piece)) return [];
    this.#isFirst = false;
    return [piece];
  }

  /** Where the next piece ends; undefined when the text at hand cannot tell yet. */
  #findCut(isFinal: boolean): number | undefined {
    const text = this.#text;
    const { maxCharCount } = this.#options;
    for (let at = 0; at < text.length; at++) {
      if (at >= maxCharCount) return softCut(text, maxCharCount);
      const char = text.charAt(at);
      if (char === '\n' && isSpeakable(text.slice(0, at))) return at;
      if (CJK_TERMINATORS.includes(char)) {
        const end = skipClosers(text, at + 1);
        return end < text.length || isFinal ? end : undefined;
      }
      if (TERMINATORS.includes(char)) {
        const end = skipClosers(text, at + 1);
        const verdict = this.#judgeTerminator(end, isFinal);
        if (verdict === 'wait') return undefined;
        if (verdict === 'cut') return end;
        at = end - 1;
      } else if (this.#isFirst) {
        const cut = this.#clauseCut(at);
        if (cut !== undefined) return cut;
      }
    }
    return undefined;
  }

  #judgeTerminator(end: number, isFinal: boolean): 'cut' | 'wait' | 'go-on' {
    const text = this.#text;
    if (end === text.length) return isFinal ? 'cut' : 'wait';
    if (!/\s/u.test(text.charAt(end))) return 'go-on';
    const sentence = text.slice(0, end);
    if (!isSpeakable(sentence)) return 'go-on';
    const isEllipsis = /(?:\.\.|…)\P{L}*$/u.test(sentence);
    const isDoubtful = isEllipsis || endsWithAbbreviation(sentence) !== undefined;
    if (!isDoubtful) return 'cut';
    const next = /^\s+(\S)/u.exec(text.slice(end))?.[1];
    if (next === undefined) return isFinal ? 'cut' : 'wait';
    if (endsWithAbbreviation(sentence) === 'title') return 'go-on';
    return /[\p{Lu}\p{N}"“'‘(¿¡]/u.test(next) ? 'cut' : 'go-on';
  }

  #clauseCut(at: number): number | undefined {
    const { firstClauseMinWords, firstConjunctionMinWords } = this.#options;
    const text = this.#text;
    const char = text.charAt(at);
    if (CJK_CLAUSE_MARKS.includes(char)) return at + 1 >= CJK_CLAUSE_MIN_CHARS ? at + 1 : undefined;
    const isFollowedBySpace = /\s/u.test(text.charAt(at + 1));
    if (CLAUSE_MARKS.includes(char) && isFollowedBySpace) return countWords(text.slice(0, at)) >= firstClauseMinWords ? at + 1 : undefined;
    if (char !== ' ') return undefined;
    const word = /^ ([\p{L}']+)\s/u.exec(text.slice(at))?.[1];
    if (word === undefined || !CONJUNCTIONS.has(word.toLowerCase())) return undefined;
    return countWords(text.slice(0, at)) >= firstConjunctionMinWords ? at : undefined;
  }

  #hasTimedOut(): boolean {
    if (this.#clock === undefined || !isSpeakable(this.#text)) return false;
    this.#startedMs ??= this.#clock.nowMs();
    return this.#clock.nowMs() - this.#startedMs >= this.#timeoutMs;
  }

  #cutAtLastWord(): string[] {
    const cut = this.#text.trimEnd() === this.#text ? this.#text.lastIndexOf(' ') : this.#text.length;
    return countWords(this.#text.slice(0, Math.max(0, cut))) >= TIMED_OUT_MIN_WORDS ? this.#take(cut) : [];
  }
}

/** The best place within the first `limit` characters of a sentence that is too long to be spoken whole. */
function softCut(text: string, limit: number): number {
  const head = text.slice(0, limit);
  const earliest = Math.floor(limit / 3);
  for (const pattern of [/[,;:—–](?=\s)|[，、；：]/gu, /\s(?=(?:and|but|or|so|because|which|that)\s)/gu, /\s/gu]) {
    const last = [...head.matchAll(pattern)].at(-1);
    if (last !== undefined && last.index >= earliest) return last.index + last[0].length;
  }
  // One endless word, or writing without spaces; half a surrogate pair would be no character.
  return /[\uD800-\uDBFF]/.test(head.charAt(limit - 1)) && limit > 1 ? limit - 1 : limit;
}

function skipClosers(text: string, from: number): number {
  let at = from;
  while (at < text.length && (CLOSERS + TERMINATORS + CJK_TERMINATORS).includes(text.charAt(at))) at++;
  return at;
}

function countWords(text: string): number {
  return text.match(/[\p{L}\p{N}]+(?:['’.-][\p{L}\p{N}]+)*/gu)?.length ?? 0;
}

function isSpeakable(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}
