import { describe, expect, it } from 'vitest';
import { align } from './alignment.ts';
import { mapsswe, type PairedAlignment } from './mapsswe.ts';
import { seededRandom } from './seeded-random.ts';

const words = (text: string) => text.split(' ').filter(Boolean);
const pair = (reference: string, a: string, b: string): PairedAlignment => ({ a: align(words(reference), words(a)), b: align(words(reference), words(b)) });

describe('segments', () => {
  it('end where both have two words in a row right', () => {
    const result = mapsswe([pair('a b c d e f g h i', 'X b c d e f Y h i', 'a b c d e Z g h i')]);
    // One segment around the first word (A errs), one around the sixth and seventh (both err once).
    expect(result.segmentCount).toBe(2);
    expect(result.meanDifference).toBe(0.5);
  });

  it('go on over a single right word, and over an insertion between two', () => {
    expect(mapsswe([pair('a b c d e', 'X b Y d e', 'a b c d e')]).segmentCount).toBe(1);
    expect(mapsswe([pair('a b c d e f', 'X b i c Y e f', 'a b c d e f')])).toMatchObject({ segmentCount: 1, meanDifference: 3 });
  });

  it('count insertions at either end and never join utterances', () => {
    expect(mapsswe([pair('a b', 'i a b', 'a b i'), pair('a b', 'X b', 'a b')])).toMatchObject({ segmentCount: 3, meanDifference: 1 / 3 });
  });
});

/** Two recognisers that err independently of one another. */
function recognise(utteranceCount: number, rateA: number, rateB: number, random: () => number): PairedAlignment[] {
  const reference = Array.from({ length: 20 }, (_, index) => `w${index}`);
  const garbled = (rate: number) => reference.flatMap((word) => (random() >= rate ? [word] : random() < 0.6 ? ['x'] : random() < 0.5 ? [] : [word, 'y']));
  return Array.from({ length: utteranceCount }, () => ({ a: align(reference, garbled(rateA)), b: align(reference, garbled(rateB)) }));
}

describe('mapsswe', () => {
  it('finds a difference where there is none in 3–7 % of 1,000 simulated sets', () => {
    const random = seededRandom(12);
    let significant = 0;
    for (let set = 0; set < 1000; set++) if (mapsswe(recognise(25, 0.06, 0.06, random)).pValue! < 0.05) significant++;
    expect(significant).toBeGreaterThanOrEqual(30);
    expect(significant).toBeLessThanOrEqual(70);
  });

  it('finds a known difference, with its sign', () => {
    const random = seededRandom(13);
    const result = mapsswe(recognise(200, 0.04, 0.08, random));
    expect(result.pValue).toBeLessThan(0.001);
    expect(result.z).toBeLessThan(0);
    expect(result.meanDifference).toBeLessThan(0);
  });

  it('knows what a normal deviate is worth', () => {
    // Differences 1, 1, 1, -1 …: mean 0.5, variance 0.75 · n/(n-1).
    const better = pair('a', 'X', 'a');
    const worse = pair('a', 'a', 'X');
    const { z, pValue } = mapsswe([better, better, better, worse]);
    expect(z).toBeCloseTo(1, 12);
    expect(pValue).toBeCloseTo(0.3173105, 6);
  });

  it('says 1 for two that err alike, and nothing for a single segment', () => {
    expect(mapsswe([pair('a b', 'X b', 'X b'), pair('a', 'X', 'Y')])).toMatchObject({ segmentCount: 2, z: undefined, pValue: 1 });
    expect(mapsswe([])).toEqual({ segmentCount: 0, meanDifference: 0, z: undefined, pValue: 1 });
    expect(mapsswe([pair('a', 'X', 'a')])).toMatchObject({ z: undefined, pValue: undefined });
  });
});
