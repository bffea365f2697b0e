import type { TimedWord } from '../audio/timed-word.ts';
import type { InferencePriority } from '../stt/stt-engine.ts';

/** Port of a speech synthesiser. Driver: Kokoro. */
export interface TtsEngine extends AsyncDisposable {
  readonly specVersion: 'v1';
  readonly capabilities: TtsCapabilities;
  /**
   * Speaks one piece of text (a clause or a sentence; longer text is split at the model's limit).
   * Chunks come in order; an abort takes effect between chunks and rejects with `signal.reason`.
   * @throws {EngineError} when the synthesised audio is not finite or inference fails.
   */
  synthesize(text: string, options?: SynthesizeOptions): AsyncIterable<SpeechChunk>;
}

export type TtsCapabilities = {
  /** Hz. */
  readonly sampleRate: number;
  readonly voices: readonly string[];
  /** Whether word timings come from the model's own durations rather than an estimate. */
  readonly exactWordTimings: boolean;
};

export type SynthesizeOptions = {
  readonly signal?: AbortSignal;
  /** One of `capabilities.voices`. @defaultValue the first */
  readonly voice?: string;
  /** From `SPEAKING_SPEED_MIN` to `SPEAKING_SPEED_MAX`; 1 is natural. @defaultValue 1 */
  readonly speed?: number;
  readonly priority?: InferencePriority;
};

export type SpeechChunk = {
  /** Mono float32 in [-1, 1]; owned by the receiver. */
  readonly samples: Float32Array;
  /** Hz. */
  readonly sampleRate: number;
  /** The text that this chunk speaks. */
  readonly text: string;
  /** Words with times from the chunk's first sample. */
  readonly words: readonly TimedWord[];
};
