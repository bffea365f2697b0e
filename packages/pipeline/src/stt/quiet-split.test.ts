import { expect, test } from 'vitest';
import { isDigitalSilence, splitAtQuiet } from './quiet-split.ts';

test('short audio stays whole; long audio is cut in its quietest place and nothing is lost', () => {
  const samples = new Float32Array(16_000 * 5).fill(0.5);
  expect(splitAtQuiet(samples, samples.length, 16_000).length).toBe(1);
  samples.fill(0, 16_000 * 1.7, 16_000 * 1.8);
  const pieces = splitAtQuiet(samples, 16_000 * 2, 16_000);
  expect(pieces[0]!.length).toBeGreaterThan(16_000 * 1.69);
  expect(pieces[0]!.length).toBeLessThan(16_000 * 1.81);
  expect(pieces.every((piece) => piece.length <= 32_000)).toBe(true);
  expect(pieces.reduce((sum, piece) => sum + piece.length, 0)).toBe(samples.length);
});

test('silence is what 16 bits cannot hold', () => {
  expect(isDigitalSilence(new Float32Array(10))).toBe(true);
  expect(isDigitalSilence(Float32Array.of(0, 1 / 16_384))).toBe(false);
});
