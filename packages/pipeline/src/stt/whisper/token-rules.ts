import type { WhisperVocabulary } from './whisper-vocabulary.ts';

export type TokenRules = {
  /** Never chosen (openai/whisper `non_speech_tokens` and the control tokens). */
  readonly suppressed: readonly number[];
  /** Not chosen first: a lone space and the end. */
  readonly suppressedFirst: readonly number[];
  readonly timestamps: boolean;
  /** Latest first timestamp, in steps of 20 ms; undefined for any. 50 in openai/whisper. */
  readonly maxInitialTimestamp: number | undefined;
  /** Forbid any run of this many tokens to come twice; undefined allows it. */
  readonly uniqueRunLength?: number | undefined;
};

/** Applies Whisper's decoding rules to one row of logits (openai/whisper decoding.py). @param chosen tokens after the prompt. */
export function applyTokenRules(rules: TokenRules, vocabulary: WhisperVocabulary, row: Float32Array, chosen: readonly number[]): void {
  for (const token of rules.suppressed) row[token] = -Infinity;
  if (chosen.length === 0) for (const token of rules.suppressedFirst) row[token] = -Infinity;
  if (rules.uniqueRunLength !== undefined) forbidRepeatedRuns(row, chosen, rules.uniqueRunLength);
  if (rules.timestamps) applyTimestampRules(rules, vocabulary, row, chosen);
}

function applyTimestampRules(rules: TokenRules, { end, noTimestamps, firstTimestamp }: WhisperVocabulary, row: Float32Array, chosen: readonly number[]): void {
  row[noTimestamps] = -Infinity;
  if (chosen.length === 0) {
    row.fill(-Infinity, 0, firstTimestamp);
    if (rules.maxInitialTimestamp !== undefined) row.fill(-Infinity, firstTimestamp + rules.maxInitialTimestamp + 1);
    return;
  }
  const isTimestamp = (token: number | undefined) => token === undefined || token >= firstTimestamp;
  if (isTimestamp(chosen.at(-1))) {
    // Timestamps come in pairs, the end of one segment and the start of the next; only the very first and last are single.
    if (isTimestamp(chosen.at(-2))) row.fill(-Infinity, firstTimestamp);
    else row.fill(-Infinity, 0, end);
  }
  const last = chosen.findLast((token) => token >= firstTimestamp);
  if (last !== undefined) {
    // Time does not run backwards, and a segment is not empty.
    const closing = isTimestamp(chosen.at(-1)) && !isTimestamp(chosen.at(-2));
    row.fill(-Infinity, firstTimestamp, closing ? last : last + 1);
  }
  if (timestampsOutweighText(row, firstTimestamp)) row.fill(-Infinity, 0, firstTimestamp);
}

/** Whether all timestamps together are likelier than the likeliest other token. */
function timestampsOutweighText(row: Float32Array, firstTimestamp: number): boolean {
  let bestText = -Infinity;
  for (let i = 0; i < firstTimestamp; i++) if (row[i]! > bestText) bestText = row[i]!;
  let bestTimestamp = -Infinity;
  for (let i = firstTimestamp; i < row.length; i++) if (row[i]! > bestTimestamp) bestTimestamp = row[i]!;
  if (bestTimestamp === -Infinity) return false;
  let sum = 0;
  for (let i = firstTimestamp; i < row.length; i++) sum += Math.exp(row[i]! - bestTimestamp);
  return bestTimestamp + Math.log(sum) > bestText;
}

function forbidRepeatedRuns(row: Float32Array, chosen: readonly number[], runLength: number): void {
  const tailStart = chosen.length - runLength + 1;
  if (tailStart < 1) return;
  for (let start = 0; start < tailStart; start++) {
    let same = true;
    for (let i = 0; same && i < runLength - 1; i++) same = chosen[start + i] === chosen[tailStart + i];
    if (same) row[chosen[start + runLength - 1]!] = -Infinity;
  }
}
