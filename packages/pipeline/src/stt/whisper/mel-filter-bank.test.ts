import { expect, test } from 'vitest';
import { melFilterBank, trimmed } from './mel-filter-bank.ts';

test('filters rise in frequency, overlap by half, and pass equal power per hertz', () => {
  const filters = melFilterBank(80, 201, 16_000);
  expect(filters.length).toBe(80);
  filters.forEach((filter, i) => {
    expect(filter.weights.every((weight) => weight > 0)).toBe(true);
    if (i > 0) expect(filter.firstBin).toBeGreaterThanOrEqual(filters[i - 1]!.firstBin);
  });
  // A wide filter covers enough bins of 40 Hz for its sum to show its area of 1.
  const last = filters.at(-1)!;
  expect(last.weights.reduce((sum, weight) => sum + weight, 0) * 40).toBeCloseTo(1, 1);
  expect(last.firstBin + last.weights.length).toBeLessThanOrEqual(201);
});

test('trimming drops only zeros around', () => {
  expect(trimmed([0, 0, 1, 0, 2, 0])).toEqual({ firstBin: 2, weights: Float64Array.of(1, 0, 2) });
  expect(trimmed([0, 0])).toEqual({ firstBin: 0, weights: new Float64Array(0) });
});
