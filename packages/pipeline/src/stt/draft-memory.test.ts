import { expect, test } from 'vitest';
import { DraftMemory } from './draft-memory.ts';

test('continues what it has heard, most recent first, up to a few tokens', () => {
  const memory = new DraftMemory();
  expect(memory.guess([])).toEqual([]);
  memory.learn([1, 2, 3, 4]);
  expect(memory.guess([])).toEqual([]);
  expect(memory.guess([1])).toEqual([2, 3, 4]);
  expect(memory.guess([9, 2])).toEqual([]);
  expect(memory.guess([7, 1, 2])).toEqual([3, 4]);
  memory.learn([1, 2, 5]);
  expect(memory.guess([1, 2])).toEqual([5]);
  memory.learn([1, 2, 1, 2, 1, 2]);
  expect(memory.guess([1, 2])).toEqual([1, 2, 1, 2, 1]);
});

test('forgets the oldest when full', () => {
  const memory = new DraftMemory();
  memory.learn([-1, -2, -3]);
  memory.learn(Array.from({ length: 9000 }, (_, i) => i));
  expect(memory.guess([-1, -2])).toEqual([]);
  expect(memory.guess([8990, 8991])).toEqual([8992, 8993, 8994, 8995, 8996]);
});
