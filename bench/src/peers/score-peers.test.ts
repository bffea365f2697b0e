import { describe, expect, it } from 'vitest';
import { scorePairs, type TimedPair } from './score-peers.ts';

const pairs = (ratioOf: (item: number) => number, count = 20) => Array.from({ length: count }, (_, item): TimedPair => ({ ours: { item, wallMs: 10 + item, processorMs: 20 }, peer: { item, wallMs: (10 + item) * ratioOf(item), processorMs: 10 } }));

describe('scorePairs', () => {
  it('takes the ratio of each pair, not of the medians', () => {
    expect(scorePairs(pairs((item) => (item < 10 ? 4 : 2)), 'wallMs')).toMatchObject({ pairCount: 20, ratio: { estimate: 3 }, ratioQuartiles: [2, 4], verdict: 'ahead' });
  });

  it('says where we are behind, and where nothing is shown', () => {
    expect(scorePairs(pairs(() => 3), 'processorMs').verdict).toBe('behind');
    expect(scorePairs(pairs((item) => (item % 2 === 0 ? 0.8 : 1.2)), 'wallMs').verdict).toBe('not shown');
    expect(scorePairs(pairs(() => 3, 2), 'wallMs').verdict).toBe('not shown');
  });
});
