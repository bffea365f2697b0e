import { expect, it } from 'vitest';
import { TimeLeft } from './time-left.ts';

it('is unknown until every kind of work that is to come was done once', () => {
  const timeLeft = new TimeLeft();
  timeLeft.note('recognised', 100);
  expect(timeLeft.leftMs({ recognised: 5, answered: 1 })).toBeUndefined();
  expect(timeLeft.leftMs({ recognised: 5, answered: 0 })).toBe(500);
});

it('goes by the mean pace of each kind', () => {
  const timeLeft = new TimeLeft();
  timeLeft.note('recognised', 100);
  timeLeft.note('recognised', 300);
  timeLeft.note('answered', 4000);
  expect(timeLeft.leftMs({ recognised: 3, answered: 2 })).toBe(3 * 200 + 2 * 4000);
});
