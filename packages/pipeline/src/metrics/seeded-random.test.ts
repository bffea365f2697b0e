import { expect, it } from 'vitest';
import { seededRandom } from './seeded-random.ts';

it('repeats its row for a seed and gives unrelated rows for neighbouring seeds', () => {
  const row = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 1000 }, random);
  };
  expect(row(5)).toEqual(row(5));
  const [a, b] = [row(5), row(6)];
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const correlation = mean(a.map((value, index) => (value - 0.5) * (b[index]! - 0.5))) * 12;
  expect(Math.abs(correlation)).toBeLessThan(0.1);
});

it('is uniform in [0, 1)', () => {
  const random = seededRandom(0);
  const counts = new Array<number>(20).fill(0);
  for (let n = 0; n < 200_000; n++) {
    const value = random();
    if (!(value >= 0 && value < 1)) expect.fail(`${value} is outside [0, 1)`);
    counts[Math.floor(value * 20)]!++;
  }
  const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  // 19 degrees of freedom: 99.9 % of uniform sources stay below 43.8.
  expect(chiSquare).toBeLessThan(43.8);
});
