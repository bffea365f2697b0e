import type { AudioFrame } from '../audio/audio-frame.ts';
import { AudioFormatError, ConfigError, DisposedError, type StageName, toVoiceError } from '../errors.ts';
import { assertNever } from '../assert.ts';
import { type Clock, systemClock } from '../stream/clock.ts';
import type { PartialTranscript } from '../stt/stt-engine.ts';
import { classifySpeechOverReply } from '../turn/speech-over-reply.ts';
import { INITIAL_TURN_STATE, stepTurn, type TurnEffect, type TurnInput, type TurnState } from '../turn/turn-machine.ts';
import { Answering } from './answering.ts';
import type { ConversationItem } from './conversation.ts';
import { ConversationHistory } from './conversation-history.ts';
import { ExclusiveLlm } from './exclusive-llm.ts';
import { IdleTimer } from './idle-timer.ts';
import { Listener, type ListenedFrame } from './listener.ts';
import type { Reply } from './reply.ts';
import { DEFAULT_SESSION_SETTINGS, mergeSettings } from './session-defaults.ts';
import type { SessionEvent } from './session-event.ts';
import { Transcribing } from './transcribing.ts';
import { TurnTiming } from './turn-timing.ts';
import type { Utterance } from './utterance.ts';
import type { ReplyRequest, SessionSettings, VoiceSession, VoiceSessionOptions } from './voice-session-port.ts';

/** Opens a conversation over borrowed engines and warms the language model with the instructions. */
export async function createVoiceSession(options: VoiceSessionOptions): Promise<VoiceSession> {
  const settings = mergeSettings(DEFAULT_SESSION_SETTINGS, options.settings ?? {});
  const llm = await options.engines.llm.openSession();
  return new ComposedVoiceSession(options, settings, llm[Symbol.asyncDispose].bind(llm), new ExclusiveLlm(llm));
}

class ComposedVoiceSession implements VoiceSession {
  readonly #options: VoiceSessionOptions;
  readonly #clock: Clock;
  readonly #llm: ExclusiveLlm;
  readonly #disposeLlm: () => PromiseLike<void>;
  readonly #history = new ConversationHistory();
  readonly #listener: Listener;
  readonly #transcribing: Transcribing;
  readonly #answering: Answering;
  readonly #idleTimer: IdleTimer;
  readonly #closing = new AbortController();
  #settings: SessionSettings;
  #turn: TurnState = INITIAL_TURN_STATE;
  #timing = new TurnTiming();
  #lastSpeechMs = 0;
  /** The turn whose utterance ended last, and was not dropped. */
  #endedTurnId: string | undefined;
  /** The item that the last transcript becomes. */
  #heardItemId = '';
  #finishing: Promise<void> = Promise.resolve();
  #idleWaiters: (() => void)[] = [];
  #disposed: Promise<void> | undefined;

  constructor(options: VoiceSessionOptions, settings: SessionSettings, disposeLlm: () => PromiseLike<void>, llm: ExclusiveLlm) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#settings = settings;
    this.#llm = llm;
    this.#disposeLlm = disposeLlm;
    this.#transcribing = new Transcribing({
      stt: options.engines.stt,
      itemId: (turn) => this.#history.freeId(`item_user_${turn}`),
      settings: () => this.#settings,
      onPartial: (utterance, partial) => this.#takePartial(utterance, partial),
      onError: (thrown) => this.#fail(thrown, 'stt'),
      onOverrun: (droppedSampleCount) => this.#emit({ type: 'capture-overrun', droppedSampleCount }),
    });
    this.#answering = new Answering({
      llm,
      tts: options.engines.tts,
      sink: options.sink,
      clock: this.#clock,
      history: this.#history,
      settings: () => this.#settings,
      emit: (event) => this.#emit(event),
      onAudible: () => this.#apply({ type: 'reply-audible' }),
      onEnded: (running) => {
        this.#restartIdleTimer();
        if (!running) this.#apply({ type: 'reply-ended' });
      },
    });
    this.#listener = new Listener({
      vad: options.engines.vad,
      clock: this.#clock,
      detection: detectionOf(settings),
      onFrame: (frame) => this.#hear(frame),
      onError: (thrown) => this.#fail(thrown, 'vad'),
      onOverrun: (droppedSampleCount) => this.#emit({ type: 'capture-overrun', droppedSampleCount }),
    });
    this.#listener.configure(detectionOf(settings), settings.turnDetection.type !== 'manual');
    this.#idleTimer = new IdleTimer(this.#clock, () => this.#emit({ type: 'idle-timeout', audioEndMs: this.#listener.pushedMs }));
    this.#warm();
  }

  get settings(): SessionSettings {
    return this.#settings;
  }

  get epoch(): number {
    return this.#answering.epoch;
  }

  get items(): readonly ConversationItem[] {
    return this.#history.items;
  }

  pushAudio(frame: AudioFrame): void {
    this.#assertOpen();
    this.#listener.push(frame);
  }

  async writeAudio(frame: AudioFrame): Promise<void> {
    this.#assertOpen();
    await this.#listener.write(frame);
  }

  async commitAudio(): Promise<void> {
    this.#assertOpen();
    const speaking = this.#transcribing.current;
    await this.#listener.flush();
    const manual = this.#settings.turnDetection.type === 'manual';
    // What still waited may have held the silence that ends an utterance by itself.
    if (!manual && speaking !== undefined && speaking.turnId === this.#endedTurnId) return;
    if (manual ? !this.#transcribing.hasUncommitted : this.#transcribing.current === undefined) {
      throw new AudioFormatError('VOICE_ERR_AUDIO_EMPTY', 'There is no speech to commit; push audio first', { stage: 'capture' });
    }
    if (manual) this.#lastSpeechMs = this.#listener.pushedMs;
    this.#apply({ type: 'commit' });
    await this.#finishing;
  }

  clearAudio(): void {
    this.#transcribing.forgetUncommitted();
    this.#listener.endSegment();
    this.#apply({ type: 'misfire' });
  }

  update(change: Partial<SessionSettings>): void {
    this.#assertOpen();
    const previous = this.#settings;
    this.#settings = mergeSettings(previous, change);
    this.#listener.configure(detectionOf(this.#settings), this.#settings.turnDetection.type !== 'manual');
    if (this.#settings.instructions !== previous.instructions || this.#settings.tools !== previous.tools) this.#warm();
    if (change.idleTimeoutMs !== previous.idleTimeoutMs) this.#restartIdleTimer();
  }

  addItem(item: ConversationItem, options?: { readonly afterItemId?: string }): void {
    this.#assertOpen();
    this.#history.add(item, options?.afterItemId);
  }

  removeItem(itemId: string): boolean {
    return this.#history.remove(itemId);
  }

  truncateItem(itemId: string, heardMs: number): string {
    return this.#history.truncate(itemId, heardMs);
  }

  async reply(request: ReplyRequest = {}): Promise<string> {
    this.#assertOpen();
    await this.#finishing;
    return this.#startRequested(() => this.#answering.answer(this.#beginReplyTurn(), request));
  }

  say(text: string): Promise<string> {
    this.#assertOpen();
    return Promise.resolve(this.#startRequested(() => this.#answering.recite(this.#beginReplyTurn(), text)));
  }

  interrupt(): void {
    this.#apply({ type: 'interrupt' });
  }

  idle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose(): Promise<void> {
    this.#idleTimer.stop();
    this.#closing.abort(new DisposedError('The session'));
    this.#answering.close();
    this.#transcribing.drop(this.#closing.signal.reason);
    await this.#listener[Symbol.asyncDispose]();
    await this.#llm.free();
    await this.#disposeLlm();
  }

  async #hear({ frame, events, silenceMs }: ListenedFrame): Promise<void> {
    if (this.#settings.turnDetection.type === 'manual') {
      this.#transcribing.keep(frame.samples);
      return;
    }
    for (const event of events) {
      switch (event.type) {
        case 'speech-candidate':
        case 'misfire':
          break;
        case 'speech-start':
          this.#openUtterance(event.startMs, event.samples);
          break;
        case 'speech-audio':
          this.#transcribing.grow(event.samples, this.#turn.listening === 'paused');
          break;
        case 'speech-pause':
          this.#lastSpeechMs = event.lastSpeechMs;
          this.#emitForUtterance((turnId) => ({ type: 'speech-pause', turnId, audioEndMs: event.lastSpeechMs }));
          this.#apply({ type: 'speech-pause' });
          break;
        case 'speech-resume':
          this.#transcribing.current?.resume();
          this.#emitForUtterance((turnId) => ({ type: 'speech-resume', turnId }));
          this.#apply({ type: 'speech-resume' });
          break;
        case 'segment-full':
          this.#lastSpeechMs = event.endMs;
          this.#apply({ type: 'segment-full' });
          break;
        default:
          assertNever(event);
      }
    }
    if (silenceMs !== undefined) this.#apply({ type: 'silence', silenceMs });
    await this.#finishing;
  }

  #openUtterance(audioStartMs: number, samples: Float32Array): void {
    this.#idleTimer.stop();
    this.#timing = new TurnTiming();
    const { turnId } = this.#transcribing.open(this.#turn.turn + 1, audioStartMs, samples);
    this.#emit({ type: 'speech-start', turnId, audioStartMs });
    this.#apply({ type: 'speech-start' });
  }

  #takePartial({ turnId }: Utterance, { text, stableText }: PartialTranscript): void {
    if (text !== this.#turn.hypothesis) this.#emit({ type: 'transcript-partial', turnId, text, stableText });
    this.#apply({ type: 'hypothesis', text, kind: this.#classify(text) });
  }

  #apply(input: TurnInput): void {
    const [next, effects] = stepTurn(this.#turn, input, this.#settings);
    this.#turn = next;
    for (const effect of effects) this.#perform(effect);
    this.#notifyIdle();
  }

  #perform(effect: TurnEffect): void {
    switch (effect.type) {
      case 'open-utterance':
        if (this.#settings.turnDetection.type !== 'manual') return;
        this.#timing = new TurnTiming();
        this.#transcribing.openCommitted(effect.turn, this.#lastSpeechMs);
        return;
      case 'draft-transcript':
        void this.#transcribing.draft();
        return;
      case 'finish-utterance':
        this.#finishing = this.#finishUtterance();
        return;
      case 'drop-utterance':
        this.#dropUtterance();
        return;
      case 'accept-user-text':
        this.#history.add({ id: this.#heardItemId, type: 'user', text: effect.text });
        return;
      case 'note-backchannel':
        this.#emit({ type: 'backchannel', turnId: this.#turnId, text: effect.text });
        return;
      case 'speculate':
        this.#answering.answerAhead(this.#beginReplyTurn(), effect.text);
        return;
      case 'release-reply':
        this.#answering.release(this.#beginReplyTurn());
        return;
      case 'discard-reply':
        this.#answering.discard();
        this.#timing.forgetReply();
        return;
      case 'start-reply':
        this.#answering.answer(this.#beginReplyTurn());
        return;
      case 'reprompt':
        this.#answering.recite(this.#beginReplyTurn(), this.#settings.repromptText);
        return;
      case 'suspend-playout':
        this.#options.sink.pause();
        return;
      case 'resume-playout':
        this.#options.sink.resume();
        return;
      case 'interrupt-reply':
        this.#answering.interrupt(effect.cause);
        return;
      default:
        assertNever(effect);
    }
  }

  get #turnId(): string {
    return `turn_${this.#turn.turn}`;
  }

  /** What a reply that starts now belongs to; nobody is idle any more. */
  #beginReplyTurn() {
    this.#idleTimer.stop();
    return { turnId: this.#turnId, timing: this.#timing };
  }

  async #finishUtterance(): Promise<void> {
    const utterance = this.#transcribing.current;
    if (utterance === undefined) return;
    const { turnId, itemId, audioStartMs } = utterance;
    this.#endedTurnId = turnId;
    this.#heardItemId = itemId;
    this.#listener.endSegment();
    this.#startTiming();
    this.#emit({ type: 'speech-end', turnId, itemId, audioStartMs, audioEndMs: this.#lastSpeechMs });
    this.#timing.begin('transcribing', this.#clock.nowMs());
    try {
      const transcript = await this.#transcribing.finish(utterance);
      this.#timing.end('transcribing', this.#clock.nowMs());
      this.#emit({ type: 'transcript-final', turnId, itemId, transcript });
      this.#apply({ type: 'transcript', text: transcript.text, confidence: transcript.confidence, kind: this.#classify(transcript.text) });
    } catch (thrown) {
      this.#fail(thrown, 'stt');
      this.#apply({ type: 'misfire' });
    }
  }

  #startTiming(): void {
    const speechEndMs = this.#listener.arrivalMs(this.#lastSpeechMs);
    this.#timing.speechEnded(speechEndMs);
    this.#timing.begin('endpointing', speechEndMs);
    this.#timing.end('endpointing', this.#clock.nowMs());
  }

  #dropUtterance(): void {
    const dropped = this.#transcribing.drop(new Error('The utterance was dropped'));
    if (dropped !== undefined) this.#emit({ type: 'speech-misfire', turnId: dropped.turnId });
  }

  #classify(text: string) {
    return this.#turn.reply === 'suspended' ? classifySpeechOverReply(text, this.#answering.current?.recentlySpokenText ?? '') : text === '' ? 'nothing' : 'words';
  }

  #startRequested(start: () => Reply): string {
    const running = this.#answering.current;
    if (running !== undefined) throw new ConfigError('VOICE_ERR_BAD_SEQUENCE', `Reply ${running.replyId} is still running; interrupt it or wait for its reply-end`);
    this.#timing = new TurnTiming();
    this.#timing.speechEnded(this.#clock.nowMs());
    this.#apply({ type: 'reply-requested' });
    return start().replyId;
  }

  #warm(): void {
    const request = this.#answering.requestOf({});
    if (request.messages.length === 0) return;
    this.#llm.warm(request, this.#closing.signal).catch((thrown: unknown) => this.#fail(thrown, 'llm'));
  }

  #restartIdleTimer(): void {
    this.#idleTimer.restart(this.#settings.idleTimeoutMs);
  }

  #emitForUtterance(event: (turnId: string) => SessionEvent): void {
    const utterance = this.#transcribing.current;
    if (utterance !== undefined) this.#emit(event(utterance.turnId));
  }

  #emit(event: SessionEvent): void {
    if (!this.#closing.signal.aborted || event.type === 'reply-end') this.#options.onEvent(event);
  }

  #fail(thrown: unknown, stage: StageName): void {
    this.#emit({ type: 'error', error: toVoiceError(thrown, stage), turnId: this.#transcribing.current?.turnId });
  }

  #isIdle(): boolean {
    return this.#turn.listening === 'quiet' && this.#answering.current === undefined && !this.#turn.replyPending;
  }

  #notifyIdle(): void {
    if (!this.#isIdle()) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }

  #assertOpen(): void {
    if (this.#disposed !== undefined) throw new DisposedError('The session');
  }
}

function detectionOf(settings: SessionSettings) {
  return {
    speechThreshold: settings.speechThreshold,
    silenceThreshold: Math.max(0.01, settings.speechThreshold - 0.15),
    prefixPaddingMs: settings.prefixPaddingMs,
  };
}
