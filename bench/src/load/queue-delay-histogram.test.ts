import { describe, expect, it } from 'vitest';
import { queueDelayBetween, readQueueDelays } from './queue-delay-histogram.ts';

const text = (vad: readonly number[], stt: readonly number[]) =>
  ['# TYPE sotto_queue_delay_seconds histogram', ...(['vad', 'stt'] as const).flatMap((stage) => ['0.01', '0.05', '+Inf'].map((le, i) => `sotto_queue_delay_seconds_bucket{le="${le}",stage="${stage}"} ${(stage === 'vad' ? vad : stt)[i]}`)), 'sotto_queue_delay_seconds_sum{stage="vad"} 3'].join('\n');

describe('queueDelayBetween', () => {
  const before = readQueueDelays(text([5, 10, 10], [0, 0, 0]));

  it('looks at what came in between alone, over all stages', () => {
    const after = readQueueDelays(text([90, 110, 110], [5, 10, 12]));
    expect(queueDelayBetween(before, after, 0.5)).toBe(10);
    expect(queueDelayBetween(before, after, 0.95)).toBe(50);
    expect(queueDelayBetween(before, after, 1)).toBe(Infinity);
  });

  it('knows nothing where nothing came', () => {
    expect(queueDelayBetween(before, before, 0.95)).toBeUndefined();
  });
});
