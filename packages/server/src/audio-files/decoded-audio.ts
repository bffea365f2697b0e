/** What a decoder makes of a file: planar float32, one array per channel, all of one length. */
export type DecodedAudio = {
  readonly channels: readonly Float32Array[];
  /** Hz. */
  readonly sampleRate: number;
};
