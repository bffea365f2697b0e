import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SAMPLE_RATES } from './audio-frame.ts';
import { rmsLevelDb } from './level.ts';
import { resample, Resampler } from './resampler.ts';

const SINE_RMS_DB = -3.0103;
const pairs = SAMPLE_RATES.flatMap((from) => SAMPLE_RATES.filter((to) => to !== from).map((to) => [from, to] as const));

function tone(frequencyHz: number, sampleRate: number, sampleCount: number): Float32Array {
  return Float32Array.from({ length: sampleCount }, (_, n) => Math.sin((2 * Math.PI * frequencyHz * n) / sampleRate));
}

/** The part of the output that no edge has touched. */
function interior(samples: Float32Array, sampleRate: number): { from: number; to: number } {
  const marginSamples = Math.ceil(0.03 * sampleRate);
  return { from: marginSamples, to: samples.length - marginSamples };
}

/** Least-squares fit of `a·sin + b·cos` at a frequency; what it leaves over is distortion, aliases and images. */
function fitTone(samples: Float32Array, frequencyHz: number, sampleRate: number) {
  const { from, to } = interior(samples, sampleRate);
  let ss = 0, cc = 0, sc = 0, xs = 0, xc = 0;
  for (let n = from; n < to; n++) {
    const angle = (2 * Math.PI * frequencyHz * n) / sampleRate;
    const s = Math.sin(angle), c = Math.cos(angle), x = samples[n]!;
    ss += s * s; cc += c * c; sc += s * c; xs += x * s; xc += x * c;
  }
  const det = ss * cc - sc * sc;
  const a = (xs * cc - xc * sc) / det;
  const b = (xc * ss - xs * sc) / det;
  const residual = new Float32Array(to - from);
  for (let n = from; n < to; n++) {
    const angle = (2 * Math.PI * frequencyHz * n) / sampleRate;
    residual[n - from] = samples[n]! - a * Math.sin(angle) - b * Math.cos(angle);
  }
  return { gainDb: 20 * Math.log10(Math.hypot(a, b)), phaseRadians: Math.atan2(b, a), residualDb: rmsLevelDb(residual) - SINE_RMS_DB };
}

/** Where two arrays differ first, -1 if nowhere; `toEqual` takes milliseconds for every thousand samples. */
function firstDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  for (let n = 0; n < Math.max(actual.length, expected.length); n++) if (!Object.is(actual[n], expected[n])) return n;
  return -1;
}

describe.each(pairs)('%i Hz to %i Hz', (from, to) => {
  const nyquistHz = Math.min(from, to) / 2;

  it('passes tones up to 0.9 of the lower Nyquist frequency within 0.1 dB, in phase, with images and aliases 70 dB down', () => {
    for (let fraction = 0.02; fraction <= 0.9001; fraction += 0.08) {
      const frequencyHz = fraction * nyquistHz;
      const { gainDb, phaseRadians, residualDb } = fitTone(resample(tone(frequencyHz, from, from * 0.2), from, to), frequencyHz, to);
      expect(Math.abs(gainDb), `gain at ${frequencyHz} Hz`).toBeLessThan(0.1);
      expect(Math.abs(phaseRadians), `phase at ${frequencyHz} Hz`).toBeLessThan(1e-4);
      expect(residualDb, `residual at ${frequencyHz} Hz`).toBeLessThan(-70);
    }
  });

  it('keeps everything from the lower Nyquist frequency on 70 dB down', () => {
    // Going up, the tones above the lower Nyquist frequency are the images of those below it; their sum is the residual beside any tone, also in the transition band.
    for (let fraction = 0; fraction <= 1; fraction += 0.07) {
      if (to < from) {
        const frequencyHz = nyquistHz + fraction * (from / 2 - nyquistHz);
        const output = resample(tone(frequencyHz, from, from * 0.2), from, to);
        const { from: start, to: end } = interior(output, to);
        expect(rmsLevelDb(output.subarray(start, end)) - SINE_RMS_DB, `${frequencyHz} Hz`).toBeLessThan(-70);
      } else {
        const frequencyHz = (0.9 + 0.0999 * fraction) * nyquistHz;
        expect(fitTone(resample(tone(frequencyHz, from, from * 0.2), from, to), frequencyHz, to).residualDb, `${frequencyHz} Hz`).toBeLessThan(-70);
      }
    }
  });

  it('gives a constant back as the same constant', () => {
    const output = resample(new Float32Array(from / 5).fill(0.5), from, to);
    const { from: start, to: end } = interior(output, to);
    for (const edge of [Math.min, Math.max]) expect(output.subarray(start, end).reduce((a, b) => edge(a, b))).toBeCloseTo(0.5, 5);
  });
});

describe('a wider transition', () => {
  it.each([[24000, 16000], [48000, 16000], [44100, 16000]])('from %i Hz to %i Hz is flat up to its edge, rejects as much beyond the Nyquist frequency, and looks half as far ahead', (from, to) => {
    const response = (frequencyHz: number) => {
      const resampler = new Resampler(from, to, 0.8);
      const output = resampler.push(tone(frequencyHz, from, from * 0.2));
      return output.subarray(to * 0.05, to * 0.15);
    };
    for (const fraction of [0.1, 0.5, 0.8]) expect(rmsLevelDb(response(fraction * 8000)) - SINE_RMS_DB, `${fraction}`).toBeCloseTo(0, 1);
    for (const fraction of [1, 1.1, 1.4]) expect(rmsLevelDb(response(fraction * 8000)) - SINE_RMS_DB, `${fraction}`).toBeLessThan(-70);
    expect(new Resampler(from, to, 0.8).lookaheadMs / new Resampler(from, to).lookaheadMs).toBeLessThan(0.6);
  });
});

describe('streaming', () => {
  it('gives bit-identical output for any split into chunks', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...pairs),
        fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 20 }),
        fc.integer(),
        ([from, to], chunkLengths, seed) => {
          const total = chunkLengths.reduce((sum, length) => sum + length, 0);
          const input = Float32Array.from({ length: total }, (_, n) => Math.sin(n * n * 0.001 + seed));
          const resampler = new Resampler(from, to);
          const chunks: number[] = [];
          let position = 0;
          for (const length of chunkLengths) {
            chunks.push(...resampler.push(input.subarray(position, position + length)));
            position += length;
          }
          chunks.push(...resampler.flush());
          expect(firstDifference(chunks, resample(input, from, to))).toBe(-1);
          expect(chunks.length).toBe(Math.ceil((total * to) / from));
        },
      ),
      { numRuns: 200, seed: 7 },
    );
  });

  it('gives the same for one sample at a time as for blocks longer than its own', () => {
    const input = tone(440, 44100, 40_000);
    const resampler = new Resampler(44100, 16000);
    const output: number[] = [];
    for (let n = 0; n < input.length; n++) output.push(...resampler.push(input.subarray(n, n + 1)));
    output.push(...resampler.flush());
    expect(firstDifference(output, resample(input, 44100, 16000))).toBe(-1);
  });

  it('hands out a sample as soon as its look-ahead has arrived', () => {
    const resampler = new Resampler(48000, 16000);
    const lookaheadSamples = Math.round((resampler.lookaheadMs * 48000) / 1000);
    expect(resampler.lookaheadMs).toBeLessThan(4);
    expect(resampler.push(new Float32Array(lookaheadSamples)).length).toBe(0);
    expect(resampler.push(new Float32Array(1)).length).toBe(1);
  });

  it('is as new after flush and after reset', () => {
    const input = tone(300, 24000, 5000);
    const resampler = new Resampler(24000, 16000);
    resampler.push(input);
    resampler.flush();
    resampler.push(input.subarray(0, 1234));
    resampler.reset();
    const output = [...resampler.push(input), ...resampler.flush()];
    expect(firstDifference(output, resample(input, 24000, 16000))).toBe(-1);
  });

  it('does not drift: after ten seconds of 44.1 kHz the tone is still in phase at 16 kHz', () => {
    const output = resample(tone(1000, 44100, 441_000), 44100, 16000);
    expect(output.length).toBe(160_000);
    const late = output.subarray(144_000);
    expect(Math.abs(fitTone(late, 1000, 16000).phaseRadians)).toBeLessThan(1e-4);
  });
});

describe('rates', () => {
  it.each([[192000, 16000], [11025, 16000], [96000, 24000], [32000, 16000], [16000, 11025], [12345, 16000], [88200, 48000]])('resamples a recording from %i Hz to %i Hz', (from, to) => {
    const output = resample(tone(997, from, from * 0.3), from, to);
    expect(output.length).toBe(Math.ceil((from * 0.3 * to) / from));
    const { gainDb, residualDb } = fitTone(output, 997, to);
    expect(Math.abs(gainDb)).toBeLessThan(0.1);
    expect(residualDb).toBeLessThan(-70);
  });

  it('copies when the rates are equal', () => {
    const input = Float32Array.of(0.1, 0.2, 0.3);
    const output = resample(input, 16000, 16000);
    expect(output).toEqual(input);
    expect(output.buffer).not.toBe(input.buffer);
  });

  it.each([0, -8000, 16000.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses the rate %d', (rate) => {
    expect(() => resample(new Float32Array(4), rate, 16000)).toThrow(expect.objectContaining({ name: 'AudioFormatError', code: 'VOICE_ERR_SAMPLE_RATE' }));
    expect(() => resample(new Float32Array(4), rate, rate)).toThrow(expect.objectContaining({ code: 'VOICE_ERR_SAMPLE_RATE' }));
  });

  it('refuses a pair whose filter would not fit, and says what to do', () => {
    expect(() => new Resampler(191999, 16001)).toThrow(expect.objectContaining({ code: 'VOICE_ERR_SAMPLE_RATE', message: expect.stringContaining('Convert the audio') as string }));
  });

  it('gives nothing for nothing', () => {
    expect(resample(new Float32Array(0), 44100, 16000).length).toBe(0);
  });
});
