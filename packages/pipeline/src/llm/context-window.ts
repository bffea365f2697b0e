import { ConfigError } from '../errors.ts';
import type { ChatMessage } from './llm-engine.ts';

export type ContextWindowOptions = {
  /** Tokens the model can hold, prompt and reply together. */
  readonly contextTokenCount: number;
  /** Tokens of one message as the model's template writes it; an estimate must err upwards. */
  readonly countTokens: (message: ChatMessage) => number;
  /**
   * Share of the room that the history may take after old turns were dropped, in (0, 1). Low means
   * that many turns go at once and then none for long, so the evaluated prefix stays valid.
   * @defaultValue 0.5
   */
  readonly keepRatio?: number;
  /** One line in place of the dropped turns; undefined to drop them without a word. */
  readonly summarize?: (dropped: readonly ChatMessage[]) => string | undefined;
};

/**
 * Keeps a conversation within the context of its model, for one conversation.
 *
 * The leading system messages and the newest turn always stay. When the rest
 * no longer fits, the oldest turns go in one block: a prompt whose beginning
 * changed must be evaluated again from there, so it should change rarely. A tool
 * call is never parted from its result. As the last resort texts are shortened;
 * there is no overflow error.
 */
export class ContextWindow {
  readonly #options: Required<Omit<ContextWindowOptions, 'summarize'>> & Pick<ContextWindowOptions, 'summarize'>;
  /** The first message after the dropped block, and where it stood; found again in an edited history. */
  #firstKept: { readonly message: ChatMessage; readonly index: number } | undefined;

  constructor(options: ContextWindowOptions) {
    const keepRatio = options.keepRatio ?? 0.5;
    if (!(keepRatio > 0 && keepRatio < 1)) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `keepRatio must lie between 0 and 1, got ${keepRatio}`, { stage: 'llm' });
    if (!(options.contextTokenCount > 0)) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `contextTokenCount must be positive, got ${options.contextTokenCount}`, { stage: 'llm' });
    this.#options = { ...options, keepRatio };
  }

  /**
   * Returns the messages to send. `reservedTokenCount` is the room kept free for the reply, the
   * template's frame and tool definitions.
   */
  fit(messages: readonly ChatMessage[], reservedTokenCount: number): readonly ChatMessage[] {
    const roomTokenCount = Math.max(1, this.#options.contextTokenCount - reservedTokenCount);
    const systemCount = countLeadingSystem(messages);
    const dropped = this.#findFirstKept(messages, systemCount);
    const kept = this.#compose(messages, systemCount, dropped);
    if (this.#total(kept) <= roomTokenCount) return kept;

    const starts = turnStarts(messages, systemCount).filter((start) => start > dropped);
    const target = roomTokenCount * this.#options.keepRatio;
    const newest = starts.at(-1);
    const start = starts.find((candidate) => this.#total(this.#compose(messages, systemCount, candidate)) <= target) ?? newest ?? dropped;
    const first = messages[start];
    this.#firstKept = start > systemCount && first !== undefined ? { message: first, index: start } : undefined;
    return this.#shorten(this.#compose(messages, systemCount, start), roomTokenCount);
  }

  #findFirstKept(messages: readonly ChatMessage[], systemCount: number): number {
    const anchor = this.#firstKept;
    if (anchor === undefined) return systemCount;
    const here = messages[anchor.index];
    if (here !== undefined && isSame(here, anchor.message)) return anchor.index;
    const moved = messages.findIndex((message, index) => index >= systemCount && isSame(message, anchor.message));
    if (moved < 0) {
      this.#firstKept = undefined;
      return systemCount;
    }
    this.#firstKept = { message: anchor.message, index: moved };
    return moved;
  }

  #compose(messages: readonly ChatMessage[], systemCount: number, start: number): ChatMessage[] {
    const system = messages.slice(0, systemCount);
    const summary = start > systemCount ? this.#options.summarize?.(messages.slice(systemCount, start)) : undefined;
    const note: ChatMessage[] = summary === undefined || summary === '' ? [] : [{ role: 'system', text: summary }];
    return [...system, ...note, ...messages.slice(start)];
  }

  #total(messages: readonly ChatMessage[]): number {
    return messages.reduce((sum, message) => sum + this.#options.countTokens(message), 0);
  }

  /** Halves the longest texts until everything fits or there is nothing left to cut. */
  #shorten(messages: ChatMessage[], roomTokenCount: number): ChatMessage[] {
    const shortened = [...messages];
    while (this.#total(shortened) > roomTokenCount) {
      const index = shortened.reduce((longest, message, at) => (message.text.length > (shortened[longest]?.text.length ?? 0) ? at : longest), 0);
      const message = shortened[index];
      if (message === undefined || message.text.length < 2) break;
      const keepRatio = Math.max(0.5, Math.min(0.95, roomTokenCount / this.#total(shortened)));
      shortened[index] = { ...message, text: cutText(message, Math.floor(message.text.length * keepRatio)) };
    }
    return shortened;
  }
}

/**
 * A one-line reminder of dropped turns: the beginnings of what the user said, newest last.
 * Extractive, so that it costs no inference.
 */
export function summarizeUserTurns(dropped: readonly ChatMessage[], maxWordCount = 40): string | undefined {
  const sayings: string[] = [];
  let wordCount = 0;
  for (const message of dropped.filter((candidate) => candidate.role === 'user').reverse()) {
    const words = message.text.trim().split(/\s+/u).slice(0, 8);
    if (wordCount + words.length > maxWordCount) break;
    wordCount += words.length;
    sayings.unshift(`"${words.join(' ')}"`);
  }
  return sayings.length === 0 ? undefined : `Earlier the user said: ${sayings.join(', ')}.`;
}

function countLeadingSystem(messages: readonly ChatMessage[]): number {
  const first = messages.findIndex((message) => message.role !== 'system');
  return first < 0 ? messages.length : first;
}

/** Where the history may begin: at a message of the user with no tool call open across it. */
function turnStarts(messages: readonly ChatMessage[], systemCount: number): number[] {
  const resultAt = new Map<string, number>();
  messages.forEach((message, index) => {
    if (message.role === 'tool') resultAt.set(message.callId, index);
  });
  const starts: number[] = [];
  let openUntil = -1;
  for (let index = systemCount; index < messages.length; index++) {
    const message = messages[index];
    if (message === undefined) break;
    if (message.role === 'user' && index > openUntil) starts.push(index);
    if (message.role !== 'assistant') continue;
    for (const call of message.toolCalls ?? []) openUntil = Math.max(openUntil, resultAt.get(call.callId) ?? -1);
  }
  return starts;
}

function isSame(left: ChatMessage, right: ChatMessage): boolean {
  return left === right || (left.role === right.role && left.text === right.text);
}

/** Instructions matter at their beginning; speech at its beginning and end. */
function cutText(message: ChatMessage, length: number): string {
  if (message.role === 'system') return sliceWhole(message.text, 0, length);
  const head = Math.ceil(length / 2);
  return sliceWhole(message.text, 0, head) + sliceWhole(message.text, message.text.length - (length - head), message.text.length);
}

/** Like `slice`, but never leaves half of a surrogate pair at either end. */
function sliceWhole(text: string, start: number, end: number): string {
  const isLowSurrogate = (index: number) => /[\uDC00-\uDFFF]/.test(text.charAt(index));
  return text.slice(isLowSurrogate(start) ? start + 1 : start, isLowSurrogate(end) ? end - 1 : end);
}
