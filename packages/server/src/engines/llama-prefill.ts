import type { Clock } from '@sotto/pipeline';
import type { LlamaContextSequence, Token } from 'node-llama-cpp';

/** An abort waits for the slice under way, so a slice aims at well under the promised 150 ms. */
const TARGET_SLICE_MS = 60;
const MIN_SLICE_TOKENS = 16;
const MAX_SLICE_TOKENS = 256;
const STEP_TOKENS = 16;

/**
 * How many prompt tokens to evaluate at a time, learned from how long the last slices took: a tiny
 * model takes hundreds in the time in which a large one takes sixteen. One pace per engine.
 */
export class PrefillPace {
  #sliceTokenCount = MIN_SLICE_TOKENS;

  get sliceTokenCount(): number {
    return this.#sliceTokenCount;
  }

  observe(tokenCount: number, durationMs: number): void {
    if (tokenCount < this.#sliceTokenCount) return;
    const affordable = (tokenCount / Math.max(durationMs, 1)) * TARGET_SLICE_MS;
    const stepped = Math.floor(Math.min(affordable, tokenCount * 4) / STEP_TOKENS) * STEP_TOKENS;
    this.#sliceTokenCount = Math.max(MIN_SLICE_TOKENS, Math.min(MAX_SLICE_TOKENS, stepped));
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
