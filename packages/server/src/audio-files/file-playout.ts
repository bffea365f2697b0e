import { AUDIBLE_AMPLITUDE, type Clock, type PlayoutChunk, type PlayoutSink } from '@sotto/pipeline';
import type { WavWriter } from './wav-writer.ts';

type ReplyProgress = { writtenMs: number; firstAudibleMs: number | undefined; waiting: ((ms: number) => void)[] };

/** A loudspeaker that is a file: what is written counts as heard at once, so a reply is made as fast as it can be. */
export class FilePlayout implements PlayoutSink {
  readonly #writer: WavWriter;
  readonly #clock: Clock;
  readonly #replies = new Map<string, ReplyProgress>();
  #epoch = 0;

  constructor(writer: WavWriter, clock: Clock) {
    this.#writer = writer;
    this.#clock = clock;
  }

  async write(chunk: PlayoutChunk, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    signal.throwIfAborted();
    if (chunk.epoch < this.#epoch) return;
    const progress = this.#progressOf(chunk.replyId);
    if (progress.firstAudibleMs === undefined && chunk.samples.some((sample) => Math.abs(sample) > AUDIBLE_AMPLITUDE)) {
      progress.firstAudibleMs = this.#clock.nowMs();
      for (const resolve of progress.waiting.splice(0)) resolve(progress.firstAudibleMs);
    }
    progress.writtenMs += (chunk.samples.length * 1000) / chunk.sampleRate;
    await this.#writer.write(chunk.samples);
  }

  drain(): Promise<void> {
    return Promise.resolve();
  }

  pause(): void {}

  resume(): void {}

  clear(epoch: number): void {
    this.#epoch = epoch;
  }

  firstAudibleMs(replyId: string, { signal }: { readonly signal: AbortSignal }): Promise<number> {
    const progress = this.#progressOf(replyId);
    if (progress.firstAudibleMs !== undefined) return Promise.resolve(progress.firstAudibleMs);
    return new Promise((resolve, reject) => {
      progress.waiting.push(resolve);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }

  heardMs(replyId: string): number {
    return this.#replies.get(replyId)?.writtenMs ?? 0;
  }

  #progressOf(replyId: string): ReplyProgress {
    const known = this.#replies.get(replyId) ?? { writtenMs: 0, firstAudibleMs: undefined, waiting: [] };
    this.#replies.set(replyId, known);
    return known;
  }
}
