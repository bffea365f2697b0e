import { assertFiniteSamples } from '../audio/audio-frame.ts';
import { DisposedError, OverrunError } from '../errors.ts';
import { EMPTY_HYPOTHESIS, type Hypothesis, toTranscript } from './hypothesis.ts';
import { SPACELESS_SCRIPT } from './spaceless-script.ts';
import type { PartialTranscript, SttStream, Transcript } from './stt-engine.ts';

/** How a driver decodes the audio of a growing segment. */
export type SegmentDecoder = {
  /** Hz. */
  readonly sampleRate: number;
  readonly maxSegmentMs: number;
  /** Whether a final decoding gives something that a partial one of the same audio does not (word timings). */
  readonly finalAddsMore: boolean;
  /** Decodes all of `samples`. `draft` are the tokens of the previous hypothesis; the result must be the same without them. */
  decode(samples: Float32Array, options: { readonly draft: readonly number[]; readonly final: boolean; readonly signal?: AbortSignal | undefined }): Promise<Hypothesis>;
};

/** New audio that makes another partial worth its cost: about half a spoken syllable. */
const MIN_NEW_AUDIO_MS = 120;
/** A segment that its owner forgets to end may grow to this many times the model's limit, and no further. */
const OVERRUN_FACTOR = 2;

/**
 * Partial and final transcripts of a segment that grows.
 *
 * The encoders of Moonshine and Whisper attend to all of the audio, so every partial encodes the segment anew. What is
 * saved is decoding, the larger part: the previous hypothesis is verified as a draft in one decoder call, and only what changed
 * is decoded token by token. Nothing is computed when there is nothing new, so a final after an up-to-date partial is free.
 */
export class GrowingSegment implements SttStream {
  readonly #decoder: SegmentDecoder;
  readonly #signal: AbortSignal | undefined;
  #samples: Float32Array;
  #sampleCount = 0;
  #decodedSampleCount = 0;
  #hypothesis = EMPTY_HYPOTHESIS;
  #finished = false;

  constructor(decoder: SegmentDecoder, signal?: AbortSignal) {
    this.#decoder = decoder;
    this.#signal = signal;
    this.#samples = new Float32Array(decoder.sampleRate * 4);
  }

  push(samples: Float32Array): void {
    if (this.#finished) throw new DisposedError('The transcription stream');
    assertFiniteSamples(samples);
    const needed = this.#sampleCount + samples.length;
    const capMs = this.#decoder.maxSegmentMs * OVERRUN_FACTOR;
    if (this.#toMs(needed) > capMs) {
      throw new OverrunError('VOICE_ERR_QUEUE_FULL', `The segment has grown to ${Math.round(this.#toMs(needed))} ms; at most ${capMs} are kept. End segments at ${this.#decoder.maxSegmentMs} ms`, { stage: 'stt' });
    }
    if (needed > this.#samples.length) {
      const larger = new Float32Array(Math.max(needed, this.#samples.length * 2));
      larger.set(this.#samples.subarray(0, this.#sampleCount));
      this.#samples = larger;
    }
    this.#samples.set(samples, this.#sampleCount);
    this.#sampleCount = needed;
  }

  async partial(options: { readonly signal?: AbortSignal } = {}): Promise<PartialTranscript | undefined> {
    if (this.#finished) throw new DisposedError('The transcription stream');
    if (this.#toMs(this.#sampleCount - this.#decodedSampleCount) < MIN_NEW_AUDIO_MS) return undefined;
    const previous = this.#hypothesis.text;
    await this.#decode(false, options.signal);
    const { text } = this.#hypothesis;
    return { text, stableText: agreedPrefix(previous, text), audioMs: this.#toMs(this.#decodedSampleCount) };
  }

  async finish(options: { readonly signal?: AbortSignal } = {}): Promise<Transcript> {
    if (this.#finished) throw new DisposedError('The transcription stream');
    this.#finished = true;
    try {
      await this.#decode(true, options.signal);
    } finally {
      this.#samples = new Float32Array(0);
    }
    return toTranscript(this.#hypothesis, this.#toMs(this.#sampleCount));
  }

  async #decode(final: boolean, signal: AbortSignal | undefined): Promise<void> {
    const sampleCount = this.#sampleCount;
    const joined = joinSignals(this.#signal, signal);
    joined?.throwIfAborted();
    if (sampleCount === this.#decodedSampleCount && !(final && this.#decoder.finalAddsMore)) return;
    const decoded = await this.#decoder.decode(this.#samples.slice(0, sampleCount), { draft: this.#hypothesis.tokens, final, signal: joined });
    this.#hypothesis = decoded;
    this.#decodedSampleCount = sampleCount;
  }

  #toMs(sampleCount: number): number {
    return (sampleCount * 1000) / this.#decoder.sampleRate;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#finished = true;
    this.#samples = new Float32Array(0);
    return Promise.resolve();
  }
}

/** The longest common beginning of two texts, cut back to whole words in languages that part them. */
export function agreedPrefix(previous: string, current: string): string {
  const limit = Math.min(previous.length, current.length);
  let length = 0;
  while (length < limit && previous[length] === current[length]) length++;
  const endsWord = (text: string) => length === text.length || /\s/.test(text[length]!) || SPACELESS_SCRIPT.test(text[length]!);
  if (endsWord(previous) && endsWord(current)) return current.slice(0, length);
  return current.slice(0, Math.max(0, current.slice(0, length).search(/\s\S*$/)));
}

function joinSignals(a: AbortSignal | undefined, b: AbortSignal | undefined): AbortSignal | undefined {
  return a && b ? AbortSignal.any([a, b]) : (a ?? b);
}
