import { AUDIBLE_AMPLITUDE } from '../audio/level.ts';
import type { Clock } from '../stream/clock.ts';
import type { PlayoutChunk, PlayoutSink } from './playout-sink.ts';

export type PacedPlayoutOptions = {
  readonly clock: Clock;
  /** Audio that may wait to be heard before {@link PlayoutSink.write} makes the writer wait. */
  readonly bufferMs: number;
  /** Plays samples now; called once for each chunk, `tickMs` ahead of its time at most. */
  readonly play: (chunk: PlayoutChunk) => void;
  /** Discards what `play` was given and has not sounded. */
  readonly flush?: () => void;
  /** @defaultValue 20 */
  readonly tickMs?: number;
};

type ReplyProgress = { heardMs: number; writtenMs: number; firstAudibleMs: number | undefined };

/**
 * A loudspeaker that plays in real time on a clock: hands chunks on when their
 * time has come and knows from the clock what has been heard.
 */
export class PacedPlayout implements PlayoutSink {
  readonly #options: PacedPlayoutOptions;
  readonly #tickMs: number;
  #queue: PlayoutChunk[] = [];
  /** Of the chunk that is sounding. */
  #playing: { chunk: PlayoutChunk; startedMs: number; playedMs: number } | undefined;
  #queuedMs = 0;
  #epoch = 0;
  #paused = false;
  #progress = new Map<string, ReplyProgress>();
  #waiters = new Set<() => void>();
  #cancelTick: (() => void) | undefined;

  constructor(options: PacedPlayoutOptions) {
    this.#options = options;
    this.#tickMs = options.tickMs ?? 20;
  }

  /** Audio that was written and has not been heard, in milliseconds. */
  get queuedMs(): number {
    return this.#queuedMs;
  }

  async write(chunk: PlayoutChunk, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    await this.#until(() => this.#queuedMs < this.#options.bufferMs || chunk.epoch < this.#epoch, signal);
    if (chunk.epoch < this.#epoch) return;
    const durationMs = durationOf(chunk);
    this.#queue.push(chunk);
    this.#queuedMs += durationMs;
    this.#progressOf(chunk.replyId).writtenMs += durationMs;
    this.#advance();
  }

  async drain(replyId: string, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    await this.#until(() => !this.#holds(replyId), signal);
    this.#forgetOldReplies(replyId);
  }

  async firstAudibleMs(replyId: string, { signal }: { readonly signal: AbortSignal }): Promise<number> {
    await this.#until(() => this.#progress.get(replyId)?.firstAudibleMs !== undefined, signal);
    return this.#progress.get(replyId)?.firstAudibleMs ?? this.#options.clock.nowMs();
  }

  pause(): void {
    this.#advance();
    this.#paused = true;
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    this.#options.flush?.();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#playing !== undefined) {
      this.#playing.startedMs = this.#options.clock.nowMs() - this.#playing.playedMs;
      const { chunk, playedMs } = this.#playing;
      this.#options.play({ ...chunk, samples: chunk.samples.subarray(Math.round((playedMs * chunk.sampleRate) / 1000)) });
    }
    this.#advance();
  }

  clear(epoch: number): void {
    this.#advance();
    this.#epoch = epoch;
    this.#queue = this.#queue.filter((chunk) => chunk.epoch >= epoch);
    if (this.#playing !== undefined && this.#playing.chunk.epoch < epoch) this.#playing = undefined;
    this.#queuedMs = this.#queue.reduce((sum, chunk) => sum + durationOf(chunk), 0);
    this.#options.flush?.();
    this.#wake();
  }

  heardMs(replyId: string): number {
    if (!this.#paused) this.#advance();
    return this.#progress.get(replyId)?.heardMs ?? 0;
  }

  /** Brings the account of what was heard up to the clock, and plays what is due. */
  #advance(): void {
    if (this.#paused) return;
    const nowMs = this.#options.clock.nowMs();
    let freeFromMs = nowMs;
    while (this.#playing !== undefined) {
      const { chunk, startedMs } = this.#playing;
      const durationMs = durationOf(chunk);
      this.#hear(chunk, Math.min(durationMs, nowMs - startedMs));
      if (nowMs - startedMs < durationMs) break;
      freeFromMs = startedMs + durationMs;
      this.#playing = undefined;
      this.#startNext(freeFromMs);
    }
    if (this.#playing === undefined) this.#startNext(nowMs);
    this.#wake();
    if (this.#playing !== undefined && this.#cancelTick === undefined) {
      this.#cancelTick = this.#options.clock.schedule(this.#tickMs, () => {
        this.#cancelTick = undefined;
        this.#advance();
      });
    }
  }

  #startNext(startedMs: number): void {
    const chunk = this.#queue.shift();
    if (chunk === undefined) return;
    this.#playing = { chunk, startedMs, playedMs: 0 };
    const progress = this.#progressOf(chunk.replyId);
    const audibleAt = chunk.samples.findIndex((sample) => Math.abs(sample) > AUDIBLE_AMPLITUDE);
    if (progress.firstAudibleMs === undefined && audibleAt !== -1) progress.firstAudibleMs = startedMs + (audibleAt * 1000) / chunk.sampleRate;
    this.#options.play(chunk);
  }

  #hear(chunk: PlayoutChunk, playedMs: number): void {
    if (this.#playing === undefined) return;
    this.#queuedMs -= playedMs - this.#playing.playedMs;
    this.#playing.playedMs = playedMs;
    this.#progressOf(chunk.replyId).heardMs = chunk.startMs + playedMs;
  }

  #progressOf(replyId: string): ReplyProgress {
    let progress = this.#progress.get(replyId);
    if (progress === undefined) {
      progress = { heardMs: 0, writtenMs: 0, firstAudibleMs: undefined };
      this.#progress.set(replyId, progress);
    }
    return progress;
  }

  #holds(replyId: string): boolean {
    return this.#playing?.chunk.replyId === replyId || this.#queue.some((chunk) => chunk.replyId === replyId);
  }

  #forgetOldReplies(currentReplyId: string): void {
    for (const replyId of this.#progress.keys()) if (replyId !== currentReplyId) this.#progress.delete(replyId);
  }

  #until(condition: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (signal.aborted) return settle(() => reject(signal.reason));
        if (condition()) settle(resolve);
      };
      const settle = (finish: () => void) => {
        this.#waiters.delete(check);
        signal.removeEventListener('abort', check);
        finish();
      };
      this.#waiters.add(check);
      signal.addEventListener('abort', check, { once: true });
      check();
    });
  }

  #wake(): void {
    for (const check of [...this.#waiters]) check();
  }
}

function durationOf(chunk: PlayoutChunk): number {
  return (chunk.samples.length * 1000) / chunk.sampleRate;
}
