import type { PartialTranscript, SttEngine, Transcript } from '../stt/stt-engine.ts';
import { CommitBuffer } from './commit-buffer.ts';
import { Utterance } from './utterance.ts';
import type { SessionSettings } from './voice-session-port.ts';

/** New audio after which a growing utterance is drafted again. */
const PARTIAL_INTERVAL_MS = 400;

export type TranscribingOptions = {
  readonly stt: SttEngine;
  readonly itemId: (turn: number) => string;
  /** Read anew for every utterance. */
  readonly settings: () => Pick<SessionSettings, 'transcription'>;
  /** What the current utterance says so far. */
  readonly onPartial: (utterance: Utterance, partial: PartialTranscript) => void;
  /** A draft of the current utterance failed; the utterance goes on. */
  readonly onError: (thrown: unknown) => void;
  /** Push-to-talk audio was dropped because nobody committed it. */
  readonly onOverrun: (droppedSampleCount: number) => void;
};

/** The listening side of a session: at most one utterance, from its first sound to its transcript, and what waits to become one. */
export class Transcribing {
  readonly #options: TranscribingOptions;
  readonly #committed: CommitBuffer;
  #current: Utterance | undefined;

  constructor(options: TranscribingOptions) {
    this.#options = options;
    this.#committed = new CommitBuffer(options.stt.capabilities, options.onOverrun);
  }

  get current(): Utterance | undefined {
    return this.#current;
  }

  /** Whether push-to-talk audio waits for its commit. */
  get hasUncommitted(): boolean {
    return !this.#committed.isEmpty;
  }

  open(turn: number, audioStartMs: number, samples: Float32Array): Utterance {
    const { stt, settings, itemId } = this.#options;
    const { transcription } = settings();
    this.#current = new Utterance({ turnId: `turn_${turn}`, itemId: itemId(turn), audioStartMs, stt, transcription });
    this.#current.push(samples);
    return this.#current;
  }

  /** Makes an utterance of the push-to-talk audio, which ended at `audioEndMs`. */
  openCommitted(turn: number, audioEndMs: number): void {
    const { samples, durationMs } = this.#committed.take();
    this.open(turn, Math.max(0, audioEndMs - durationMs), samples);
  }

  /** Keeps push-to-talk audio until it is committed. */
  keep(samples: Float32Array): void {
    this.#committed.push(samples);
  }

  forgetUncommitted(): void {
    this.#committed.clear();
  }

  /** Takes more of the current utterance, and drafts it when there is enough new; audio of a pause waits until speech resumes. */
  grow(samples: Float32Array, isPaused: boolean): void {
    const utterance = this.#current;
    if (utterance === undefined) return;
    if (isPaused) {
      utterance.holdBack(samples);
      return;
    }
    utterance.push(samples);
    const undraftedMs = (utterance.undraftedSampleCount * 1000) / this.#options.stt.capabilities.sampleRate;
    if (undraftedMs >= PARTIAL_INTERVAL_MS && !utterance.drafting) void this.draft();
  }

  /** Transcribes what there is of the current utterance; never rejects. */
  async draft(): Promise<void> {
    const utterance = this.#current;
    if (utterance === undefined) return;
    try {
      const partial = await utterance.draft();
      if (partial !== undefined && this.#current === utterance) this.#options.onPartial(utterance, partial);
    } catch (thrown) {
      if (this.#current === utterance) this.#options.onError(thrown);
    }
  }

  /** The final transcript of an utterance, which is then no longer the current one. */
  async finish(utterance: Utterance): Promise<Transcript> {
    try {
      return await utterance.finish();
    } finally {
      this.#current = undefined;
    }
  }

  /** Gives the current utterance up. @returns it, if there was one. */
  drop(reason: unknown): Utterance | undefined {
    const utterance = this.#current;
    this.#current = undefined;
    utterance?.drop(reason);
    return utterance;
  }
}
