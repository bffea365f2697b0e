import { FakeClock } from '@sotto/pipeline/testing';
import { describe, expect, it } from 'vitest';
import { Admission } from './admission.ts';
import { AudioAllowance } from './audio-allowance.ts';
import { QueueDelay } from './queue-delay.ts';

function setUp(options: Partial<ConstructorParameters<typeof Admission>[0]> = {}) {
  const clock = new FakeClock();
  const queueDelay = new QueueDelay(clock);
  return { clock, queueDelay, admission: new Admission({ clock, queueDelay, sessionCountMax: 3, queueDelayMaxMs: 50, admissionsPerSecond: 100, ...options }) };
}

describe('Admission', () => {
  it('counts those inside, and a place is given up once however often it is said', () => {
    const { admission } = setUp();
    const places = [admission.enter(), admission.enter(), admission.enter()];
    expect(admission.enter()).toMatchObject({ admitted: false, reason: 'full' });
    for (let i = 0; i < 2; i++) if (places[0]!.admitted) places[0]!.release();
    expect(admission.sessionCount).toBe(2);
    expect([admission.enter().admitted, admission.enter().admitted]).toEqual([true, false]);
  });

  it('closes while audio waits too long, and opens again when it does not', async () => {
    const { admission, clock, queueDelay } = setUp();
    for (let i = 0; i < 100; i++) queueDelay.record(i < 90 ? 10 : 200);
    expect(admission.enter()).toMatchObject({ admitted: false, reason: 'slow', retryAfterSeconds: 10 });
    await clock.advance(200);
    for (let i = 0; i < 1000; i++) queueDelay.record(10);
    expect(admission.open).toBe(true);
    for (let i = 0; i < 1000; i++) queueDelay.record(300);
    await clock.advance(5000);
    expect(admission.open).toBe(true);
  });

  it('lets in no more than its rate, and forgets that with time', async () => {
    const { admission, clock } = setUp({ sessionCountMax: 100, admissionsPerSecond: 2 });
    expect([admission.enter(), admission.enter(), admission.enter()].map(({ admitted }) => admitted)).toEqual([true, true, false]);
    await clock.advance(500);
    expect([admission.enter(), admission.enter()].map(({ admitted }) => admitted)).toEqual([true, false]);
  });

  it('lets in nobody while draining', () => {
    const { admission } = setUp();
    admission.drain();
    expect(admission.enter()).toMatchObject({ admitted: false, reason: 'draining' });
  });
});

describe('AudioAllowance', () => {
  it('allows a burst, then the rate, by the length of the audio', async () => {
    const clock = new FakeClock();
    const allowance = new AudioAllowance({ clock, rate: 1.5, burstMs: 1000 });
    expect([allowance.take(900), allowance.take(200), allowance.take(100)]).toEqual([true, false, true]);
    await clock.advance(1000);
    expect([allowance.take(1001), allowance.take(1000)]).toEqual([false, true]);
    await clock.advance(100);
    expect([allowance.take(151), allowance.take(150)]).toEqual([false, true]);
  });

  it('tells abuse from a moment of haste', async () => {
    const clock = new FakeClock();
    const allowance = new AudioAllowance({ clock, rate: 1, burstMs: 1000 });
    allowance.take(1000);
    allowance.take(1500);
    expect(allowance.abused).toBe(false);
    allowance.take(1500);
    expect(allowance.abused).toBe(true);
  });
});
