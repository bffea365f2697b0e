import { seededRandom } from '@sotto/pipeline/metrics';
import { describe, expect, it } from 'vitest';
import type { CorpusUtterance } from '../corpus/utterance.ts';
import { scoreCorpus, type WerScores } from '../wer/score-corpus.ts';
import { compareWer } from './compare-wer.ts';

const WORDS = 'alpha bravo charlie delta echo foxtrot golf hotel india juliet'.split(' ');

/** 20 speakers with 10 utterances each, heard with this share of words wrong. */
function scored(errorShare: number, seed: number, change: Partial<CorpusUtterance> = {}): WerScores {
  const random = seededRandom(seed);
  const corpus = Array.from({ length: 200 }, (_, i): CorpusUtterance => ({ id: `u${i}`, audioPath: '', transcript: WORDS.join(' '), speaker: `s${i % 20}`, split: 'all', ...change }));
  const heard = corpus.map(({ id }) => ({ id, hypothesis: WORDS.map((word) => (random() < errorShare ? 'wrong' : word)).join(' '), audioMs: 1000, processingMs: 1, processorMs: 1 }));
  return scoreCorpus(corpus, heard, { corpus: 'drawn', mode: 'utterance', normalizer: 'basic' });
}

describe('compareWer', () => {
  it('finds a difference that is there, in its direction', () => {
    const { difference, mapsswe } = compareWer(scored(0.05, 1), scored(0.15, 2));
    expect(difference.estimate).toBeCloseTo(-0.1, 1);
    expect(difference.high).toBeLessThan(0);
    expect(difference.pValue).toBeLessThan(0.01);
    expect(mapsswe.z).toBeLessThan(-3);
  });

  it('finds none between two that are equally good', () => {
    const { difference, mapsswe } = compareWer(scored(0.1, 3), scored(0.1, 4));
    expect(difference.low).toBeLessThan(0);
    expect(difference.high).toBeGreaterThan(0);
    expect(mapsswe.pValue).toBeGreaterThan(0.05);
  });

  it('refuses what is not the same data', () => {
    const a = scored(0.1, 1);
    expect(() => compareWer(a, { ...a, normalizer: 'none' })).toThrow(/normaliser basic in the first, none in the second/);
    expect(() => compareWer(a, scored(0.1, 1, { transcript: 'something else' }))).toThrow(/two different references/);
    expect(() => compareWer(a, { ...a, utterances: a.utterances.slice(1) })).toThrow(/number of utterances 200 in the first, 199/);
    expect(() => compareWer(a, { ...a, utterances: a.utterances.map((one) => ({ ...one, id: `${one.id}x` })) })).toThrow(/u0 is only in the first/);
  });
});
