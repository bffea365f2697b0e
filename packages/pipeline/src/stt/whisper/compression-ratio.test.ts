import { expect, test } from 'vitest';
import { compressionRatio } from './compression-ratio.ts';

test('speech compresses a little, a loop a lot', async () => {
  expect(await compressionRatio('The museum opens at nine and closes at five, except on public holidays.')).toBeLessThan(1.5);
  expect(await compressionRatio('thank you for watching '.repeat(20))).toBeGreaterThan(2.4);
  expect(await compressionRatio('')).toBe(1);
});
