import { describe, expect, it } from 'vitest';
import { compareErrorRates, errorRateInterval } from './error-rate-interval.ts';
import { seededRandom } from './seeded-random.ts';
import { type ErrorCounts, NO_ERRORS } from './word-error-rate.ts';

const random = seededRandom(2024);
const gaussian = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const errorsOf = (errorCount: number, referenceCount: number): ErrorCounts => ({ ...NO_ERRORS, substitutions: errorCount, hits: referenceCount - errorCount, referenceCount });

function binomial(count: number, probability: number): number {
  let hits = 0;
  for (let i = 0; i < count; i++) if (random() < probability) hits++;
  return hits;
}

/** Speakers differ in how hard they are to understand (log-normal) and in how much they say. */
const SPREAD = 0.5;
const speaker = () => ({ difficulty: Math.exp(SPREAD * gaussian() - SPREAD ** 2 / 2), wordCount: 60 + Math.floor(random() * 80) });

describe('errorRateInterval', () => {
  it('covers the true rate in 93–97 % of 1,000 simulated sets of 40 speakers', () => {
    let covered = 0;
    for (let set = 0; set < 1000; set++) {
      const blocks = Array.from({ length: 40 }, speaker).map(({ difficulty, wordCount }) => errorsOf(binomial(wordCount, 0.05 * difficulty), wordCount));
      const { low, high } = errorRateInterval(blocks, { resampleCount: 600, seed: set });
      if (low! <= 0.05 && 0.05 <= high!) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(930);
    expect(covered).toBeLessThanOrEqual(970);
  });

  it('is wider over speakers than over their utterances, which are not independent', () => {
    const speakers = Array.from({ length: 30 }, speaker).map(({ difficulty }) => Array.from({ length: 20 }, () => errorsOf(binomial(100, 0.05 * difficulty), 100)));
    const width = (blocks: ErrorCounts[]) => {
      const { low, high } = errorRateInterval(blocks, { resampleCount: 2000 });
      return high! - low!;
    };
    const bySpeaker = speakers.map((utterances) => errorsOf(utterances.reduce((sum, { substitutions }) => sum + substitutions, 0), 2000));
    expect(width(bySpeaker)).toBeGreaterThan(1.5 * width(speakers.flat()));
  });

  it('gives an estimate but no interval for too few blocks and for blocks without spread', () => {
    expect(errorRateInterval([errorsOf(1, 10), errorsOf(3, 10)])).toEqual({ estimate: 0.2, low: undefined, high: undefined });
    expect(errorRateInterval(Array.from({ length: 20 }, () => errorsOf(0, 10)))).toEqual({ estimate: 0, low: undefined, high: undefined });
  });

  it('never goes below zero and is the same for the same seed', () => {
    const blocks = Array.from({ length: 12 }, (_, index) => errorsOf(index === 0 ? 1 : 0, 50));
    const interval = errorRateInterval(blocks, { seed: 3 });
    expect(interval).toEqual(errorRateInterval(blocks, { seed: 3 }));
    if (interval.low !== undefined) expect(interval.low).toBeGreaterThanOrEqual(0);
    expect(interval.estimate).toBeCloseTo(1 / 600, 12);
  });
});

describe('compareErrorRates', () => {
  /** Two recognisers on 40 speakers; what is hard for one is hard for the other. */
  const compare = (rateA: number, rateB: number, seed: number) =>
    compareErrorRates(
      Array.from({ length: 40 }, speaker).map(({ difficulty, wordCount }) => ({
        a: errorsOf(binomial(wordCount, rateA * difficulty), wordCount),
        b: errorsOf(binomial(wordCount, rateB * difficulty), wordCount),
      })),
      { resampleCount: 400, seed },
    );

  it('covers a true difference of nothing in 93–97 % of 1,000 simulated sets, which is to find one in 3–7 %', () => {
    let covered = 0;
    let significant = 0;
    for (let set = 0; set < 1000; set++) {
      const { low, high, pValue } = compare(0.05, 0.05, set);
      if (low! <= 0 && 0 <= high!) covered++;
      if (pValue! < 0.05) significant++;
    }
    expect(covered).toBeGreaterThanOrEqual(930);
    expect(covered).toBeLessThanOrEqual(970);
    expect(significant).toBeGreaterThanOrEqual(30);
    expect(significant).toBeLessThanOrEqual(70);
  });

  it('finds a known difference in more than 95 % of 200 simulated sets, with its sign', () => {
    let found = 0;
    for (let set = 0; set < 200; set++) {
      const { high, pValue } = compare(0.04, 0.07, set);
      if (high! < 0 && pValue! < 0.05) found++;
    }
    expect(found).toBeGreaterThan(190);
  });

  it('finds by pairs what two separate intervals hide', () => {
    const blocks = Array.from({ length: 40 }, (_, index) => ({ a: errorsOf(index, 100), b: errorsOf(index + (index % 2) + 1, 100) }));
    const separate = (['a', 'b'] as const).map((system) => errorRateInterval(blocks.map((block) => block[system])));
    expect(separate[0]!.high).toBeGreaterThan(separate[1]!.low!);
    expect(compareErrorRates(blocks)).toMatchObject({ estimate: -0.015 });
    expect(compareErrorRates(blocks).high).toBeLessThan(0);
  });

  it('refuses two different references', () => {
    expect(() => compareErrorRates([{ a: errorsOf(1, 10), b: errorsOf(1, 11) }])).toThrow('same reference');
  });
});
