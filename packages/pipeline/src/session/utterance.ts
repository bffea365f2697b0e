import type { SttEngine, SttStream, TranscribeOptions, Transcript, PartialTranscript } from '../stt/stt-engine.ts';

export type UtteranceOptions = {
  readonly turnId: string;
  readonly itemId: string;
  readonly audioStartMs: number;
  readonly stt: SttEngine;
  readonly transcription: Pick<TranscribeOptions, 'language' | 'prompt'>;
};

/** What the user is saying now, transcribed while it grows. */
export class Utterance {
  readonly turnId: string;
  readonly itemId: string;
  readonly audioStartMs: number;
  readonly #stream: SttStream;
  readonly #abort = new AbortController();
  /** Audio after a pause began; part of the utterance only if speech resumes. */
  #heldBack: Float32Array[] = [];
  #undraftedSampleCount = 0;
  #drafting: Promise<PartialTranscript | undefined> | undefined;

  constructor(options: UtteranceOptions) {
    this.turnId = options.turnId;
    this.itemId = options.itemId;
    this.audioStartMs = options.audioStartMs;
    this.#stream = options.stt.openStream({ ...options.transcription, signal: this.#abort.signal });
  }

  /** Samples that no draft has covered yet. */
  get undraftedSampleCount(): number {
    return this.#undraftedSampleCount;
  }

  get drafting(): boolean {
    return this.#drafting !== undefined;
  }

  push(samples: Float32Array): void {
    this.#stream.push(samples);
    this.#undraftedSampleCount += samples.length;
  }

  holdBack(samples: Float32Array): void {
    this.#heldBack.push(samples);
  }

  /** Speech went on: the pause was part of the utterance. */
  resume(): void {
    for (const samples of this.#heldBack) this.push(samples);
    this.#heldBack = [];
  }

  /** A partial transcript of everything so far, after any draft already under way; undefined when nothing is new. */
  async draft(): Promise<PartialTranscript | undefined> {
    while (this.#drafting !== undefined) await this.#drafting.catch(() => undefined);
    if (this.#undraftedSampleCount === 0 || this.#abort.signal.aborted) return undefined;
    this.#undraftedSampleCount = 0;
    this.#drafting = this.#stream.partial({ signal: this.#abort.signal });
    try {
      return await this.#drafting;
    } finally {
      this.#drafting = undefined;
    }
  }

  /** The final transcript. No audio may be pushed afterwards. */
  async finish(): Promise<Transcript> {
    while (this.#drafting !== undefined) await this.#drafting.catch(() => undefined);
    try {
      return await this.#stream.finish({ signal: this.#abort.signal, priority: 'first-audio' });
    } finally {
      await this.#stream[Symbol.asyncDispose]();
    }
  }

  /** Gives the utterance up. */
  drop(reason: unknown): void {
    this.#abort.abort(reason);
    void this.#stream[Symbol.asyncDispose]();
  }
}
