/**
 * Takes the markup out of streamed text and leaves what a reader would see: no emphasis marks,
 * headings, bullets, table rules, link addresses or HTML tags. Code blocks are left out whole:
 * nobody wants to hear one. Space is collapsed, and the end of a heading, list item or paragraph
 * becomes the end of a sentence.
 *
 * Whatever could still turn out to be part of a mark is held back; the text given out depends on
 * the text taken in alone, not on how it was cut into deltas.
 */
export class MarkdownFilter {
  #rest = '';
  #isLineStart = true;
  /** Whether the line is a heading, list item, quotation or table row, and so a sentence of its own. */
  #isBlockLine = false;
  #fence: string | undefined;
  #pending: Space = 'none';
  #lastChar = '';
  #out = '';

  push(delta: string): string {
    this.#rest += delta;
    return this.#run(false);
  }

  flush(): string {
    return this.#run(true);
  }

  #run(isFinal: boolean): string {
    this.#out = '';
    while (this.#rest !== '') {
      const consumed = this.#fence !== undefined ? this.#skipFencedLine(isFinal) : this.#isLineStart ? this.#startLine(isFinal) : this.#takeInline(isFinal);
      if (consumed === undefined) break;
      this.#rest = this.#rest.slice(consumed);
    }
    return this.#out;
  }

  /** Each step below answers how many characters it used, or undefined to wait for more. */
  #skipFencedLine(isFinal: boolean): number | undefined {
    const lineEnd = this.#rest.indexOf('\n');
    if (lineEnd < 0 && !isFinal) return undefined;
    const line = lineEnd < 0 ? this.#rest : this.#rest.slice(0, lineEnd);
    if (line.trim().startsWith(this.#fence ?? '') && /^\s*[`~]+\s*$/.test(line)) this.#fence = undefined;
    return lineEnd < 0 ? this.#rest.length : lineEnd + 1;
  }

  #startLine(isFinal: boolean): number | undefined {
    const lineEnd = this.#rest.indexOf('\n');
    const isWhole = lineEnd >= 0 || isFinal;
    const line = lineEnd < 0 ? this.#rest : this.#rest.slice(0, lineEnd);
    if (!isWhole && MARKER_BEGUN.test(line)) return undefined;
    const afterLine = lineEnd < 0 ? this.#rest.length : lineEnd + 1;

    const fence = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== undefined) {
      if (!isWhole) return undefined;
      this.#fence = fence;
      this.#endBlock();
      return afterLine;
    }
    if (/^\s*(?:([-*_=])(?:\s*\1){2,}|={2,})\s*$/.test(line)) {
      this.#endBlock();
      return afterLine;
    }
    if (/^\s*\|/.test(line)) return this.#startTableRow(line, isWhole);
    const marker = /^\s*(?:(?:#{1,6}|>|[-*+•·◦–](?:\s+\[[ xX]\])?)\s+|>)/.exec(line)?.[0];
    if (marker !== undefined) {
      this.#endBlock();
      this.#isBlockLine = true;
      // What follows may be a mark again: a quoted heading, a list in a quotation.
      return marker.length;
    }
    this.#isLineStart = false;
    const ordered = /^\s*(\d{1,2})[.)]\s+(?=\S)/.exec(line);
    if (ordered === null) return 0;
    this.#endBlock();
    this.#isBlockLine = true;
    this.#emit(`${ordered[1]}, `);
    return ordered[0].length;
  }

  #startTableRow(line: string, isWhole: boolean): number | undefined {
    if (!isWhole) return undefined;
    this.#endBlock();
    const inner = line.trim().replace(/^\|/, '').replace(/\|$/, '');
    const isRule = /^[\s|:-]+$/.test(inner);
    const cells = isRule ? [] : inner.split(/(?<!\\)\|/).map((cell) => cell.trim()).filter((cell) => cell !== '');
    this.#isLineStart = false;
    this.#isBlockLine = true;
    // The cells may hold marks themselves, so the row is read again as an ordinary line.
    this.#rest = cells.join(', ') + this.#rest.slice(line.length);
    return 0;
  }

  #takeInline(isFinal: boolean): number | undefined {
    const rest = this.#rest;
    const char = rest.charAt(0);
    switch (char) {
      case '\n':
        this.#endLine();
        return 1;
      case '\\':
        return this.#takeEscape(isFinal);
      case '`':
        return this.#takeCode(isFinal);
      case '!':
        if (rest.length === 1 && !isFinal) return undefined;
        if (rest.charAt(1) === '[') return 1;
        break;
      case '[':
        return this.#takeLink(isFinal);
      case '*':
      case '_':
      case '~':
        return this.#takeEmphasis(char, isFinal);
      case '<':
        return this.#takeTag(isFinal);
      case '&':
        return this.#takeEntity(isFinal);
      default:
        if (/[\s\u00A0]/u.test(char)) {
          this.#pending = strongest(this.#pending, 'word');
          return 1;
        }
    }
    return this.#takeCharacter(isFinal);
  }

  #takeCharacter(isFinal: boolean): number | undefined {
    const rest = this.#rest;
    const isHalf = /^[\uD800-\uDBFF]$/.test(rest);
    if (isHalf && !isFinal) return undefined;
    const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
    if (INVISIBLE.test(character)) return character.length;
    // "Hello 🙂." must not become "Hello ."; but ".5" keeps its space.
    if (this.#pending === 'word' && /[.,!?;:]/.test(character)) {
      if (rest.length === 1 && !isFinal) return undefined;
      if (!/\w/.test(rest.charAt(1))) this.#pending = 'none';
    }
    this.#emit(character);
    return character.length;
  }

  #takeEscape(isFinal: boolean): number | undefined {
    if (this.#rest.length === 1 && !isFinal) return undefined;
    const next = this.#rest.charAt(1);
    if (!/[!-/:-@[-`{-~]/.test(next)) {
      this.#emit('\\');
      return 1;
    }
    this.#emit(next);
    return 2;
  }

  #takeCode(isFinal: boolean): number | undefined {
    const ticks = /^`+/.exec(this.#rest)?.[0] ?? '`';
    if (ticks.length === this.#rest.length && !isFinal) return undefined;
    const window = this.#rest.slice(0, MAX_CODE_CHARS);
    const close = window.indexOf(ticks, ticks.length);
    const lineEnd = window.indexOf('\n');
    if (close < 0 && lineEnd < 0 && !isFinal && this.#rest.length < MAX_CODE_CHARS) return undefined;
    if (close < 0 || (lineEnd >= 0 && lineEnd < close)) return ticks.length;
    for (const character of this.#rest.slice(ticks.length, close)) {
      if (/\s/u.test(character)) this.#pending = strongest(this.#pending, 'word');
      else this.#emit(character);
    }
    return close + ticks.length;
  }

  /** `[label](address)` and `[label][reference]` become the label; `[1]` is a footnote's mark and goes. */
  #takeLink(isFinal: boolean): number | undefined {
    const window = this.#rest.slice(0, MAX_LINK_CHARS);
    const isCut = window.length === this.#rest.length && !isFinal && !window.includes('\n');
    const label = /^\[((?:[^[\]\n]|\[[^[\]\n]*\])*)\]/.exec(window)?.[1];
    if (label === undefined) {
      if (isCut && window.length < MAX_LINK_CHARS) return undefined;
      return 1;
    }
    const labelEnd = label.length + 2;
    if (labelEnd === this.#rest.length && !isFinal) return undefined;
    const target = /^(?:\((?:[^()\n]|\([^()\n]*\))*\)|\[[^\]\n]*\])/.exec(window.slice(labelEnd))?.[0];
    const mayGrow = /^[([]/.test(window.slice(labelEnd)) && target === undefined && isCut;
    if (mayGrow && window.length < MAX_LINK_CHARS) return undefined;
    const isFootnote = target === undefined && /^\^?\d+(?:\s*[,–-]\s*\d+)*$/.test(label);
    // The label may hold marks itself, so it is read again without its brackets.
    this.#rest = (isFootnote ? '' : label) + this.#rest.slice(labelEnd + (target?.length ?? 0));
    return 0;
  }

  #takeEmphasis(mark: string, isFinal: boolean): number | undefined {
    let length = 1;
    while (this.#rest.charAt(length) === mark) length++;
    if (length === this.#rest.length && !isFinal) return undefined;
    const next = this.#rest.charAt(length);
    const previous = this.#pending === 'none' ? this.#lastChar : ' ';
    const isBetweenWords = /[\p{L}\p{N}]/u.test(previous) && /[\p{L}\p{N}]/u.test(next);
    const isBetweenDigits = /\d/.test(previous) && /\d/.test(next);
    const isAlone = /^\s?$/u.test(previous) && /^\s?$/u.test(next);
    const isLiteral = mark === '*' ? isBetweenDigits || isAlone : mark === '_' ? isBetweenWords : length === 1;
    if (isLiteral) this.#emit(mark.repeat(length));
    return length;
  }

  #takeTag(isFinal: boolean): number | undefined {
    const window = this.#rest.slice(0, MAX_LINK_CHARS);
    const isCut = window.length === this.#rest.length && !isFinal && window.length < MAX_LINK_CHARS;
    if (isCut && /^<(?:[a-zA-Z/!][^<>\n]*)?$/.test(window)) return undefined;
    const tag = /^<(?:\/?[a-zA-Z][^<>\n]*|!--[^\n]*?--)>/.exec(window)?.[0];
    if (tag === undefined) {
      this.#emit('<');
      return 1;
    }
    const address = /^<((?:https?:|mailto:|[^\s@<>]+@)[^\s<>]*)>$/.exec(tag)?.[1];
    if (address !== undefined) this.#emit(address.replace(/^mailto:/, ''));
    else if (/^<\/?(?:br|p|div|li|ul|ol|tr|h[1-6])\b/i.test(tag)) this.#pending = strongest(this.#pending, 'line');
    return tag.length;
  }

  #takeEntity(isFinal: boolean): number | undefined {
    if (!isFinal && /^&#?\w{0,8}$/.test(this.#rest)) return undefined;
    const entity = /^&(#\d{1,6}|\w{1,8});/.exec(this.#rest);
    const character = entity === null ? undefined : decodeEntity(entity[1] ?? '');
    if (entity === null || character === undefined) {
      this.#emit('&');
      return 1;
    }
    if (/\s/u.test(character)) this.#pending = strongest(this.#pending, 'word');
    else this.#emit(character);
    return entity[0].length;
  }

  #emit(text: string): void {
    if (this.#lastChar !== '') this.#out += this.#spaceBefore();
    this.#pending = 'none';
    this.#out += text;
    this.#lastChar = text.at(-1) ?? this.#lastChar;
  }

  #spaceBefore(): string {
    if (this.#pending === 'none') return '';
    if (this.#pending !== 'sentence') return ' ';
    if (/[.!?…:;。！？]["'”’)\]]*$/u.test(this.#lastChar)) return ' ';
    return /[,–—-]/.test(this.#lastChar) ? ' ' : '. ';
  }

  #endLine(): void {
    // A second line end in a row is an empty line: a new paragraph.
    this.#pending = strongest(this.#pending, this.#isBlockLine || this.#pending === 'line' ? 'sentence' : 'line');
    this.#isLineStart = true;
    this.#isBlockLine = false;
  }

  #endBlock(): void {
    if (this.#lastChar !== '') this.#pending = 'sentence';
  }
}

type Space = 'none' | 'word' | 'line' | 'sentence';
const STRENGTH: readonly Space[] = ['none', 'word', 'line', 'sentence'];

function strongest(left: Space, right: Space): Space {
  return STRENGTH.indexOf(left) > STRENGTH.indexOf(right) ? left : right;
}

/** A real link or inline code is shorter; a bracket that never closes must not hold the speech back for ever. */
const MAX_LINK_CHARS = 600;
const MAX_CODE_CHARS = 200;

/** The beginning of a line that may still become a heading, bullet, rule, fence or numbered item. */
const MARKER_BEGUN = /^\s*(?:#{0,6}\s*|>\s*|[-*_=~`–•·◦+][-*_=~`\s]*(?:\[[ xX]?\]?\s*)?|\d{1,2}(?:[.)]\s*)?)$/;

/** Emoji and their modifiers, and characters without shape; digits and # count as emoji for Unicode, not for us. */
const INVISIBLE = /^(?:(?![\d#*©®™])\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|[\u{FE00}-\u{FE0F}\u{20E3}\u{200B}-\u{200F}\u{2060}\u{FEFF}\u{AD}\u{E0000}-\u{E007F}]|(?![\t\n\r])\p{Cc})$/u;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', ndash: '–', mdash: '—', hellip: '…', deg: '°', pound: '£', euro: '€', rsquo: '’', lsquo: '‘', ldquo: '“', rdquo: '”', times: '×', frac12: '½' };

function decodeEntity(name: string): string | undefined {
  if (!name.startsWith('#')) return ENTITIES[name];
  const code = Number(name.slice(1));
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
