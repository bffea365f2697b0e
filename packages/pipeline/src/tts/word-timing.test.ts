import { expect, test } from 'vitest';
import { estimateDurations, timeWords } from './word-timing.ts';

test('words begin and end with their symbols', () => {
  const spans = [{ text: 'ab', start: 0, end: 2 }, { text: 'c.', start: 3, end: 5 }];
  expect(timeWords(spans, [0, 1, 2, 3, 4], [100, 50, 50, 25, 200, 100, 75])).toEqual([
    { text: 'ab', startMs: 100, endMs: 200 },
    { text: 'c.', startMs: 225, endMs: 525 },
  ]);
});

test('symbols that the model dropped take no time', () => {
  expect(timeWords([{ text: 'a', start: 0, end: 2 }, { text: 'b', start: 3, end: 4 }], [0, 3], [0, 10, 20, 0])).toEqual([
    { text: 'a', startMs: 0, endMs: 10 },
    { text: 'b', startMs: 10, endMs: 30 },
  ]);
});

test('an estimate shares out the audible part and adds up to the whole', () => {
  const samples = new Float32Array(24_000);
  samples.fill(0.5, 2400, 21_600);
  const durations = estimateDurations(['h', 'ˈ', 'i', ' ', 'j', 'u', '.'], samples, 24_000);
  expect(durations[0]).toBe(100);
  expect(durations.at(-1)).toBe(100);
  expect(durations.reduce((a, b) => a + b, 0)).toBeCloseTo(1000);
  expect(durations[2]).toBe(0);
  expect(durations[4]).toBeLessThan(durations[3]!);
});
