import { describe, expect, it } from 'vitest';
import type { RunTiming } from '../runner/runner-message.ts';
import { sameTextCount, scorePairs, type TimedPair } from './score-peers.ts';

const timing = (item: number, wallMs: number, processorMs: number, text?: string): RunTiming => ({ item, wallMs, processorMs, peakBytes: 0, outcome: text === undefined ? {} : { text } });
const pairs = (ratioOf: (item: number) => number, count = 20) => Array.from({ length: count }, (_, item): TimedPair => ({ ours: timing(item, 10 + item, 20), peer: timing(item, (10 + item) * ratioOf(item), 10) }));

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

describe('sameTextCount', () => {
  it('counts the pairs that said the same, where anything was said', () => {
    const said = (ours: string, peer: string): TimedPair => ({ ours: timing(0, 1, 1, ours), peer: timing(0, 1, 1, peer) });
    expect(sameTextCount([said('nine', 'nine'), said('nine', 'none')])).toBe(1);
    expect(sameTextCount(pairs(() => 1))).toBeUndefined();
  });
});
