import { type Convolution, convolutionOf } from './convolution.ts';
import { assertSampleRate, DEFAULT_PASS_BAND_EDGE, polyphaseFilter, type PolyphaseFilter } from './resampler-filter.ts';

/** Input is taken in by blocks of this size, so that a whole recording is not held twice. */
const BLOCK_SAMPLE_COUNT = 1 << 13;

/**
 * Converts a stream of samples from one rate to another.
 *
 * Low-passed by a Kaiser-windowed sinc: flat within 0.1 dB up to 0.9 of the lower
 * rate's Nyquist frequency unless told otherwise, and at least 70 dB down from that
 * frequency on. The
 * output is aligned with the input: output sample `n` lies at `n / toRate`
 * seconds, so nothing has to be subtracted; it is only handed out
 * {@link Resampler.lookaheadMs} later. Any split of the input into chunks gives
 * bit-identical output.
 *
 * Takes any pair of whole rates that {@link polyphaseFilter} accepts.
 */
export class Resampler {
  /** Hz. */
  readonly fromRate: number;
  /** Hz. */
  readonly toRate: number;
  readonly #filter: PolyphaseFilter | undefined;
  readonly #convolution: Convolution | undefined;
  /** The window of the next output sample begins at index `#start`; older samples are dead. */
  #buffer = new Float32Array(0);
  #length = 0;
  #start = 0;
  #phase = 0;
  #inputCount = 0;
  #outputCount = 0;

  /**
   * @param passBandEdge where the pass band ends, as a fraction of the lower rate's Nyquist frequency.
   * @throws {AudioFormatError} VOICE_ERR_SAMPLE_RATE, see {@link polyphaseFilter}.
   */
  constructor(fromRate: number, toRate: number, passBandEdge = DEFAULT_PASS_BAND_EDGE) {
    assertSampleRate(fromRate);
    assertSampleRate(toRate);
    this.fromRate = fromRate;
    this.toRate = toRate;
    this.#filter = fromRate === toRate ? undefined : polyphaseFilter(fromRate, toRate, passBandEdge);
    this.#convolution = this.#filter && convolutionOf(this.#filter);
    this.reset();
  }

  /** How much input must follow an instant before the output of that instant is known. */
  get lookaheadMs(): number {
    return this.#filter ? (this.#filter.lookaheadSampleCount * 1000) / this.fromRate : 0;
  }

  /**
   * @param samples read during the call, not kept.
   * @returns the output samples that have become known, possibly none; owned by the caller.
   */
  push(samples: Float32Array): Float32Array<ArrayBuffer> {
    const output = new Float32Array(this.#filter ? this.#knownCount(this.#filter, samples.length) : samples.length);
    let written = 0;
    this.pushTo(samples, (known) => {
      output.set(known, written);
      written += known.length;
    });
    return output;
  }

  /**
   * The same without new memory.
   * @param samples read during the call, not kept.
   * @param take gets the output piece by piece; a piece is overwritten when the call returns.
   */
  pushTo(samples: Float32Array, take: (known: Float32Array) => void): void {
    this.#inputCount += samples.length;
    const filter = this.#filter;
    const convolution = this.#convolution;
    if (!filter || !convolution) {
      this.#outputCount += samples.length;
      take(samples);
      return;
    }
    for (let from = 0; from < samples.length; from += BLOCK_SAMPLE_COUNT) {
      this.#append(samples.length > BLOCK_SAMPLE_COUNT ? samples.subarray(from, from + BLOCK_SAMPLE_COUNT) : samples);
      const count = this.#knownCount(filter, 0);
      const known = convolution.run(this.#buffer, { start: this.#start, phase: this.#phase, count });
      const advanced = this.#phase + count * filter.down;
      this.#start += Math.floor(advanced / filter.up);
      this.#phase = advanced % filter.up;
      this.#outputCount += count;
      if (count > 0) take(known);
    }
  }

  /**
   * Ends the stream: returns the rest, as if silence followed, so that all output together has
   * `ceil(inputCount * toRate / fromRate)` samples. The resampler is then ready for a new stream.
   */
  flush(): Float32Array<ArrayBuffer> {
    const remaining = resampledCount(this.#inputCount, this.fromRate, this.toRate) - this.#outputCount;
    const silence = new Float32Array(this.#filter ? this.#filter.tapCount : 0);
    const tail = this.push(silence).slice(0, remaining);
    this.reset();
    return tail;
  }

  /** Forgets everything pushed; the next sample is the first of a new stream. */
  reset(): void {
    this.#inputCount = 0;
    this.#outputCount = 0;
    this.#phase = 0;
    this.#start = 0;
    if (!this.#filter) return;
    // Silence before the first sample puts the centre of the first window onto it.
    this.#length = this.#filter.lookaheadSampleCount - 1;
    if (this.#buffer.length < this.#length) this.#buffer = new Float32Array(this.#length + this.#filter.tapCount);
    this.#buffer.fill(0, 0, this.#length);
  }

  /** Output samples whose whole window will lie in the buffer once `added` more samples are there. */
  #knownCount({ up, down, tapCount }: PolyphaseFilter, added: number): number {
    const room = this.#length + added - tapCount - this.#start;
    return room < 0 ? 0 : Math.floor(((room + 1) * up - 1 - this.#phase) / down) + 1;
  }

  #append(samples: Float32Array): void {
    const kept = this.#length - this.#start;
    const needed = kept + samples.length;
    const target = needed > this.#buffer.length ? new Float32Array(needed * 2) : this.#buffer;
    target.set(this.#buffer.subarray(this.#start, this.#length));
    target.set(samples, kept);
    this.#buffer = target;
    this.#length = needed;
    this.#start = 0;
  }
}

function resampledCount(inputCount: number, fromRate: number, toRate: number): number {
  return Math.ceil((inputCount * toRate) / fromRate);
}

/**
 * Resamples a whole recording, time-aligned, to `ceil(samples.length * toRate / fromRate)` samples.
 * @returns a new array, also when the rates are equal.
 * @throws {AudioFormatError} VOICE_ERR_SAMPLE_RATE, see {@link polyphaseFilter}.
 */
export function resample(samples: Float32Array, fromRate: number, toRate: number): Float32Array<ArrayBuffer> {
  const resampler = new Resampler(fromRate, toRate);
  const head = resampler.push(samples);
  const tail = resampler.flush();
  if (tail.length === 0) return head;
  const output = new Float32Array(head.length + tail.length);
  output.set(head);
  output.set(tail, head.length);
  return output;
}
