import { type PlayoutChunk, type PlayoutSink, Resampler } from '@sotto/pipeline';
import type { PlaybackCommand, PlaybackReport } from './playback-message.ts';

/** Audio that may wait in the worklet before writers have to. Covers a busy page without delaying a stop. */
const BUFFER_MS = 1500;

export type LoudspeakerOptions = {
  readonly context: AudioContext;
  /** Where the sound goes. @defaultValue the context's destination */
  readonly destination?: AudioNode;
  /** Address of the playback worklet's module. @defaultValue the file beside this one */
  readonly workletUrl?: string | URL;
};

type ReplyProgress = { readonly key: number; writtenSampleCount: number; playedSampleCount: number; firstAudibleMs: number | undefined };

/** The tab's loudspeaker: a ring of samples on the audio thread that knows to the sample what has been played. */
export class Loudspeaker implements PlayoutSink, AsyncDisposable {
  readonly #context: AudioContext;
  readonly #node: AudioWorkletNode;
  #resampler: Resampler | undefined;
  #resamplingReplyId: string | undefined;
  #replies = new Map<string, ReplyProgress>();
  #replyCount = 0;
  #queuedSampleCount = 0;
  #epoch = 0;
  #waiters = new Set<() => void>();

  private constructor(context: AudioContext, node: AudioWorkletNode) {
    this.#context = context;
    this.#node = node;
    node.port.onmessage = ({ data }: MessageEvent<PlaybackReport>) => this.#take(data);
  }

  static async open(options: LoudspeakerOptions): Promise<Loudspeaker> {
    const { context } = options;
    await context.audioWorklet.addModule(options.workletUrl ?? new URL('./playback-worklet.js', import.meta.url));
    const node = new AudioWorkletNode(context, 'sotto-playback', { numberOfInputs: 0, outputChannelCount: [1] });
    node.connect(options.destination ?? context.destination);
    return new Loudspeaker(context, node);
  }

  async write(chunk: PlayoutChunk, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const capacity = (BUFFER_MS * this.#context.sampleRate) / 1000;
    await this.#until(() => this.#queuedSampleCount < capacity || chunk.epoch < this.#epoch, signal);
    if (chunk.epoch < this.#epoch) return;
    const reply = this.#replyOf(chunk.replyId);
    const samples = this.#resample(chunk);
    reply.writtenSampleCount += samples.length;
    this.#queuedSampleCount += samples.length;
    this.#send({ type: 'write', replyKey: reply.key, epoch: chunk.epoch, samples }, [samples.buffer as ArrayBuffer]);
  }

  async drain(replyId: string, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const reply = this.#replies.get(replyId);
    if (reply === undefined) return;
    this.#flush(replyId, reply);
    await this.#until(() => reply.playedSampleCount >= reply.writtenSampleCount, signal);
    // A reply that was cut drains only when the next one sounds, which must not be forgotten with those before.
    for (const [id, { key }] of this.#replies) if (key < reply.key) this.#replies.delete(id);
  }

  async firstAudibleMs(replyId: string, { signal }: { readonly signal: AbortSignal }): Promise<number> {
    await this.#until(() => this.#replies.get(replyId)?.firstAudibleMs !== undefined, signal);
    return this.#replies.get(replyId)?.firstAudibleMs ?? performance.now();
  }

  pause(): void {
    this.#send({ type: 'pause' });
  }

  resume(): void {
    this.#send({ type: 'resume' });
  }

  clear(epoch: number): void {
    this.#epoch = epoch;
    this.#queuedSampleCount = 0;
    this.#send({ type: 'clear', epoch });
    this.#wake();
  }

  heardMs(replyId: string): number {
    const played = this.#replies.get(replyId)?.playedSampleCount ?? 0;
    // What the worklet has handed over is heard only after the device's own buffer.
    const latencyMs = (this.#context.outputLatency || this.#context.baseLatency || 0) * 1000;
    return Math.max(0, (played * 1000) / this.#context.sampleRate - latencyMs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#node.port.onmessage = null;
    this.#node.disconnect();
    return Promise.resolve();
  }

  #resample(chunk: PlayoutChunk): Float32Array {
    if (chunk.sampleRate === this.#context.sampleRate) return chunk.samples.slice();
    if (this.#resamplingReplyId !== chunk.replyId || this.#resampler?.fromRate !== chunk.sampleRate) {
      this.#resamplingReplyId = chunk.replyId;
      this.#resampler = new Resampler(chunk.sampleRate, this.#context.sampleRate);
    }
    return this.#resampler.push(chunk.samples);
  }

  /** Hands on what the resampler holds back for its look-ahead. */
  #flush(replyId: string, reply: ReplyProgress): void {
    if (this.#resamplingReplyId !== replyId || this.#resampler === undefined) return;
    const samples = this.#resampler.flush();
    this.#resamplingReplyId = undefined;
    if (samples.length === 0) return;
    reply.writtenSampleCount += samples.length;
    this.#send({ type: 'write', replyKey: reply.key, epoch: this.#epoch, samples }, [samples.buffer]);
  }

  #replyOf(replyId: string): ReplyProgress {
    let reply = this.#replies.get(replyId);
    if (reply === undefined) {
      reply = { key: ++this.#replyCount, writtenSampleCount: 0, playedSampleCount: 0, firstAudibleMs: undefined };
      this.#replies.set(replyId, reply);
    }
    return reply;
  }

  #take(report: PlaybackReport): void {
    const reply = [...this.#replies.values()].find(({ key }) => key === report.replyKey);
    if (report.type === 'progress') {
      this.#queuedSampleCount = report.queuedSampleCount;
      for (const other of this.#replies.values()) if (other.key < report.replyKey) other.playedSampleCount = other.writtenSampleCount;
      if (reply !== undefined) reply.playedSampleCount = report.playedSampleCount;
    } else if (reply !== undefined) {
      reply.firstAudibleMs = this.#clockMs(report.frame);
    }
    this.#wake();
  }

  /** The page's time at which a frame of the context's clock leaves the loudspeaker. */
  #clockMs(frame: number): number {
    const frameSeconds = frame / this.#context.sampleRate;
    const { contextTime, performanceTime } = this.#context.getOutputTimestamp();
    if (!contextTime || !performanceTime) return performance.now() + (frameSeconds - this.#context.currentTime) * 1000;
    return performanceTime + (frameSeconds - contextTime) * 1000;
  }

  #send(command: PlaybackCommand, transfer: Transferable[] = []): void {
    this.#node.port.postMessage(command, transfer);
  }

  #until(condition: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        this.#waiters.delete(check);
        signal.removeEventListener('abort', check);
        finish();
      };
      const check = () => {
        if (signal.aborted) settle(() => reject(signal.reason));
        else if (condition()) settle(resolve);
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
