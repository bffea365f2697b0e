import { expect, it } from 'vitest';
import { deinterleave, downmix } from './downmix.ts';

it('means two channels', () => {
  expect(downmix([Float32Array.of(1, 0), Float32Array.of(0, -0.5)])).toEqual(Float32Array.of(0.5, -0.25));
});

it('weighs the centre of 5.1 most, leaves low-frequency effects out, and cannot clip', () => {
  const plane = (value: number) => Float32Array.of(value);
  const only = (index: number) => downmix(Array.from({ length: 6 }, (_, channel) => plane(channel === index ? 1 : 0)))[0]!;
  expect(only(2)).toBeGreaterThan(only(0));
  expect(only(3)).toBe(0);
  expect(only(0) / only(2)).toBeCloseTo(Math.SQRT1_2, 5);
  expect(downmix(Array.from({ length: 6 }, () => plane(1)))[0]).toBeCloseTo(1, 6);
});

it('copies a single channel', () => {
  const input = Float32Array.of(0.5);
  const output = downmix([input]);
  input[0] = 0;
  expect(output[0]).toBe(0.5);
});

it('refuses no channels and unequal lengths', () => {
  expect(() => downmix([])).toThrow(expect.objectContaining({ code: 'VOICE_ERR_AUDIO_FORMAT' }));
  expect(() => downmix([new Float32Array(2), new Float32Array(3)])).toThrow(expect.objectContaining({ code: 'VOICE_ERR_AUDIO_FORMAT', message: expect.stringContaining('2, 3') as string }));
});

it('takes interleaved samples apart, leaving an incomplete group out', () => {
  expect(deinterleave(Float32Array.of(1, 2, 3, 4, 5), 2)).toEqual([Float32Array.of(1, 3), Float32Array.of(2, 4)]);
});
