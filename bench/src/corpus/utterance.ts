/** What is said in a recording, wherever the recording is. */
export type SpokenText = {
  /** Unique within its corpus. */
  readonly id: string;
  readonly transcript: string;
  /** Block of the bootstrap: what one speaker says is not independent. */
  readonly speaker: string;
  /** Subset within the corpus, such as `test-clean` or `noise`; reported apart as well. */
  readonly split: string;
};

/** One recording with what is said in it. */
export type CorpusUtterance = SpokenText & {
  /** Absolute path of a WAV or FLAC. */
  readonly audioPath: string;
};

export type Corpus = {
  /** How it was read. */
  readonly format: 'librispeech' | 'jsonl' | 'fixtures' | 'sidecar';
  readonly folder: string;
  readonly utterances: readonly CorpusUtterance[];
};
