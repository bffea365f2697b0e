import type { TimedWord } from '../audio/timed-word.ts';
import type { Transcript } from './stt-engine.ts';

/** What a recogniser made of one stretch of audio. */
export type Hypothesis = {
  /** Text tokens, without special ones. */
  readonly tokens: readonly number[];
  readonly logProbabilities: readonly number[];
  readonly text: string;
  readonly words?: readonly TimedWord[];
  readonly language?: string;
  readonly noSpeechProbability?: number;
};

export const EMPTY_HYPOTHESIS: Hypothesis = { tokens: [], logProbabilities: [], text: '' };

/** @param audioMs length of the audio transcribed. */
export function toTranscript(hypothesis: Hypothesis, audioMs: number): Transcript {
  const { tokens, text, words, language, noSpeechProbability } = hypothesis;
  return {
    text,
    tokens,
    confidence: text === '' ? 0 : geometricMean(hypothesis.logProbabilities),
    audioMs,
    ...(words && { words }),
    ...(language !== undefined && { language }),
    ...(noSpeechProbability !== undefined && { noSpeechProbability }),
  };
}

/** One hypothesis for pieces of a longer recording. @param offsetsMs where each piece begins. */
export function joinHypotheses(pieces: readonly Hypothesis[], offsetsMs: readonly number[]): Hypothesis {
  const words = pieces.flatMap((piece, i) => (piece.words ?? []).map((word) => ({ ...word, startMs: word.startMs + offsetsMs[i]!, endMs: word.endMs + offsetsMs[i]! })));
  const language = pieces.find((piece) => piece.language !== undefined)?.language;
  const noSpeech = pieces.map((piece) => piece.noSpeechProbability).filter((probability) => probability !== undefined);
  return {
    tokens: pieces.flatMap((piece) => piece.tokens),
    logProbabilities: pieces.flatMap((piece) => piece.logProbabilities),
    text: pieces.map((piece) => piece.text).filter((text) => text !== '').join(' '),
    ...(pieces.some((piece) => piece.words) && { words }),
    ...(language !== undefined && { language }),
    ...(noSpeech.length > 0 && { noSpeechProbability: Math.min(...noSpeech) }),
  };
}

function geometricMean(logProbabilities: readonly number[]): number {
  if (logProbabilities.length === 0) return 0;
  return Math.exp(logProbabilities.reduce((sum, value) => sum + value, 0) / logProbabilities.length);
}
