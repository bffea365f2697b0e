import { expect, test } from 'vitest';
import { advanceWindow } from './seek.ts';

/** Timestamps begin at 100. */
test.each([
  ['no timestamps: past the window', [1, 2, 3], 3, 30_000],
  ['one segment to the end: past the window', [100, 1, 2, 600], 4, 30_000],
  ['a finished segment and the start of another: to where the first ended', [100, 1, 350, 350, 2, 3], 3, 5000],
  ['two finished segments: past the window, with both', [100, 1, 350, 350, 2, 900], 6, 30_000],
  ['a pair that would not move on: past the window', [100, 1, 100, 100, 2], 5, 30_000],
  ['nothing at all: past the window', [], 0, 30_000],
])('%s', (_, tokens, keptTokenCount, advanceMs) => {
  expect(advanceWindow(tokens, 100, 30_000)).toEqual({ keptTokenCount, advanceMs });
});
