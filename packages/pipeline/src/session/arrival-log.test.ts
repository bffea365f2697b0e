import { expect, it } from 'vitest';
import { ArrivalLog } from './arrival-log.ts';

it('knows nothing before the first arrival', () => {
  expect(new ArrivalLog(4).clockMsOf(0)).toBeUndefined();
});

it('tells when the stretch that holds a position arrived, its end included', () => {
  const log = new ArrivalLog(4);
  log.add(32, 1000);
  log.add(64, 1040);
  log.add(96, 1070);
  expect([0, 32, 33, 64, 65, 96].map((audioMs) => log.clockMsOf(audioMs))).toEqual([1000, 1000, 1040, 1040, 1070, 1070]);
});

it('takes the latest for what is still to come and the oldest for what is forgotten', () => {
  const log = new ArrivalLog(3);
  for (let frame = 1; frame <= 10; frame++) log.add(frame * 32, frame);
  expect([0, 7 * 32, 8 * 32, 9 * 32, 10 * 32, 5000].map((audioMs) => log.clockMsOf(audioMs))).toEqual([8, 8, 8, 9, 10, 10]);
});
