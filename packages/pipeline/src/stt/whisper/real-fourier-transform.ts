/**
 * Power spectrum of real signals of one even length whose half has only the factors 2, 3 and 5 (400 = Whisper's window).
 * Stockham's self-sorting transform of half the length in mixed radix, then the usual split into the spectrum of a real signal.
 */
export class RealFourierTransform {
  readonly #half: number;
  readonly #stages: readonly Stage[];
  readonly #splitCos: Float64Array;
  readonly #splitSin: Float64Array;
  /** Complex numbers as re, im, re, im …; two buffers that the stages swap. */
  #from: Float64Array;
  #to: Float64Array;

  constructor(length: number) {
    this.#half = length / 2;
    this.#stages = planStages(this.#half);
    this.#splitCos = Float64Array.from({ length: this.#half + 1 }, (_, k) => Math.cos((2 * Math.PI * k) / length));
    this.#splitSin = Float64Array.from({ length: this.#half + 1 }, (_, k) => Math.sin((2 * Math.PI * k) / length));
    this.#from = new Float64Array(length);
    this.#to = new Float64Array(length);
  }

  /** Writes |X(k)|² for k = 0 … length/2 into `power`. @param signal `length` samples, unchanged. */
  powerSpectrum(signal: Float64Array, power: Float64Array): void {
    this.#from.set(signal);
    for (const stage of this.#stages) {
      runStage(stage, this.#from, this.#to);
      [this.#from, this.#to] = [this.#to, this.#from];
    }
    const half = this.#half;
    const z = this.#from;
    for (let k = 0; k <= half; k++) {
      const a = 2 * (k % half);
      const b = 2 * ((half - k) % half);
      const evenRe = (z[a]! + z[b]!) / 2;
      const evenIm = (z[a + 1]! - z[b + 1]!) / 2;
      const oddRe = (z[a + 1]! + z[b + 1]!) / 2;
      const oddIm = (z[b]! - z[a]!) / 2;
      const re = evenRe + this.#splitCos[k]! * oddRe + this.#splitSin[k]! * oddIm;
      const im = evenIm + this.#splitCos[k]! * oddIm - this.#splitSin[k]! * oddRe;
      power[k] = re * re + im * im;
    }
  }
}

type Stage = {
  readonly radix: number;
  /** Length of the transforms after this stage. */
  readonly remaining: number;
  /** Transforms side by side. */
  readonly stride: number;
  /** For each p < remaining and output j < radix and input k < radix: exp(-2πi (jk/radix + pj/(radix·remaining))), re and im. */
  readonly factors: Float64Array;
};

function planStages(length: number): Stage[] {
  const stages: Stage[] = [];
  let stride = 1;
  for (let size = length; size > 1;) {
    const radix = [4, 2, 3, 5].find((candidate) => size % candidate === 0);
    if (radix === undefined) throw new Error(`Broken invariant: a transform of ${length} has only the factors 2, 3 and 5`);
    const remaining = size / radix;
    const factors = new Float64Array(remaining * radix * radix * 2);
    for (let p = 0, at = 0; p < remaining; p++) {
      for (let j = 0; j < radix; j++) {
        for (let k = 0; k < radix; k++, at += 2) {
          const angle = -2 * Math.PI * ((j * k) / radix + (p * j) / size);
          factors[at] = Math.cos(angle);
          factors[at + 1] = Math.sin(angle);
        }
      }
    }
    stages.push({ radix, remaining, stride, factors });
    stride *= radix;
    size = remaining;
  }
  return stages;
}

function runStage({ radix, remaining, stride, factors }: Stage, from: Float64Array, to: Float64Array): void {
  for (let p = 0; p < remaining; p++) {
    for (let j = 0; j < radix; j++) {
      const row = (p * radix + j) * radix * 2;
      for (let q = 0; q < stride; q++) {
        let re = 0;
        let im = 0;
        for (let k = 0; k < radix; k++) {
          const source = 2 * (q + stride * (p + k * remaining));
          const cos = factors[row + 2 * k]!;
          const sin = factors[row + 2 * k + 1]!;
          re += from[source]! * cos - from[source + 1]! * sin;
          im += from[source]! * sin + from[source + 1]! * cos;
        }
        const target = 2 * (q + stride * (radix * p + j));
        to[target] = re;
        to[target + 1] = im;
      }
    }
  }
}
