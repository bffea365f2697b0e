import { expect, it } from 'vitest';
import { FakeClock } from './fake-clock.ts';

it('calls back in order of time, then of asking, each at its own time', async () => {
  const clock = new FakeClock(1000);
  const calls: string[] = [];
  const log = (name: string) => () => void calls.push(`${name} at ${clock.nowMs()}`);
  clock.schedule(20, log('c'));
  clock.schedule(10, log('a'));
  clock.schedule(20, log('d'));
  clock.schedule(10, log('b'));
  clock.schedule(21, log('late'));
  await clock.advance(20);
  expect(calls).toEqual(['a at 1010', 'b at 1010', 'c at 1020', 'd at 1020']);
  expect(clock.pendingCount).toBe(1);
  expect(clock.nowMs()).toBe(1020);
});

it('runs a loop of sleeps through, timers set on the way included', async () => {
  const clock = new FakeClock();
  const wakings: number[] = [];
  const loop = (async () => {
    for (let i = 0; i < 5; i++) {
      await clock.sleep(30);
      await Promise.resolve().then(() => {}).then(() => {});
      wakings.push(clock.nowMs());
    }
  })();
  await clock.advance(100);
  expect(wakings).toEqual([30, 60, 90]);
  await clock.advance(50);
  await loop;
  expect(wakings).toEqual([30, 60, 90, 120, 150]);
});

it('lets promises settle between two callbacks of the same time', async () => {
  const clock = new FakeClock();
  const order: string[] = [];
  void clock.sleep(5).then(() => order.push('first')).then(() => order.push('after first'));
  clock.schedule(5, () => order.push('second'));
  await clock.advance(5);
  expect(order).toEqual(['first', 'after first', 'second']);
});

it('does not call back what was cancelled or aborted', async () => {
  const clock = new FakeClock();
  let called = false;
  clock.schedule(10, () => (called = true))();
  const abort = new AbortController();
  const sleep = clock.sleep(10, { signal: abort.signal });
  abort.abort(new Error('changed my mind'));
  await expect(sleep).rejects.toThrow('changed my mind');
  expect(clock.pendingCount).toBe(0);
  await clock.advance(20);
  expect(called).toBe(false);
});

it('hands on what a callback throws, and can be advanced again', async () => {
  const clock = new FakeClock();
  clock.schedule(1, () => {
    throw new Error('callback failed');
  });
  await expect(clock.advance(5)).rejects.toThrow('callback failed');
  await clock.advance(4);
  expect(clock.nowMs()).toBe(5);
});
