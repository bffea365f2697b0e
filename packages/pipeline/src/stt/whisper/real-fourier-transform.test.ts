import { expect, test } from 'vitest';
import { RealFourierTransform } from './real-fourier-transform.ts';

test.each([2, 8, 12, 60, 400])('length %i agrees with the definition', (length) => {
  const signal = Float64Array.from({ length }, (_, i) => Math.sin(i * i) + 0.3 * Math.cos(7 * i));
  const power = new Float64Array(length / 2 + 1);
  new RealFourierTransform(length).powerSpectrum(signal, power);
  for (let k = 0; k <= length / 2; k++) {
    let [re, im] = [0, 0];
    signal.forEach((sample, i) => {
      re += sample * Math.cos((2 * Math.PI * k * i) / length);
      im += sample * Math.sin((2 * Math.PI * k * i) / length);
    });
    expect(power[k]).toBeCloseTo(re * re + im * im, 8);
  }
});

test('keeps no trace of the signal before', () => {
  const transform = new RealFourierTransform(400);
  const [first, again] = [new Float64Array(201), new Float64Array(201)];
  const signal = Float64Array.from({ length: 400 }, (_, i) => i % 7);
  transform.powerSpectrum(signal, first);
  transform.powerSpectrum(new Float64Array(400).fill(9), again);
  transform.powerSpectrum(signal, again);
  expect(again).toEqual(first);
});
