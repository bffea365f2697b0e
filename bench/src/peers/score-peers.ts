import { type Interval, percentile, percentileInterval } from '@sotto/pipeline/metrics';
import type { RunTiming } from '../runner/runner-message.ts';

export type TimedPair = { readonly ours: RunTiming; readonly peer: RunTiming };

export type PairScores = {
  readonly pairCount: number;
  readonly oursMs: number;
  readonly peerMs: number;
  /** How many times as long the peer takes, for each pair; above 1 we are ahead. */
  readonly ratio: Interval;
  /** Of the pairs: the middle half. */
  readonly ratioQuartiles: readonly [number, number];
  /** Ahead or behind only where the interval says so. */
  readonly verdict: 'ahead' | 'behind' | 'not shown';
};

/** Pairs were measured one right after the other, so that whatever else the machine did weighs on both. */
export function scorePairs(pairs: readonly TimedPair[], time: 'wallMs' | 'processorMs'): PairScores {
  const ratios = pairs.map(({ ours, peer }) => peer[time] / ours[time]);
  const ratio = percentileInterval(ratios, 0.5);
  return {
    pairCount: pairs.length,
    oursMs: percentile(pairs.map(({ ours }) => ours[time]), 0.5),
    peerMs: percentile(pairs.map(({ peer }) => peer[time]), 0.5),
    ratio,
    ratioQuartiles: [percentile(ratios, 0.25), percentile(ratios, 0.75)],
    verdict: ratio.low !== undefined && ratio.low > 1 ? 'ahead' : ratio.high !== undefined && ratio.high < 1 ? 'behind' : 'not shown',
  };
}

/** In how many pairs both said the same; undefined for work that says nothing. */
export function sameTextCount(pairs: readonly TimedPair[]): number | undefined {
  if (pairs.every(({ ours }) => ours.outcome.text === undefined)) return undefined;
  return pairs.filter(({ ours, peer }) => ours.outcome.text === peer.outcome.text).length;
}
