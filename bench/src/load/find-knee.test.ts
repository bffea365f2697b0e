import { describe, expect, it } from 'vitest';
import { findKnee } from './find-knee.ts';

function search(capacity: number, maxLoad: number, precision = 0) {
  return findKnee((load) => Promise.resolve({ holds: load <= capacity, step: load }), { maxLoad, precision });
}

describe('findKnee', () => {
  it.each([1, 2, 3, 7, 8, 9, 37, 99])('finds a capacity of %i', async (capacity) => {
    expect(await search(capacity, 100)).toMatchObject({ knee: capacity, isBeyond: false });
  });

  it('doubles, then halves the rest', async () => {
    expect((await search(11, 100)).steps.map(({ load }) => load)).toEqual([1, 2, 4, 8, 16, 12, 10, 11]);
  });

  it('says when the knee lies beyond what was allowed, and tries no more than that', async () => {
    const { knee, isBeyond, steps } = await search(1000, 20);
    expect([knee, isBeyond]).toEqual([20, true]);
    expect(Math.max(...steps.map(({ load }) => load))).toBe(20);
  });

  it('has none where not even one is held', async () => {
    expect(await search(0, 100)).toMatchObject({ knee: undefined, isBeyond: false });
  });

  it('stops at the precision asked for', async () => {
    const { knee, steps } = await search(90, 1000, 0.1);
    expect(knee).toBeGreaterThan(80);
    expect(steps.length).toBeLessThan((await search(90, 1000)).steps.length);
  });
});
