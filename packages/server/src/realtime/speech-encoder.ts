import { Resampler } from '@sotto/pipeline';
import { type WireAudioFormat, encodeWireAudio, wireSampleRate } from '@sotto/pipeline/protocol';

export type EncodedSpeech = { readonly bytes: Uint8Array; readonly sampleCount: number };

/** Turns the speech of one reply into wire audio, whatever rate the voice speaks at. */
export class SpeechEncoder {
  readonly #format: WireAudioFormat;
  readonly #resampler: Resampler | undefined;

  constructor(format: WireAudioFormat, sampleRate: number) {
    this.#format = format;
    const wireRate = wireSampleRate(format);
    this.#resampler = sampleRate === wireRate ? undefined : new Resampler(sampleRate, wireRate);
  }

  encode(samples: Float32Array): EncodedSpeech {
    return this.#toBytes(this.#resampler?.push(samples) ?? samples);
  }

  /** What the resampler still holds. */
  flush(): EncodedSpeech {
    return this.#toBytes(this.#resampler?.flush() ?? new Float32Array(0));
  }

  #toBytes(samples: Float32Array): EncodedSpeech {
    return { bytes: encodeWireAudio(samples, this.#format), sampleCount: samples.length };
  }
}
