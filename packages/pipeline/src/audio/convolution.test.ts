import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { scalarConvolution, simdConvolution } from './convolution.ts';
import { polyphaseFilter } from './resampler-filter.ts';
import { resample } from './resampler.ts';

const noise = (sampleCount: number, seed: number) => Float32Array.from({ length: sampleCount }, (_, n) => Math.sin(n * n * 0.37 + seed));

describe('convolution', () => {
  it('gives the same four lanes at a time as one by one, for any span of any length', () => {
    const span = fc.record({ start: fc.nat(300), phase: fc.nat(1000), count: fc.nat(5000) });
    fc.assert(
      fc.property(fc.constantFrom([24000, 16000], [44100, 16000], [48000, 16000], [8000, 16000], [16000, 22050]), span, fc.integer(), ([from, to], { start, phase, count }, seed) => {
        const filter = polyphaseFilter(from, to);
        const input = noise(start + Math.ceil(((count + 1) * filter.down) / filter.up) + filter.tapCount + 1, seed);
        const [scalar, simd] = [scalarConvolution(filter), simdConvolution(filter)!].map((convolution) => convolution.run(input, { start, phase: phase % filter.up, count })) as [Float32Array, Float32Array];
        expect([scalar.length, simd.length]).toEqual([count, count]);
        expect(scalar.reduce((most, value, n) => Math.max(most, Math.abs(value - simd[n]!)), 0)).toBeLessThan(2e-6);
      }),
      { numRuns: 200, seed: 11 },
    );
  });

  it('lets no sample outside its windows in', () => {
    const filter = polyphaseFilter(24000, 16000);
    const input = noise(filter.tapCount + 30, 1);
    input[4] = NaN;
    input[5 + filter.tapCount + 3] = NaN;
    for (const convolution of [scalarConvolution(filter), simdConvolution(filter)!]) {
      const output = convolution.run(input, { start: 5, phase: 0, count: 3 });
      expect([...output].every(Number.isFinite)).toBe(true);
    }
  });

  describe('where a page may not compile WebAssembly', () => {
    afterEach(() => {
      vi.unstubAllGlobals();
      vi.resetModules();
    });

    it('resamples all the same', async () => {
      const expected = resample(noise(5000, 3), 44100, 16000);
      vi.resetModules();
      vi.stubGlobal('WebAssembly', { Module: class { constructor() { throw new EvalError('Refused to compile'); } } });
      const module = await import('./convolution.ts');
      expect(module.simdConvolution(polyphaseFilter(44100, 16000))).toBeUndefined();
      const { resample: withoutWebAssembly } = await import('./resampler.ts');
      const actual = withoutWebAssembly(noise(5000, 3), 44100, 16000);
      expect(actual.length).toBe(expected.length);
      expect(actual.reduce((most, value, n) => Math.max(most, Math.abs(value - expected[n]!)), 0)).toBeLessThan(2e-6);
    });
  });
});
