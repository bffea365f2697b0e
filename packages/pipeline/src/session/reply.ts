import type { TimedWord } from '../audio/timed-word.ts';
import { toVoiceError, type StageName, type VoiceError } from '../errors.ts';
import type { LlmEvent, LlmFinishReason, LlmUsage } from '../llm/llm-engine.ts';
import type { Clock } from '../stream/clock.ts';
import { deferred } from '../stream/deferred.ts';
import { lookahead } from '../stream/lookahead.ts';
import { readableFrom } from '../stream/readable-from.ts';
import type { SpeechChunk, TtsEngine } from '../tts/tts-engine.ts';
import { heardText } from '../turn/heard-text.ts';
import { Interruption, type InterruptionCause } from './interruption.ts';
import type { PlayoutSink } from './playout-sink.ts';
import { clauseStage, speechStage } from './reply-stages.ts';
import type { ReplyStatus, SessionEvent } from './session-event.ts';
import type { TurnTiming } from './turn-timing.ts';

/** Longest piece handed to the sink at once, so that a slow sink holds at most this much beyond what it asked for. */
const SLICE_MS = 200;
/** Clauses that may wait for the voice while the language model goes on. */
const CLAUSES_AHEAD_COUNT = 2;
/** Finished speech that may wait for the loudspeaker while the voice goes on. */
const CHUNKS_AHEAD_COUNT = 1;
/** How often a playing reply tells how much of it was heard. */
const HEARD_INTERVAL_MS = 100;

export type ReplyOptions = {
  readonly replyId: string;
  readonly turnId: string;
  readonly itemId: string;
  readonly epoch: number;
  /** Produces the answer: the language model's stream, or a fixed text. Called once. */
  readonly source: (signal: AbortSignal) => AsyncIterable<LlmEvent>;
  readonly output: 'speech' | 'text';
  readonly tts: TtsEngine;
  readonly voice: string | undefined;
  readonly speed: number;
  readonly sink: PlayoutSink;
  readonly clock: Clock;
  /** Made ahead of need: nothing is told or heard before {@link Reply.release}. */
  readonly held: boolean;
  readonly timing: TurnTiming;
  /** Called when the first audible sample left the loudspeaker. */
  readonly onAudible: () => void;
  /** Receives every event of this reply, none after `reply-end`. */
  readonly emit: (event: SessionEvent) => void;
  /** Called when the reply becomes known, before its `reply-start`. */
  readonly onFirstEvent: () => void;
  /** Called once, before `reply-end` is emitted, with everything the conversation should remember. */
  readonly onEnd: (end: ReplyEnd) => void;
  /** Called once, after `reply-end` was emitted. */
  readonly onEnded: () => void;
};

export type ReplyEnd = {
  readonly status: ReplyStatus;
  /** All text produced. */
  readonly text: string;
  /** What was heard of it; all of it when it completed or was text only. */
  readonly heardText: string;
  readonly words: readonly TimedWord[];
  readonly error: VoiceError | undefined;
};

/** One answer on its way: language model → clauses → speech → sink, every joint waiting for the next. */
export class Reply {
  readonly #options: ReplyOptions;
  readonly #abort = new AbortController();
  readonly #released = deferred<void>();
  #pendingEvents: SessionEvent[] | undefined;
  #text = '';
  #words: TimedWord[] = [];
  #writtenMs = 0;
  #finish: { reason: LlmFinishReason; usage: LlmUsage } | undefined;
  #ended = false;
  #stage: StageName = 'llm';
  #cancelHeardTimer: (() => void) | undefined;

  /** Settles, without rejecting, when no engine works for this reply any more. */
  readonly settled: Promise<void>;

  constructor(options: ReplyOptions) {
    this.#options = options;
    if (options.held) this.#pendingEvents = [];
    else this.#released.resolve(undefined);
    this.#abort.signal.addEventListener('abort', () => this.#released.reject(this.#abort.signal.reason), { once: true });
    this.#released.promise.catch(() => {});
    this.settled = this.#run();
  }

  get replyId(): string {
    return this.#options.replyId;
  }

  /** Text that was audible within the last seconds, for telling an echo from an interruption. */
  get recentlySpokenText(): string {
    const heardMs = this.#options.sink.heardMs(this.#options.replyId);
    const windowMs = 6000;
    return this.#words
      .filter(({ startMs, endMs }) => startMs <= heardMs + 500 && endMs >= heardMs - windowMs)
      .map(({ text }) => text)
      .join(' ');
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Lets a held reply be told and heard. */
  release(): void {
    const events = this.#pendingEvents ?? [];
    this.#pendingEvents = undefined;
    this.#options.onFirstEvent();
    this.#released.resolve(undefined);
    for (const event of events) this.#emit(event);
  }

  /** Ends the reply now. Nothing of it is emitted or written afterwards except its `reply-end`. */
  interrupt(cause: InterruptionCause): void {
    if (this.#ended) return;
    const heardMs = this.#options.sink.heardMs(this.#options.replyId);
    this.#end(cause === 'speech' ? 'interrupted' : 'cancelled', heardMs, undefined);
    this.#abort.abort(new Interruption(cause));
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    const { replyId, turnId, itemId, sink } = this.#options;
    // The caller must have stored this reply before its first event arrives.
    await Promise.resolve();
    if (this.#pendingEvents === undefined) this.#options.onFirstEvent();
    try {
      this.#emit({ type: 'reply-start', turnId, replyId, itemId });
      if (this.#options.output === 'text') await this.#write();
      else {
        await this.#speak();
        this.#stage = 'playout';
        await this.#released.promise;
        await sink.drain(replyId, { signal });
      }
      await this.#released.promise;
      // A sink that was cleared may have settled before the abort arrived.
      if (this.#ended) return;
      this.#end('completed', this.#options.output === 'text' ? Infinity : this.#writtenMs, undefined);
    } catch (thrown) {
      if (!this.#ended) this.#end('failed', sink.heardMs(replyId), toVoiceError(thrown, this.#stage));
    }
  }

  async #write(): Promise<void> {
    for await (const event of this.#options.source(this.#abort.signal)) {
      if (this.#ended) return;
      this.#note(event);
    }
  }

  async #speak(): Promise<void> {
    const { signal } = this.#abort;
    const { tts, voice, speed, clock, timing } = this.#options;
    timing.begin('thinking', clock.nowMs());
    const speech = readableFrom(this.#options.source(signal))
      .pipeThrough(
        clauseStage({
          signal,
          clock,
          onEvent: (event) => this.#note(event),
          onClause: () => timing.end('thinking', clock.nowMs()),
        }),
      )
      .pipeThrough(lookahead(CLAUSES_AHEAD_COUNT))
      .pipeThrough(
        speechStage({
          signal,
          tts,
          voice,
          speed,
          onClause: () => {
            this.#stage = 'tts';
            timing.begin('speaking', clock.nowMs());
          },
          onAudio: () => timing.end('speaking', clock.nowMs()),
        }),
      )
      .pipeThrough(lookahead(CHUNKS_AHEAD_COUNT));
    const reader = speech.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      await this.#play(value);
    }
  }

  async #play(chunk: SpeechChunk): Promise<void> {
    const { signal } = this.#abort;
    const { replyId, turnId, epoch, sink } = this.#options;
    const startMs = this.#writtenMs;
    const words = chunk.words.map((word) => ({ text: word.text, startMs: word.startMs + startMs, endMs: word.endMs + startMs }));
    await this.#released.promise;
    if (startMs === 0) this.#watchFirstAudible();
    this.#words.push(...words);
    this.#emit({ type: 'reply-speech', replyId, text: chunk.text, startMs, words });
    const sliceLength = Math.max(1, Math.round((SLICE_MS * chunk.sampleRate) / 1000));
    for (let offset = 0; offset < chunk.samples.length; offset += sliceLength) {
      const samples = chunk.samples.subarray(offset, offset + sliceLength);
      const sliceStartMs = this.#writtenMs;
      this.#writtenMs += (samples.length * 1000) / chunk.sampleRate;
      const sliceWords = words.filter((word) => word.startMs >= sliceStartMs && word.startMs < this.#writtenMs);
      await sink.write({ replyId, turnId, epoch, samples, sampleRate: chunk.sampleRate, startMs: sliceStartMs, text: offset === 0 ? chunk.text : '', words: sliceWords }, { signal });
      signal.throwIfAborted();
    }
  }

  #watchFirstAudible(): void {
    const { replyId, turnId, sink, clock, timing } = this.#options;
    timing.begin('playout', clock.nowMs());
    void sink.firstAudibleMs(replyId, { signal: this.#abort.signal }).then(
      (firstAudibleMs) => {
        if (this.#ended) return;
        timing.end('playout', firstAudibleMs);
        this.#options.onAudible();
        this.#emit({ type: 'turn-latency', turnId, waterfall: timing.waterfall(firstAudibleMs) });
        this.#tellHeard();
      },
      () => {},
    );
  }

  #tellHeard(): void {
    if (this.#ended) return;
    const { replyId, sink, clock } = this.#options;
    const heardMs = sink.heardMs(replyId);
    this.#emit({ type: 'heard', replyId, heardMs, text: heardText(this.#words, heardMs) });
    this.#cancelHeardTimer = clock.schedule(HEARD_INTERVAL_MS, () => this.#tellHeard());
  }

  #note(event: LlmEvent): void {
    const { replyId, itemId } = this.#options;
    switch (event.type) {
      case 'text-delta':
        this.#text += event.text;
        this.#emit({ type: 'reply-text-delta', replyId, text: event.text });
        return;
      case 'tool-call':
        this.#emit({ type: 'tool-call', replyId, itemId, call: event.call });
        return;
      case 'finish':
        this.#finish = { reason: event.reason, usage: event.usage };
        this.#emit({ type: 'reply-generated', replyId, text: this.#text, finishReason: event.reason, usage: event.usage });
        return;
      case 'thought-delta':
        return;
    }
  }

  #emit(event: SessionEvent): void {
    if (this.#ended) return;
    if (this.#pendingEvents !== undefined) this.#pendingEvents.push(event);
    else this.#options.emit(event);
  }

  #end(status: ReplyStatus, heardMs: number, error: VoiceError | undefined): void {
    const { replyId, turnId, itemId, output, emit, onEnd, onEnded } = this.#options;
    const untold = this.#pendingEvents !== undefined;
    const heard = status === 'completed' || output === 'text' ? this.#text.trim() : heardText(this.#words, heardMs);
    this.#ended = true;
    this.#cancelHeardTimer?.();
    onEnd({ status, text: this.#text, heardText: heard, words: this.#words, error });
    if (untold) return onEnded();
    if (error !== undefined) emit({ type: 'error', error, turnId });
    const toldHeardMs = Number.isFinite(heardMs) ? heardMs : 0;
    emit({ type: 'reply-end', replyId, turnId, itemId, status, text: this.#text, heardText: heard, heardMs: toldHeardMs, finishReason: this.#finish?.reason, usage: this.#finish?.usage });
    onEnded();
  }
}
