import { type ConvolutionExports, convolutionModule } from './convolution-module.ts';
import type { PolyphaseFilter } from './resampler-filter.ts';

const BYTES = Float32Array.BYTES_PER_ELEMENT;
const PAGE_BYTES = 65_536;

/** Which output samples to make of which input. */
export type Span = {
  /** Index of the input sample at which the window of the first output begins. */
  readonly start: number;
  /** Phase of the first output, 0 to `up - 1`. */
  readonly phase: number;
  readonly count: number;
};

/**
 * Runs one filter over stretches of input. Holds no state of a stream, so all streams between the same rates share it.
 * How a stream is cut into spans does not change a bit of what comes out.
 */
export type Convolution = {
  /**
   * @param input read from `span.start` on during the call, not kept.
   * @returns `span.count` samples in memory that the next run of any stream overwrites.
   */
  readonly run: (input: Float32Array, span: Span) => Float32Array;
};

const shared = new WeakMap<PolyphaseFilter, Convolution>();

/** Four lanes at a time where WebAssembly may be compiled, else one by one: old browsers, or a page whose content security policy forbids it. */
export function convolutionOf(filter: PolyphaseFilter): Convolution {
  const existing = shared.get(filter);
  if (existing) return existing;
  const made = simdConvolution(filter) ?? scalarConvolution(filter);
  shared.set(filter, made);
  return made;
}

let compiled: WebAssembly.Module | 'unavailable' | undefined;

function compiledModule(): WebAssembly.Module | 'unavailable' {
  try {
    return new WebAssembly.Module(convolutionModule());
  } catch {
    return 'unavailable';
  }
}

/** @returns undefined where WebAssembly with SIMD is not to be had. */
export function simdConvolution({ up, down, tapCount, coefficients }: PolyphaseFilter): Convolution | undefined {
  compiled ??= compiledModule();
  if (compiled === 'unavailable') return undefined;
  const { memory, convolve } = new WebAssembly.Instance(compiled).exports as ConvolutionExports;
  const inputAt = coefficients.byteLength;
  let values = valuesOf(memory, inputAt);
  values.set(coefficients);
  const wholeStepBytes = Math.floor(down / up) * BYTES;
  return {
    run(input, { start, phase, count }) {
      if (count === 0) return values.subarray(0, 0);
      const windowEnd = start + Math.floor((phase + (count - 1) * down) / up) + tapCount;
      const outputAt = inputAt + (windowEnd - start) * BYTES;
      if (values.byteLength < outputAt + count * BYTES) values = valuesOf(memory, outputAt + count * BYTES);
      values.set(input.subarray(start, windowEnd), inputAt / BYTES);
      convolve(0, inputAt, outputAt, count, phase, tapCount * BYTES, up, wholeStepBytes, down % up);
      return values.subarray(outputAt / BYTES, outputAt / BYTES + count);
    },
  };
}

/** The memory, grown to hold at least `byteCount` bytes. Growing detaches what was seen of it before. */
function valuesOf(memory: WebAssembly.Memory, byteCount: number): Float32Array {
  const missing = byteCount - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  return new Float32Array(memory.buffer);
}

export function scalarConvolution({ up, down, tapCount, coefficients }: PolyphaseFilter): Convolution {
  const wholeStep = Math.floor(down / up);
  const phaseStep = down % up;
  let output = new Float32Array(0);
  return {
    run(input, { start, phase, count }) {
      if (output.length < count) output = new Float32Array(count);
      for (let n = 0; n < count; n++) {
        const base = phase * tapCount;
        // Four sums keep the multiplier busy.
        let a = 0, b = 0, c = 0, d = 0;
        for (let i = 0; i < tapCount; i += 4) {
          a += coefficients[base + i]! * input[start + i]!;
          b += coefficients[base + i + 1]! * input[start + i + 1]!;
          c += coefficients[base + i + 2]! * input[start + i + 2]!;
          d += coefficients[base + i + 3]! * input[start + i + 3]!;
        }
        output[n] = a + b + (c + d);
        start += wholeStep;
        phase += phaseStep;
        if (phase >= up) {
          phase -= up;
          start++;
        }
      }
      return output.subarray(0, count);
    },
  };
}
