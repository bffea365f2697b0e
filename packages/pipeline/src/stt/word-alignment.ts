import type { Tensor } from 'onnxruntime-common';
import type { TimedWord } from '../audio/timed-word.ts';
import type { Detokenizer } from './bpe-detokenizer.ts';
import { cheapestPath } from './dynamic-time-warping.ts';
import { SPACELESS_SCRIPT } from './spaceless-script.ts';

export type WordAlignmentOptions = {
  /** Text tokens of the transcript. */
  readonly tokens: readonly number[];
  readonly detokenizer: Pick<Detokenizer, 'decode'>;
  /** Tokens before the text in the decoder's input. */
  readonly promptLength: number;
  /** Audio per encoder frame. */
  readonly frameMs: number;
  readonly audioMs: number;
  /** [layer, head] pairs known to follow the speech; absent means all of them. */
  readonly heads?: readonly (readonly [number, number])[] | undefined;
};

/** Width of the median filter over frames (openai/whisper timing.py). */
const MEDIAN_WIDTH = 7;

/**
 * Word timings from cross-attention by dynamic time warping (openai/whisper timing.py).
 * @param attention one tensor [1, heads, inputTokens, frames] per layer, for the input prompt + tokens + end token.
 */
export function alignWords(attention: readonly Tensor[], options: WordAlignmentOptions): TimedWord[] {
  const { tokens, promptLength, frameMs, audioMs } = options;
  const frameCount = Math.min(Math.ceil(audioMs / frameMs), attention[0]!.dims[3]!);
  if (frameCount === 0) return [];
  const matrix = attentionMatrix(attention, options, frameCount);
  // The row of a token is what it looked at to choose the next one, so text token i starts with row promptLength - 1 + i.
  const rows = matrix.slice(promptLength - 1, promptLength + tokens.length);
  const startFrames = cheapestPath(rows.map((row) => row.map((weight) => -weight)));
  const timeOf = (token: number) => Math.min(audioMs, startFrames[token]! * frameMs);
  return groupIntoWords(tokens, options.detokenizer).map(({ text, first, end }) => ({ text, startMs: timeOf(first), endMs: Math.max(timeOf(first), timeOf(end)) }));
}

/** Mean over heads of the attention, standardised over tokens and smoothed over frames: one row per input token. */
function attentionMatrix(attention: readonly Tensor[], options: WordAlignmentOptions, frameCount: number): Float64Array[] {
  const tokenCount = attention[0]!.dims[2]!;
  const heads = options.heads ?? attention.flatMap((layer, i) => Array.from({ length: layer.dims[1]! }, (_, head) => [i, head] as const));
  const sum = Array.from({ length: tokenCount }, () => new Float64Array(frameCount));
  for (const [layer, head] of heads) {
    const tensor = attention[layer];
    if (!tensor || head >= tensor.dims[1]!) continue;
    const weights = standardised(tensor.data as Float32Array, head * tokenCount, tokenCount, tensor.dims[3]!, frameCount);
    weights.forEach((row, token) => medianFiltered(row).forEach((weight, frame) => (sum[token]![frame]! += weight)));
  }
  return sum;
}

function standardised(data: Float32Array, firstRow: number, tokenCount: number, width: number, frameCount: number): Float64Array[] {
  const rows = Array.from({ length: tokenCount }, (_, token) => Float64Array.from(data.subarray((firstRow + token) * width, (firstRow + token) * width + frameCount)));
  for (let frame = 0; frame < frameCount; frame++) {
    let mean = 0;
    for (const row of rows) mean += row[frame]! / tokenCount;
    let variance = 0;
    for (const row of rows) variance += (row[frame]! - mean) ** 2 / tokenCount;
    const deviation = Math.sqrt(variance) || 1;
    for (const row of rows) row[frame] = (row[frame]! - mean) / deviation;
  }
  return rows;
}

function medianFiltered(row: Float64Array): Float64Array {
  const half = MEDIAN_WIDTH >> 1;
  if (row.length <= half) return row;
  const mirrored = (i: number) => row[i < 0 ? -i : i >= row.length ? 2 * row.length - 2 - i : i]!;
  return row.map((_, frame) => Float64Array.from({ length: MEDIAN_WIDTH }, (_, k) => mirrored(frame - half + k)).sort()[half]!);
}

type WordTokens = { readonly text: string; readonly first: number; readonly end: number };

/** Groups tokens into words: a word begins at a space; half characters stay together; punctuation stays with the word before. */
export function groupIntoWords(tokens: readonly number[], detokenizer: Pick<Detokenizer, 'decode'>): WordTokens[] {
  const words: WordTokens[] = [];
  for (let first = 0, end = 1; end <= tokens.length; end++) {
    const text = detokenizer.decode(tokens.slice(first, end));
    if (text.includes('\uFFFD') && end < tokens.length) continue;
    const previous = words.at(-1);
    const isPunctuation = !/[\p{L}\p{N}]/u.test(text);
    const begins = !previous || (!isPunctuation && (/^\s/.test(text) || SPACELESS_SCRIPT.test(text)));
    if (begins) words.push({ text, first, end });
    else words[words.length - 1] = { text: previous.text + text, first: previous.first, end };
    first = end;
  }
  return words.map((word) => ({ ...word, text: word.text.trim() })).filter((word) => word.text !== '');
}
