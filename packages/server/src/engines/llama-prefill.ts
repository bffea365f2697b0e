import type { Clock } from '@sotto/pipeline';
import type { LlamaContextSequence, Token } from 'node-llama-cpp';

/**
 * An abort waits for the slice under way, and 150 ms are promised: a slice that another program
 * holds up may take several times as long as it should.
 */
const TARGET_SLICE_MS = 30;
/**
 * Smaller slices cost too much for each token (measured with the starter model: 0.8 ms of computing
 * in thirty-twos, 0.3 ms in sixty-fours and in any larger size), so a slower machine takes this many
 * as long as they fit the longest time.
 */
const EFFICIENT_SLICE_TOKENS = 64;
const LONGEST_SLICE_MS = 80;
/**
 * Half as fast per token as large slices (measured with Q8_0 weights of Qwen3-0.6B's shape: 21 ms
 * a token in fours, 11 in sixteens, 9 in sixty-fours), but all that one slow core can do in time.
 */
const MIN_SLICE_TOKENS = 4;
const MAX_SLICE_TOKENS = 256;
const MAX_GROWTH = 4;
const REMEMBERED_SLICES = 5;

/**
 * How many prompt tokens to evaluate at a time, learned from how long the last slices took: a tiny
 * model takes hundreds in the time in which a large one takes four. One pace per engine.
 */
export class PrefillPace {
  #sliceTokenCount = MIN_SLICE_TOKENS;
  /** Of the last full slices, of which the middle one counts: one busy moment does not slow down the rest, a busy machine does. */
  #msPerToken: number[] = [];

  get sliceTokenCount(): number {
    return this.#sliceTokenCount;
  }

  observe(tokenCount: number, durationMs: number): void {
    // The last slice of a prompt is short, and dear for its length.
    if (tokenCount < this.#sliceTokenCount) return;
    this.#msPerToken = [...this.#msPerToken, durationMs / tokenCount].slice(-REMEMBERED_SLICES);
    const usualMsPerToken = this.#msPerToken.toSorted((left, right) => left - right)[Math.floor(this.#msPerToken.length / 2)] ?? 0;
    const tokensIn = (sliceMs: number) => sliceMs / Math.max(usualMsPerToken, Number.EPSILON);
    const affordable = Math.max(tokensIn(TARGET_SLICE_MS), Math.min(EFFICIENT_SLICE_TOKENS, tokensIn(LONGEST_SLICE_MS)));
    const grown = Math.min(affordable, tokenCount * MAX_GROWTH, MAX_SLICE_TOKENS);
    const step = grown < 16 ? 4 : 16;
    this.#sliceTokenCount = Math.max(MIN_SLICE_TOKENS, Math.floor(grown / step) * step);
  }
}

export type PrefillOptions = {
  readonly pace: PrefillPace;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/**
 * Makes the sequence hold exactly `tokens`, evaluating only what it does not hold already. The
 * library's own prefill runs to its end whatever the signal says; slices can be stopped between.
 * What was evaluated before an abort stays valid for the next call.
 *
 * Models that cannot rewind (recurrent, hybrid, sliding-window) fall back to their last checkpoint
 * or to the beginning; the library sees to that, and a checkpoint is taken here for the next time.
 * @returns how many tokens were held already.
 */
export async function prefill(sequence: LlamaContextSequence, tokens: readonly Token[], options: PrefillOptions): Promise<number> {
  const { pace, clock, signal } = options;
  signal.throwIfAborted();
  await sequence.adaptStateToTokens([...tokens], false);
  const cachedTokenCount = sequence.nextTokenIndex;
  while (sequence.nextTokenIndex < tokens.length) {
    signal.throwIfAborted();
    const slice = tokens.slice(sequence.nextTokenIndex, sequence.nextTokenIndex + pace.sliceTokenCount);
    const startMs = clock.nowMs();
    await sequence.evaluateWithoutGeneratingNewTokens(slice);
    pace.observe(slice.length, clock.nowMs() - startMs);
  }
  if (cachedTokenCount < tokens.length) await sequence.takeCheckpoint();
  signal.throwIfAborted();
  return cachedTokenCount;
}
