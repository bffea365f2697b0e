/** One word with its place in the audio it belongs to, in milliseconds from that audio's first sample. */
export type TimedWord = {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
};
