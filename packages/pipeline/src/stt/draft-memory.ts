/** Token pairs remembered; a kiosk's questions have a few thousand. */
const CAPACITY = 8192;
/** Longest guess. Each wrong token costs a tenth of a decoder step, each right one saves a step. */
const LONGEST_DRAFT = 5;

/**
 * Remembers which token followed which two in earlier transcripts, and guesses from it what comes next ("what time does …").
 * Guesses are only drafts, which the decoder verifies, so they change how soon a transcript is there, never what it says.
 */
export class DraftMemory {
  readonly #next = new Map<string, number>();

  learn(tokens: readonly number[]): void {
    for (let i = 0; i + 1 < tokens.length; i++) {
      const context = contextKey(tokens, i + 1);
      this.#next.delete(context);
      this.#next.set(context, tokens[i + 1]!);
    }
    for (const oldest of this.#next.keys()) {
      if (this.#next.size <= CAPACITY) break;
      this.#next.delete(oldest);
    }
  }

  /** What may follow `tokens`; empty when their end was never seen. */
  guess(tokens: readonly number[]): number[] {
    const sequence = tokens.slice(-2);
    const given = sequence.length;
    while (sequence.length - given < LONGEST_DRAFT) {
      const next = this.#next.get(contextKey(sequence, sequence.length));
      if (next === undefined) break;
      sequence.push(next);
    }
    return sequence.slice(given);
  }
}

/** The two tokens before `end`; at the beginning, one. */
function contextKey(tokens: readonly number[], end: number): string {
  return `${tokens[end - 2] ?? ''},${tokens[end - 1] ?? ''}`;
}
