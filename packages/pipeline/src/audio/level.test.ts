import { expect, it } from 'vitest';
import { amplitudeToDb, dbToAmplitude, peakAmplitude, peakLevelDb, rmsLevelDb, SILENCE_LEVEL_DB } from './level.ts';

it('measures a full-scale sine at -3 dB, a square at 0 dB and a half-scale one at -6 dB', () => {
  expect(rmsLevelDb(Float32Array.from({ length: 1600 }, (_, n) => Math.sin((2 * Math.PI * n) / 16)))).toBeCloseTo(-3.0103, 3);
  expect(rmsLevelDb(Float32Array.of(1, -1, 1, -1))).toBe(0);
  expect(rmsLevelDb(Float32Array.of(0.5, -0.5))).toBeCloseTo(-6.0206, 3);
});

it('finds the peak of either sign', () => {
  expect(peakAmplitude(Float32Array.of(0.25, -0.5, 0.1))).toBe(0.5);
  expect(peakLevelDb(Float32Array.of(0.25, -0.5, 0.1))).toBeCloseTo(-6.0206, 3);
});

it('gives silence, even none at all, a finite level', () => {
  expect([rmsLevelDb(new Float32Array(8)), rmsLevelDb(new Float32Array(0)), peakLevelDb(new Float32Array(0)), amplitudeToDb(1e-12)]).toEqual(Array(4).fill(SILENCE_LEVEL_DB));
});

it('converts dB to amplitude and back', () => {
  for (const levelDb of [-100, -50, -6, 0, 6]) expect(amplitudeToDb(dbToAmplitude(levelDb))).toBeCloseTo(levelDb, 9);
});
