import { joinSamples } from '../audio/join-samples.ts';
import { ConfigError } from '../errors.ts';
import { createSpeechDetector, type DetectorEvent, type SpeechDetectorOptions } from './speech-detector.ts';
import type { VadEngine } from './vad-engine.ts';

export type SegmenterOptions = Partial<SpeechDetectorOptions> & {
  /** Silence that ends a segment. @defaultValue 500 */
  readonly minSilenceMs?: number;
  readonly signal?: AbortSignal;
};

/** A stretch of speech, with its place in the recording. */
export type SpeechSegment = {
  readonly startMs: number;
  readonly endMs: number;
  /** Mono float32 at the detector's rate; owned by the receiver. */
  readonly samples: Float32Array;
};

/**
 * Cuts a recording into segments with a plain silence timeout: for transcribing files, where nobody waits for an answer.
 *
 * A segment that reaches `maxSegmentMs` is cut at the frame least like speech in its last third, so that
 * a word is rarely cut in two, and nothing between two such segments is lost.
 * @param samples mono float32 at the detector's rate, read while iterating.
 */
export async function* segmentSpeech(samples: Float32Array, vad: VadEngine, options: SegmenterOptions = {}): AsyncGenerator<SpeechSegment> {
  const { minSilenceMs = 500, signal, ...detection } = options;
  const detector = createSpeechDetector({ ...detection, sampleRate: vad.capabilities.sampleRate });
  if (minSilenceMs < detector.options.pauseMs) {
    throw new ConfigError('VOICE_ERR_INVALID_OPTION', `minSilenceMs is ${minSilenceMs}; expected at least pauseMs (${detector.options.pauseMs})`, { stage: 'vad' });
  }
  const { sampleRate, frameSampleCount } = vad.capabilities;
  using stream = vad.openStream();
  const open = new OpenSegment(sampleRate);
  let state = detector.initial;
  for (let offset = 0; offset < samples.length; offset += frameSampleCount) {
    const frame = paddedFrame(samples, offset, frameSampleCount);
    const probability = await stream.process(frame, signal ? { signal } : {});
    const [next, events] = detector.step(state, { probability, samples: frame, startMs: (offset * 1000) / sampleRate });
    state = next;
    const full = open.take(events, probability);
    if (full) {
      yield open.cut();
      state = detector.continueSegment(state, open.startMs);
    }
    if (state.phase !== 'speech' || state.silenceStartMs === undefined) continue;
    if (open.endMs - state.silenceStartMs >= minSilenceMs) {
      const trailingMs = Math.min(detector.options.prefixPaddingMs, minSilenceMs);
      yield open.close(Math.min(state.silenceStartMs + trailingMs, (samples.length * 1000) / sampleRate));
      state = detector.endSegment(state);
    }
  }
  if (open.isOpen) yield open.close((samples.length * 1000) / sampleRate);
}

function paddedFrame(samples: Float32Array, offset: number, frameSampleCount: number): Float32Array {
  const frame = samples.slice(offset, offset + frameSampleCount);
  if (frame.length === frameSampleCount) return frame;
  const padded = new Float32Array(frameSampleCount);
  padded.set(frame);
  return padded;
}

/** The segment being collected. */
class OpenSegment {
  readonly #sampleRate: number;
  #blocks: { readonly samples: Float32Array; readonly probability: number }[] = [];
  #startMs = 0;

  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
  }

  get isOpen(): boolean {
    return this.#blocks.length > 0;
  }

  get startMs(): number {
    return this.#startMs;
  }

  get endMs(): number {
    return this.#startMs + this.#toMs(this.#sampleCount());
  }

  /** Collects; true when the segment must be cut. */
  take(events: readonly DetectorEvent[], probability: number): boolean {
    for (const event of events) {
      if (event.type === 'speech-start') {
        this.#startMs = event.startMs;
        this.#blocks = [{ samples: event.samples, probability: 1 }];
      } else if (event.type === 'speech-audio') {
        this.#blocks.push({ samples: event.samples, probability });
      }
    }
    return events.some((event) => event.type === 'segment-full');
  }

  close(endMs: number): SpeechSegment {
    const joined = joinSamples(this.#blocks.map((block) => block.samples));
    const sampleCount = Math.min(joined.length, Math.round(((endMs - this.#startMs) * this.#sampleRate) / 1000));
    this.#blocks = [];
    return { startMs: this.#startMs, endMs: this.#startMs + this.#toMs(sampleCount), samples: joined.slice(0, sampleCount) };
  }

  /** Gives the part up to the best cut and stays open with the rest. */
  cut(): SpeechSegment {
    const from = Math.floor((this.#blocks.length * 2) / 3);
    let best = from;
    for (let i = from; i < this.#blocks.length; i++) if (this.#blocks[i]!.probability < this.#blocks[best]!.probability) best = i;
    const rest = this.#blocks.slice(Math.max(1, best));
    this.#blocks = this.#blocks.slice(0, Math.max(1, best));
    const segment = this.close(Infinity);
    this.#blocks = rest;
    this.#startMs = segment.endMs;
    return segment;
  }

  #sampleCount(): number {
    return this.#blocks.reduce((sum, block) => sum + block.samples.length, 0);
  }

  #toMs(sampleCount: number): number {
    return (sampleCount * 1000) / this.#sampleRate;
  }
}
