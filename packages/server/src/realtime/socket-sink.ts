import { AUDIBLE_AMPLITUDE, type Clock, type PlayoutChunk, type PlayoutSink } from '@sotto/pipeline';

export type SocketSinkOptions = {
  readonly clock: Clock;
  /** How far speech may be sent ahead of the moment it is estimated to be heard. */
  readonly leadMs: number;
  /** Whether the listener's loudspeaker follows {@link PlayoutSink.pause}. Stock clients play on. */
  readonly listenerPauses: () => boolean;
  /** Sends one piece; resolves when the connection takes more. */
  readonly onAudio: (chunk: PlayoutChunk) => Promise<void> | void;
  /** All speech of a reply was sent, though not yet heard. */
  readonly onAllSent: (replyId: string) => void;
  readonly onPause: () => void;
  readonly onResume: () => void;
};

type Playing = {
  readonly replyId: string;
  /** When the listener would have started had it never waited or paused. */
  startedMs: number;
  sentMs: number;
  /** Clock time of the first audible sample, once it was sent. */
  firstAudibleMs: number | undefined;
  readonly onFirstAudible: Set<(clockMs: number) => void>;
  /** What the listener said it heard; ends the estimate. */
  reportedMs: number | undefined;
};

/**
 * The loudspeaker at the far end of a connection. Nobody tells where it is, so
 * it is taken to play in real time from the first piece sent, to wait when it
 * runs dry, and to stop where the client says it stopped.
 */
export class SocketSink implements PlayoutSink {
  readonly #options: SocketSinkOptions;
  #playing: Playing | undefined;
  #epoch = 0;
  /** Clock times at which the estimate was stopped, by whom. */
  #heldSinceMs: number | undefined;
  #paused = false;
  #disconnected = false;
  readonly #waiters = new Set<() => void>();

  constructor(options: SocketSinkOptions) {
    this.#options = options;
  }

  async write(chunk: PlayoutChunk, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    signal.throwIfAborted();
    if (chunk.epoch < this.#epoch) return;
    const durationMs = (chunk.samples.length * 1000) / chunk.sampleRate;
    const playing = this.#playing?.replyId === chunk.replyId ? this.#playing : this.#begin(chunk.replyId);
    while (playing.sentMs - this.#estimateMs(playing) >= this.#options.leadMs || this.#disconnected) {
      await this.#wait(playing.sentMs - this.#options.leadMs - this.#estimateMs(playing), signal);
      signal.throwIfAborted();
      if (chunk.epoch < this.#epoch) return;
    }
    const nowMs = this.#nowMs();
    // A listener that has run dry starts again when the next piece arrives.
    if (nowMs - playing.startedMs > playing.sentMs) playing.startedMs = nowMs - playing.sentMs;
    this.#noteAudible(playing, chunk);
    playing.sentMs += durationMs;
    await this.#options.onAudio(chunk);
    signal.throwIfAborted();
  }

  async drain(replyId: string, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    signal.throwIfAborted();
    this.#options.onAllSent(replyId);
    for (;;) {
      const playing = this.#playing;
      if (playing?.replyId !== replyId || playing.reportedMs !== undefined) return;
      const leftMs = playing.sentMs - this.#estimateMs(playing);
      if (leftMs <= 0) return;
      await this.#wait(leftMs, signal);
      signal.throwIfAborted();
    }
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#options.onPause();
    if (this.#options.listenerPauses()) this.#hold();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#options.onResume();
    this.#release();
  }

  clear(epoch: number): void {
    this.#epoch = Math.max(this.#epoch, epoch);
    if (this.#paused) this.#paused = false;
    this.#release();
    this.#wake();
  }

  async firstAudibleMs(replyId: string, { signal }: { readonly signal: AbortSignal }): Promise<number> {
    signal.throwIfAborted();
    const playing = this.#playing?.replyId === replyId ? this.#playing : this.#begin(replyId);
    if (playing.firstAudibleMs !== undefined) return playing.firstAudibleMs;
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        playing.onFirstAudible.delete(onAudible);
        reject(signal.reason);
      };
      const onAudible = (clockMs: number) => {
        signal.removeEventListener('abort', onAbort);
        resolve(clockMs);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      playing.onFirstAudible.add(onAudible);
    });
  }

  heardMs(replyId: string): number {
    const playing = this.#playing;
    return playing?.replyId === replyId ? this.#estimateMs(playing) : 0;
  }

  /** The client says how much it heard; the rest of what was sent is taken as not heard. */
  reportHeard(replyId: string, heardMs: number): void {
    if (this.#playing?.replyId !== replyId) return;
    this.#playing.reportedMs = Math.min(heardMs, this.#playing.sentMs);
    this.#wake();
  }

  /** Takes everything sent as heard, so that a next reply can follow at once; the client queues them. */
  skipToEnd(): void {
    if (this.#playing !== undefined) this.#playing.reportedMs = this.#playing.sentMs;
    this.#wake();
  }

  /** Nobody is connected: nothing is sent and nothing more is heard until {@link reconnected}. */
  disconnected(): void {
    this.#disconnected = true;
    this.#hold();
  }

  reconnected(): void {
    this.#disconnected = false;
    this.#release();
  }

  #begin(replyId: string): Playing {
    const previous = this.#playing;
    const nowMs = this.#options.clock.nowMs();
    const previousEndMs = previous === undefined ? nowMs : previous.startedMs + previous.sentMs;
    // A client that was sent two replies plays them one after the other.
    const startedMs = previous?.reportedMs === previous?.sentMs && previous !== undefined ? Math.max(nowMs, previousEndMs) : nowMs;
    this.#playing = { replyId, startedMs, sentMs: 0, firstAudibleMs: undefined, onFirstAudible: new Set(), reportedMs: undefined };
    return this.#playing;
  }

  #noteAudible(playing: Playing, chunk: PlayoutChunk): void {
    if (playing.firstAudibleMs !== undefined) return;
    const index = chunk.samples.findIndex((sample) => Math.abs(sample) > AUDIBLE_AMPLITUDE);
    if (index === -1) return;
    playing.firstAudibleMs = playing.startedMs + playing.sentMs + (index * 1000) / chunk.sampleRate;
    for (const tell of playing.onFirstAudible) tell(playing.firstAudibleMs);
    playing.onFirstAudible.clear();
  }

  #estimateMs(playing: Playing): number {
    if (playing.reportedMs !== undefined) return playing.reportedMs;
    return Math.max(0, Math.min(playing.sentMs, this.#nowMs() - playing.startedMs));
  }

  /** Time that stands still while the listener's sound does. */
  #nowMs(): number {
    return this.#heldSinceMs ?? this.#options.clock.nowMs();
  }

  #hold(): void {
    this.#heldSinceMs ??= this.#options.clock.nowMs();
  }

  #release(): void {
    if (this.#disconnected || this.#paused || this.#heldSinceMs === undefined) return;
    const heldMs = this.#options.clock.nowMs() - this.#heldSinceMs;
    this.#heldSinceMs = undefined;
    if (this.#playing !== undefined) this.#playing.startedMs += heldMs;
    this.#wake();
  }

  #wake(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const wake of waiters) wake();
  }

  /** Waits for `durationMs` of playing, or until something changed. */
  #wait(durationMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const held = this.#heldSinceMs !== undefined;
      const settle = (end: () => void) => {
        cancelTimer();
        this.#waiters.delete(wake);
        signal.removeEventListener('abort', onAbort);
        end();
      };
      const wake = () => settle(resolve);
      const onAbort = () => settle(() => reject(signal.reason));
      const cancelTimer = held ? () => {} : this.#options.clock.schedule(Math.max(1, durationMs), wake);
      this.#waiters.add(wake);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
