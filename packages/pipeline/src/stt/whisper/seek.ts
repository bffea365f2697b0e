/** What a window of a longer recording gave. */
export type WindowAdvance = {
  /** Tokens that belong to finished segments, timestamps included. */
  readonly keptTokenCount: number;
  /** Where the next window begins, from this window's start. */
  readonly advanceMs: number;
};

const TIMESTAMP_STEP_MS = 20;

/**
 * How far to move on after a window decoded with timestamps (openai/whisper transcribe.py): to the end of the last finished
 * segment, so that a sentence cut off by the window's edge is heard again whole; past the window when nothing was cut off.
 */
export function advanceWindow(tokens: readonly number[], firstTimestamp: number, windowMs: number): WindowAdvance {
  const isTimestamp = (index: number) => (tokens[index] ?? -1) >= firstTimestamp;
  const pairEnd = tokens.findLastIndex((_, i) => isTimestamp(i) && isTimestamp(i + 1)) + 1;
  const endsOnSingle = isTimestamp(tokens.length - 1) && !isTimestamp(tokens.length - 2);
  const whole = { keptTokenCount: tokens.length, advanceMs: windowMs };
  if (pairEnd === 0 || endsOnSingle) return whole;
  const advanceMs = (tokens[pairEnd - 1]! - firstTimestamp) * TIMESTAMP_STEP_MS;
  return advanceMs > 0 ? { keptTokenCount: pairEnd, advanceMs: Math.min(advanceMs, windowMs) } : whole;
}
