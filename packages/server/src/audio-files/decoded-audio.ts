/** What a decoder makes of a file: planar float32, one array per channel, all of one length. */
export type DecodedAudio = {
  readonly channels: readonly Float32Array[];
  /** Hz. */
  readonly sampleRate: number;
  /** Which loudspeaker each channel was meant for, in the file's order; absent means unknown. */
  readonly speakers?: readonly Speaker[];
};

/** Loudspeaker positions that matter when channels are mixed; every other one is `other`. */
export type Speaker = 'front-left' | 'front-right' | 'front-center' | 'low-frequency' | 'other';
