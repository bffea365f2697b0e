export type ThoughtPiece = { readonly type: 'text' | 'thought'; readonly text: string };

export type ThoughtFilterOptions = {
  /** Element names that enclose reasoning. @defaultValue `['think', 'thinking']` (Qwen3, DeepSeek R1, SmolLM3) */
  readonly tags?: readonly string[];
  /** Whether the template already opened the thought, so that the reply begins inside it. @defaultValue false */
  readonly startsInThought?: boolean;
};

/**
 * Splits streamed text into what is meant for the listener and what the model
 * thinks aloud between `<think>` and `</think>`. Tags may be cut anywhere
 * between deltas; whatever could still become a tag is held back, nothing else is.
 */
export class ThoughtFilter {
  readonly #tags: readonly string[];
  #openTag: string | undefined;
  #held = '';
  /** After a thought, models write blank lines that belong to neither side. */
  #skipWhitespace = false;

  constructor(options: ThoughtFilterOptions = {}) {
    this.#tags = options.tags ?? ['think', 'thinking'];
    this.#openTag = options.startsInThought ? this.#tags[0] : undefined;
  }

  push(delta: string): ThoughtPiece[] {
    this.#held += delta;
    const pieces: ThoughtPiece[] = [];
    for (let tag = this.#takeUpToTag(pieces); tag !== undefined; tag = this.#takeUpToTag(pieces)) {
      this.#skipWhitespace = tag.closes;
      this.#openTag = tag.closes ? undefined : tag.name;
    }
    return pieces;
  }

  /** Releases what was held back; an unfinished tag was text after all. */
  flush(): ThoughtPiece[] {
    const pieces: ThoughtPiece[] = [];
    this.#emit(this.#held, pieces);
    this.#held = '';
    return pieces;
  }

  /** Emits the text before the next complete tag and consumes both; undefined when there is none yet. */
  #takeUpToTag(pieces: ThoughtPiece[]): { readonly name: string; readonly closes: boolean } | undefined {
    const closes = this.#openTag !== undefined;
    const names = this.#openTag === undefined ? this.#tags : [this.#openTag];
    const tags = names.map((name) => ({ name, written: closes ? `</${name}>` : `<${name}>` }));
    let first: { name: string; written: string; at: number } | undefined;
    for (const tag of tags) {
      const at = this.#held.indexOf(tag.written);
      if (at >= 0 && (first === undefined || at < first.at)) first = { ...tag, at };
    }
    if (first === undefined) {
      const keep = longestTagStart(this.#held, tags.map((tag) => tag.written));
      this.#emit(this.#held.slice(0, this.#held.length - keep), pieces);
      this.#held = this.#held.slice(this.#held.length - keep);
      return undefined;
    }
    this.#emit(this.#held.slice(0, first.at), pieces);
    this.#held = this.#held.slice(first.at + first.written.length);
    return { name: first.name, closes };
  }

  #emit(text: string, pieces: ThoughtPiece[]): void {
    let rest = text;
    if (this.#skipWhitespace) {
      rest = rest.trimStart();
      if (rest !== '') this.#skipWhitespace = false;
    }
    if (rest !== '') pieces.push({ type: this.#openTag === undefined ? 'text' : 'thought', text: rest });
  }
}

/** Length of the longest end of `text` that is the beginning of a tag. */
function longestTagStart(text: string, tags: readonly string[]): number {
  const longest = Math.max(...tags.map((tag) => tag.length)) - 1;
  for (let length = Math.min(longest, text.length); length > 0; length--) {
    const end = text.slice(-length);
    if (tags.some((tag) => tag.startsWith(end))) return length;
  }
  return 0;
}
