import { expect, test } from 'vitest';
import { cheapestPath } from './dynamic-time-warping.ts';

test('follows the cheap diagonal band', () => {
  const cost = [0, 0, 0, 1, 1, 2].length;
  const bright = [[0, 1], [2, 3, 4], [5]];
  const rows = bright.map((columns) => Float64Array.from({ length: cost }, (_, column) => (columns.includes(column) ? -1 : 0)));
  expect(cheapestPath(rows)).toEqual([0, 2, 5]);
});

test('one row or one column', () => {
  expect(cheapestPath([new Float64Array(4)])).toEqual([0]);
  expect(cheapestPath([new Float64Array(1), new Float64Array(1)])).toEqual([0, 0]);
});
