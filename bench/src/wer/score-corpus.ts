import { commonestConfusions, type Confusion, type ErrorCounts, errorRate, errorRateInterval, type Interval, type ScoredUtterance, scoreUtterance, sumErrors, type TextNormalizerProfile } from '@sotto/pipeline/metrics';
import type { SpokenText } from '../corpus/utterance.ts';
import type { ListeningMode, TranscribedUtterance } from './transcribe-corpus.ts';

export type WerScores = {
  readonly corpus: string;
  readonly mode: ListeningMode;
  readonly normalizer: TextNormalizerProfile;
  readonly utteranceCount: number;
  /** Left out because their reference is empty after normalising. */
  readonly skippedCount: number;
  readonly speakerCount: number;
  readonly words: ErrorCounts;
  readonly wordErrorRate: Interval;
  readonly characterErrorRate: number | undefined;
  readonly splits: readonly { readonly split: string; readonly utteranceCount: number; readonly words: ErrorCounts; readonly wordErrorRate: Interval }[];
  readonly speakers: readonly { readonly speaker: string; readonly utteranceCount: number; readonly wordErrorRate: number | undefined }[];
  readonly confusions: readonly Confusion[];
  readonly audioMs: number;
  readonly realTimeFactor: number;
  readonly coreSecondsPerAudioHour: number;
  readonly firstPartialMs: number | undefined;
  /** Share of words in partials that the final transcript did not keep. */
  readonly partialRevisionRate: number | undefined;
  readonly utterances: readonly { readonly id: string; readonly speaker: string; readonly reference: string; readonly hypothesis: string }[];
};

export type ScoreOptions = { readonly corpus: string; readonly mode: ListeningMode; readonly normalizer: TextNormalizerProfile };

type Scored = { readonly utterance: SpokenText; readonly transcribed: TranscribedUtterance; readonly score: ScoredUtterance };

/** Scores transcripts against their corpus: totals, splits, speakers, confusions, speed. */
export function scoreCorpus(utterances: readonly SpokenText[], transcribed: readonly TranscribedUtterance[], options: ScoreOptions): WerScores {
  const byId = new Map(transcribed.map((one) => [one.id, one]));
  const all = utterances.flatMap((utterance): Scored[] => {
    const one = byId.get(utterance.id);
    return one === undefined ? [] : [{ utterance, transcribed: one, score: scoreUtterance(utterance.transcript, one.hypothesis, options.normalizer) }];
  });
  const scored = all.filter(({ score }) => score.words.referenceCount > 0);
  const sum = (pick: (one: TranscribedUtterance) => number) => all.reduce((total, { transcribed: one }) => total + pick(one), 0);
  const audioMs = sum((one) => one.audioMs);
  const firstPartials = all.flatMap(({ transcribed: { firstPartialMs } }) => (firstPartialMs === undefined ? [] : [firstPartialMs])).sort((a, b) => a - b);
  const partialWordCount = sum((one) => one.partialWordCount ?? 0);
  return {
    ...options,
    utteranceCount: scored.length,
    skippedCount: all.length - scored.length,
    speakerCount: new Set(scored.map(({ utterance }) => utterance.speaker)).size,
    words: sumErrors(scored.map(({ score }) => score.words)),
    wordErrorRate: rateOf(scored),
    characterErrorRate: errorRate(sumErrors(scored.map(({ score }) => score.characters))),
    splits: groupBy(scored, ({ utterance }) => utterance.split).map(([split, group]) => ({ split, utteranceCount: group.length, words: sumErrors(group.map(({ score }) => score.words)), wordErrorRate: rateOf(group) })),
    speakers: groupBy(scored, ({ utterance }) => utterance.speaker).map(([speaker, group]) => ({ speaker, utteranceCount: group.length, wordErrorRate: errorRate(sumErrors(group.map(({ score }) => score.words))) })),
    confusions: commonestConfusions(scored.map(({ score }) => score.alignment), 20),
    audioMs,
    realTimeFactor: sum((one) => one.processingMs) / Math.max(1, audioMs),
    coreSecondsPerAudioHour: (sum((one) => one.processorMs) / Math.max(1, audioMs)) * 3600,
    firstPartialMs: firstPartials[Math.floor(firstPartials.length / 2)],
    partialRevisionRate: partialWordCount === 0 ? undefined : sum((one) => one.revisedWordCount ?? 0) / partialWordCount,
    utterances: all.map(({ utterance, transcribed: one }) => ({ id: utterance.id, speaker: utterance.speaker, reference: utterance.transcript, hypothesis: one.hypothesis })),
  };
}

/** The figures alone, for corpora whose text is not to be handed on. Such a result cannot be compared by utterance. */
export function withoutWords(scores: WerScores): WerScores {
  return { ...scores, confusions: [], utterances: [] };
}

/** Blocks of the bootstrap are speakers. */
function rateOf(scored: readonly Scored[]): Interval {
  return errorRateInterval(groupBy(scored, ({ utterance }) => utterance.speaker).map(([, group]) => sumErrors(group.map(({ score }) => score.words))));
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): (readonly [string, readonly T[]])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}
