/**
 * Recognisers fall into loops ("the the the …") on noise and silence. A loop is a period of up to
 * {@link LONGEST_PERIOD} tokens, repeated more often than people repeat themselves: a telephone number
 * may hold six zeros, and "no no no no" is speech.
 */
const LONGEST_PERIOD = 24;
const SHORTEST_LOOP_TOKENS = 12;
const FEWEST_REPEATS = 4;
const FEWEST_REPEATS_OF_ONE_TOKEN = 10;

/** How many tokens to keep when the end of `tokens` is a loop (its first period stays); undefined when it is not. */
export function loopCut(tokens: readonly number[]): number | undefined {
  for (let period = 1; period <= LONGEST_PERIOD && period * FEWEST_REPEATS <= tokens.length; period++) {
    const needed = period === 1 ? FEWEST_REPEATS_OF_ONE_TOKEN : Math.max(FEWEST_REPEATS, Math.ceil(SHORTEST_LOOP_TOKENS / period));
    const start = loopStart(tokens, period);
    if (tokens.length - start >= needed * period) return start + period;
  }
  return undefined;
}

/** The first index from which `tokens` repeats with `period` to its end. */
function loopStart(tokens: readonly number[], period: number): number {
  let start = tokens.length - period;
  while (start > 0 && tokens[start - 1] === tokens[start - 1 + period]) start--;
  return start;
}
