import type { TimedWord } from '../audio/timed-word.ts';

/** Port of a speech recogniser. Drivers: Moonshine, Whisper. */
export interface SttEngine extends AsyncDisposable {
  readonly specVersion: 'v1';
  readonly capabilities: SttCapabilities;
  /**
   * Transcribes a whole segment.
   * @param samples mono float32 at `capabilities.sampleRate`; read before the promise settles, not kept.
   * @throws {AudioFormatError} when the samples are not finite. {@link EngineError} when inference fails.
   */
  transcribe(samples: Float32Array, options?: TranscribeOptions): Promise<Transcript>;
  /** Opens a segment that grows while the user is speaking, for partial transcripts. */
  openStream(options?: TranscribeOptions): SttStream;
}

export type SttCapabilities = {
  /** Hz. */
  readonly sampleRate: number;
  /** BCP 47 primary tags the model knows; more than one means it can detect. */
  readonly languages: readonly string[];
  readonly wordTimestamps: boolean;
  /** Longest audio the model takes at once. */
  readonly maxSegmentMs: number;
};

export type TranscribeOptions = {
  readonly signal?: AbortSignal;
  /** Language spoken; absent means the model's only one, or detect. */
  readonly language?: string;
  /** Ask for word timings where the model gives them. */
  readonly words?: boolean;
  /** Text that precedes the audio or spells its rare names, for models that take a prompt. */
  readonly prompt?: string;
  readonly priority?: InferencePriority;
};

/** Order in which shared workers serve waiting calls; within one priority, sessions take turns. */
export type InferencePriority = 'realtime' | 'first-audio' | 'background';

export type Transcript = {
  /** Empty when nothing was said. */
  readonly text: string;
  /** Geometric mean of the token probabilities, in [0, 1]; 0 for an empty transcript. */
  readonly confidence: number;
  /** Output token ids without special tokens. */
  readonly tokens: readonly number[];
  readonly words?: readonly TimedWord[];
  readonly language?: string;
  /** Probability that the segment holds no speech at all, for models that say so. */
  readonly noSpeechProbability?: number;
  /** Audio transcribed, in milliseconds. */
  readonly audioMs: number;
};

/** A transcript that may still change. `stableText` is the prefix that two successive decodings agreed on. */
export type PartialTranscript = {
  readonly text: string;
  readonly stableText: string;
  readonly audioMs: number;
};

/** One growing segment. Not safe for overlapping calls. */
export interface SttStream extends AsyncDisposable {
  /** Appends audio; copies it. */
  push(samples: Float32Array): void;
  /** Decodes what has arrived since the last call, reusing earlier work; resolves to undefined if too little is new. */
  partial(options?: { readonly signal?: AbortSignal }): Promise<PartialTranscript | undefined>;
  /** The final transcript of everything pushed. The stream takes no more audio afterwards. */
  finish(options?: { readonly signal?: AbortSignal; readonly priority?: InferencePriority }): Promise<Transcript>;
}
