import { describe, expect, it } from 'vitest';
import type { CorpusUtterance } from '../corpus/utterance.ts';
import { scoreCorpus } from './score-corpus.ts';
import type { TranscribedUtterance } from './transcribe-corpus.ts';

const said = (id: string, speaker: string, split: string, transcript: string): CorpusUtterance => ({ id, audioPath: `/${id}.wav`, transcript, speaker, split });
const heard = (id: string, hypothesis: string, more: Partial<TranscribedUtterance> = {}): TranscribedUtterance => ({ id, hypothesis, audioMs: 2000, processingMs: 100, processorMs: 150, ...more });

const corpus = [
  said('a1', 'ann', 'clean', 'the cat sat down'),
  said('a2', 'ann', 'noisy', 'one two three'),
  said('b1', 'bob', 'clean', 'where is the lift'),
  said('b2', 'bob', 'clean', ''),
  said('c1', 'cat', 'clean', 'not measured'),
];
const transcripts = [
  heard('a1', 'the bat sat down', { firstPartialMs: 800, partialWordCount: 6, revisedWordCount: 1 }),
  heard('a2', 'one three four five', { firstPartialMs: 400, partialWordCount: 2, revisedWordCount: 2 }),
  heard('b1', 'where is the lift', { firstPartialMs: 600 }),
  heard('b2', 'noise', { audioMs: 4000 }),
];
const scores = scoreCorpus(corpus, transcripts, { corpus: 'by hand', mode: 'live', normalizer: 'basic' });

describe('scoreCorpus', () => {
  it('sums errors over the corpus and leaves out what has no reference or was not measured', () => {
    // "one two three" → "one three four five": two→three, three→four, +five, or as cheaply −two, +four, +five: three errors.
    const { words } = scores;
    expect([words.referenceCount, words.substitutions + words.deletions + words.insertions]).toEqual([11, 4]);
    expect(scores.wordErrorRate.estimate).toBeCloseTo(4 / 11);
    expect([scores.utteranceCount, scores.skippedCount, scores.speakerCount]).toEqual([3, 1, 2]);
  });

  it('tells splits and speakers apart', () => {
    expect(scores.splits.map(({ split, utteranceCount, wordErrorRate }) => [split, utteranceCount, wordErrorRate.estimate])).toEqual([['clean', 2, 1 / 8], ['noisy', 1, 1]]);
    expect(scores.speakers.map(({ speaker, wordErrorRate }) => [speaker, wordErrorRate])).toEqual([['ann', 4 / 7], ['bob', 0]]);
  });

  it('counts the cost of all audio, also of what has no reference', () => {
    expect(scores.audioMs).toBe(10_000);
    expect(scores.realTimeFactor).toBeCloseTo(0.04);
    expect(scores.coreSecondsPerAudioHour).toBeCloseTo((600 / 10_000) * 3600);
  });

  it('gives the median first partial and the share of partial words taken back', () => {
    expect(scores.firstPartialMs).toBe(600);
    expect(scores.partialRevisionRate).toBeCloseTo(3 / 8);
  });

  it('gives no interval where there are too few speakers for one', () => {
    expect(scores.wordErrorRate).toMatchObject({ low: undefined, high: undefined });
  });

  it('names confusions', () => {
    expect(scores.confusions).toContainEqual({ reference: 'cat', hypothesis: 'bat', count: 1 });
  });
});
