import { describe, expect, it } from 'vitest';
import { PrefillPace } from './llama-prefill.ts';

/** Runs a prompt through a machine that takes so long for a slice; returns the slices. */
function slices(pace: PrefillPace, durationMs: (tokenCount: number) => number, count = 20): number[] {
  return Array.from({ length: count }, () => {
    const tokenCount = pace.sliceTokenCount;
    pace.observe(tokenCount, durationMs(tokenCount));
    return tokenCount;
  });
}

describe('the pace of a prefill', () => {
  it('grows quickly on a fast machine, up to a limit', () => {
    expect(slices(new PrefillPace(), (tokens) => tokens * 0.02, 6)).toEqual([4, 16, 64, 256, 256, 256]);
  });

  it('leaves room for a slice to be held up several times its length', () => {
    // One core with the starter model: 0.3 ms for each token, in slices of any length.
    const durationMs = (tokens: number) => tokens * 0.3;
    const taken = slices(new PrefillPace(), durationMs);
    expect(4 * Math.max(...taken.map(durationMs))).toBeLessThan(150);
    expect(taken.at(-1)).toBeGreaterThanOrEqual(64);
  });

  it('does not cut slices smaller than is worth it while they fit', () => {
    expect(slices(new PrefillPace(), (tokens) => tokens).at(-1)).toBe(64);
  });

  it('keeps a slice within its time on a slow machine', () => {
    // One core with a 0.6-billion-parameter model: 60 ms for each slice and 8 ms for each token.
    const durationMs = (tokens: number) => 60 + tokens * 8;
    const taken = slices(new PrefillPace(), durationMs);
    expect(Math.max(...taken.map(durationMs))).toBeLessThan(150);
  });

  it('does not go below what is worth the while', () => {
    expect(slices(new PrefillPace(), () => 2000)).toEqual(Array<number>(20).fill(4));
  });

  it('is not slowed down by one busy moment', () => {
    const pace = new PrefillPace();
    slices(pace, (tokens) => tokens * 0.1);
    const before = pace.sliceTokenCount;
    pace.observe(before, 900);
    expect(pace.sliceTokenCount).toBe(before);
  });

  it('is slowed down by many', () => {
    const pace = new PrefillPace();
    slices(pace, (tokens) => tokens * 0.1);
    expect(slices(pace, (tokens) => tokens * 5, 30).at(-1)).toBeLessThanOrEqual(20);
  });

  it('learns nothing from the short end of a prompt', () => {
    const pace = new PrefillPace();
    slices(pace, (tokens) => tokens * 0.1);
    const before = pace.sliceTokenCount;
    pace.observe(3, 90);
    expect(pace.sliceTokenCount).toBe(before);
  });
});
