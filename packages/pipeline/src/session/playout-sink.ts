import type { TimedWord } from '../audio/timed-word.ts';

/**
 * Where a session's speech goes: a loudspeaker, a socket, a file.
 *
 * The session writes chunks of one reply in order and asks how much of it was
 * heard. A sink must drop a chunk whose `epoch` is below the last one passed to
 * {@link PlayoutSink.clear}: that is the last gate before the loudspeaker.
 */
export interface PlayoutSink {
  /** Resolves once the sink wants more, which is how a slow loudspeaker slows the language model down. */
  write(chunk: PlayoutChunk, options: { readonly signal: AbortSignal }): Promise<void>;
  /** Tells that no more chunks of this reply come; resolves when all of it was heard (or cleared). */
  drain(replyId: string, options: { readonly signal: AbortSignal }): Promise<void>;
  /** Holds the sound where it is, within 100 ms. */
  pause(): void;
  resume(): void;
  /** Silences everything older than `epoch` within 100 ms and forgets it. */
  clear(epoch: number): void;
  /** Resolves with the session clock's time at which the reply's first audible sample (above -50 dBFS) left the loudspeaker. */
  firstAudibleMs(replyId: string, options: { readonly signal: AbortSignal }): Promise<number>;
  /** Audio of this reply that left the loudspeaker, in milliseconds from the reply's first sample. */
  heardMs(replyId: string): number;
}

export type PlayoutChunk = {
  readonly replyId: string;
  readonly turnId: string;
  readonly epoch: number;
  /** Mono float32 in [-1, 1]; owned by the sink. */
  readonly samples: Float32Array;
  /** Hz. */
  readonly sampleRate: number;
  /** Place of the first sample within the reply, in milliseconds. */
  readonly startMs: number;
  readonly text: string;
  /** Times from the reply's first sample. */
  readonly words: readonly TimedWord[];
};
