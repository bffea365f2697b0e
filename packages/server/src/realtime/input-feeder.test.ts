import { expect, it } from 'vitest';
import { InputFeeder } from './input-feeder.ts';

it('keeps what has to wait behind a recording, although its memory is used again', async () => {
  const heard: number[] = [];
  let finishRecording = () => {};
  const recorded = new Promise<void>((resolve) => (finishRecording = resolve));
  const feeder = new InputFeeder({
    push: ({ samples }) => heard.push(samples[0]!),
    write: async ({ samples }) => {
      if (samples.length > 16_000) await recorded;
      heard.push(samples[0]!);
    },
    onError: (thrown) => {
      throw thrown;
    },
  });
  feeder.push(new Float32Array(20_000).fill(1), 16_000);
  const reused = new Float32Array(512);
  for (const level of [2, 3, 4]) feeder.push(reused.fill(level), 16_000);
  reused.fill(9);
  finishRecording();
  await feeder.idle();
  feeder.push(reused.fill(5), 16_000);
  expect(heard).toEqual([1, 2, 3, 4, 5]);
});
