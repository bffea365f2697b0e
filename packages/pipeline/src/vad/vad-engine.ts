/** Port of a voice-activity detector that scores fixed-length frames. Drivers: Silero. */
export interface VadEngine extends AsyncDisposable {
  readonly specVersion: 'v1';
  readonly capabilities: VadCapabilities;
  /** Opens the recurrent state of one audio stream; many streams share one engine. */
  openStream(): VadStream;
}

export type VadCapabilities = {
  /** Hz. */
  readonly sampleRate: number;
  /** Exact number of samples that {@link VadStream.process} takes. */
  readonly frameSampleCount: number;
};

/** One stream's state. Calls must not overlap: await each before the next. */
export interface VadStream extends Disposable {
  /**
   * Scores the next frame.
   * @param samples exactly `frameSampleCount` float32 samples; read before the promise settles, not kept.
   * @returns probability of speech in [0, 1].
   */
  process(samples: Float32Array, options?: { readonly signal?: AbortSignal }): Promise<number>;
  /** Forgets everything heard so far. */
  reset(): void;
}
