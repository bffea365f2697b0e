import { type Clock, type PlayoutChunk, type SessionEvent, type SessionSettings, type VoiceEngines, type VoiceSession, type VoiceSessionOptions, VoiceError, toVoiceError } from '@sotto/pipeline';
import {
  type BinaryFrame,
  type ClientEvent,
  type ClientEventOf,
  LiveWireAudio,
  type RealtimeSessionConfig,
  type ResponseRequest,
  type ServerEvent,
  WireError,
  bytesPerSample,
  describeSession,
  mergeSessionConfig,
  wireSampleRate,
} from '@sotto/pipeline/protocol';
import { ConversationEditor } from './conversation-editor.ts';
import { type ClientLink, EventOutlet, type LastSeen } from './event-outlet.ts';
import { EventTranslator } from './event-translator.ts';
import { InputFeeder } from './input-feeder.ts';
import { RealtimeConversation } from './realtime-conversation.ts';
import { ReplyQueue } from './reply-queue.ts';
import { readResponseRequest } from './response-request.ts';
import { toSessionSettings } from './session-settings.ts';
import { SocketSink } from './socket-sink.ts';
import { SpeechEncoder } from './speech-encoder.ts';
import { wireId } from './wire-ids.ts';

/** Least audio of a commit, as OpenAI's endpoint has it. */
const COMMIT_MIN_MS = 100;
/** Missing audio up to this long is replaced by silence; more means that the client started anew. */
const GAP_MAX_MS = 2000;
/** How often at most a client is told that it is not being listened to fast enough. */
const OVERRUN_NOTICE_INTERVAL_MS = 1000;
const IDLE_INSTRUCTIONS = 'The user has said nothing for a while. In one short sentence, ask whether there is anything else.';

export type RealtimeSessionOptions = {
  readonly engines: VoiceEngines;
  readonly createSession: (options: VoiceSessionOptions) => Promise<VoiceSession>;
  readonly clock: Clock;
  readonly config: RealtimeSessionConfig;
  /** Whether the client asked for the extension: binary audio, resume, latency. */
  readonly extended: boolean;
  /** Unix time at which the session ends at the latest. */
  readonly expiresAtSeconds: number;
  /** How far speech may be sent ahead of being heard. */
  readonly leadMs: number;
  /** What is kept for a client that comes back; 0 for those that cannot. */
  readonly keptBytesMax: number;
  /** Whether this much more audio may come in now. */
  readonly takeAudio: (durationMs: number) => boolean;
  readonly onSessionEvent: (event: SessionEvent) => void;
};

/**
 * One conversation with one remote client, whichever connection it is on at the
 * moment: takes client events, holds the voice session, and sends what happens.
 */
export class RealtimeSession implements AsyncDisposable {
  readonly id = wireId('sess');
  readonly #options: RealtimeSessionOptions;
  readonly #conversation = new RealtimeConversation(wireId('conv'));
  readonly #outlet: EventOutlet;
  readonly #translator: EventTranslator;
  readonly #sink: SocketSink;
  readonly #feeder: InputFeeder;
  readonly #replies: ReplyQueue;
  readonly #editor: ConversationEditor;
  readonly #audio = new LiveWireAudio();
  #config: RealtimeSessionConfig;
  #session!: VoiceSession;
  #speech: { readonly replyId: string; readonly encoder: SpeechEncoder } | undefined;
  #tools: { readonly config: RealtimeSessionConfig; readonly tools: SessionSettings['tools'] } | undefined;
  /** Audio since the last commit or clear, for refusing empty commits. */
  #uncommittedMs = 0;
  #expectedPosition: number | undefined;
  #overrunToldMs = -Infinity;
  #disposed: Promise<void> | undefined;

  private constructor(options: RealtimeSessionOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#outlet = new EventOutlet({ binary: options.extended, keptBytesMax: options.keptBytesMax });
    const emit = (event: ServerEvent) => this.#outlet.emit(event);
    this.#translator = new EventTranslator({
      conversation: this.#conversation,
      config: () => this.#config,
      contextTokenCount: options.engines.llm.capabilities.contextTokenCount,
      emit,
      extended: options.extended,
      onReplyEnd: (itemId) => {
        this.#outlet.endStream(itemId);
        this.#replies.replyEnded();
      },
    });
    this.#sink = new SocketSink({
      clock: options.clock,
      leadMs: options.leadMs,
      listenerPauses: () => options.extended,
      onAudio: (chunk) => this.#sendSpeech(chunk),
      onAllSent: (replyId) => this.#allSent(replyId),
      onPause: () => this.#tellPlayout('sotto.output_audio.paused'),
      onResume: () => this.#tellPlayout('sotto.output_audio.resumed'),
    });
    this.#feeder = new InputFeeder({
      push: (frame) => this.#session.pushAudio(frame),
      write: (frame) => this.#session.writeAudio(frame),
      onError: (thrown) => this.#fail(thrown),
    });
    this.#editor = new ConversationEditor({ conversation: this.#conversation, session: () => this.#session, engines: options.engines, config: () => this.#config, emit });
    this.#replies = new ReplyQueue({
      translator: this.#translator,
      start: (request) => this.#session.reply(request),
      inputSettled: async () => {
        await this.#feeder.idle();
        await this.#editor.settled();
      },
      skipToEnd: () => this.#sink.skipToEnd(),
      refuse: (error, eventId) => this.refuse(error, eventId),
    });
  }

  /** Opens the voice session; waits for room in the language model if need be. */
  static async open(options: RealtimeSessionOptions): Promise<RealtimeSession> {
    const session = new RealtimeSession(options);
    session.#session = await options.createSession({
      engines: options.engines,
      sink: session.#sink,
      clock: options.clock,
      settings: session.#settings(),
      onEvent: (event) => session.#onSessionEvent(event),
    });
    return session;
  }

  /** Resolves when nothing is being said, thought or transcribed. */
  idle(): Promise<void> {
    return this.#session.idle();
  }

  /** Greets a client on its first connection. */
  attach(link: ClientLink, first: readonly ServerEvent[]): void {
    this.#outlet.attach(link);
    this.#outlet.emit({ type: 'session.created', session: this.#describe() });
    this.#outlet.emit({ type: 'conversation.created', conversation: { id: this.#conversation.id, object: 'realtime.conversation' } });
    for (const event of first) this.#outlet.emit(event);
  }

  /** Takes up a client that came back on another connection. */
  resume(link: ClientLink, lastSeen: LastSeen, token: { readonly resume_token: string; readonly resume_within_ms: number }): void {
    const complete = this.#outlet.replay(lastSeen, link, (nothingMissing) => ({
      type: 'sotto.session.resumed',
      session_id: this.id,
      ...token,
      complete: nothingMissing,
      items: nothingMissing ? null : this.#conversation.items,
      session: nothingMissing ? null : this.#describe(),
    }));
    this.#outlet.attach(link);
    if (!complete) this.#giveUpReply();
    this.#expectedPosition = undefined;
    this.#sink.reconnected();
  }

  /** The connection is gone: what is being said waits where it is. */
  detach(): void {
    this.#outlet.detach();
    this.#sink.disconnected();
  }

  /** Handles one event. What is wrong with it is answered, never thrown. */
  handle(event: ClientEvent): void {
    try {
      this.#dispatch(event);
    } catch (thrown) {
      if (thrown instanceof WireError) this.refuse(thrown, event.event_id);
      else this.#fail(thrown, event.event_id);
    }
  }

  /** Handles a binary frame of the extension; keeps nothing of its payload, which is the socket's. */
  handleFrame(frame: BinaryFrame): void {
    try {
      if (frame.kind !== 'input-audio') throw new WireError('invalid_binary_frame', 'Only the server sends frames of kind 2');
      this.#takeFrame(frame);
    } catch (thrown) {
      if (thrown instanceof WireError) this.refuse(thrown, undefined);
      else this.#fail(thrown);
    }
  }

  /** Answers something that could not be taken; the session lives on. */
  refuse(error: WireError, eventId: string | undefined): void {
    this.#outlet.emit({ type: 'error', error: error.toBody(eventId) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= (async () => {
      this.#replies.close();
      this.#outlet.detach();
      await this.#session[Symbol.asyncDispose]();
    })();
    await this.#disposed;
  }

  #dispatch(event: ClientEvent): void {
    switch (event.type) {
      case 'session.update':
        return this.#update(event);
      case 'input_audio_buffer.append':
        return this.#append(this.#audio.decodeBase64(event.audio, this.#config.audio.input.format, 'audio'));
      case 'input_audio_buffer.commit':
        return this.#commit(event.event_id);
      case 'input_audio_buffer.clear':
        return this.#clear();
      case 'output_audio_buffer.clear':
        return this.#clearOutput();
      case 'conversation.item.create':
        return this.#editor.create(event);
      case 'conversation.item.retrieve':
        return this.#editor.retrieve(event);
      case 'conversation.item.delete':
        return this.#delete(event);
      case 'conversation.item.truncate':
        return this.#truncate(event);
      case 'response.create':
        return this.#createResponse(event.response ?? {}, event.event_id);
      case 'response.cancel':
        return this.#cancel(event);
    }
  }

  #update(event: ClientEventOf<'session.update'>): void {
    this.#config = mergeSessionConfig(this.#config, event.session);
    this.#session.update(this.#settings());
    this.#outlet.emit({ type: 'session.updated', session: this.#describe() });
  }

  #settings(): Partial<SessionSettings> {
    const config = this.#config;
    const settings = toSessionSettings(config, this.#options.engines.tts.capabilities);
    // The same array for the same tools, or every update would have the language model read them anew.
    if (this.#tools?.config.tools !== config.tools || this.#tools.config.tool_choice !== config.tool_choice) this.#tools = { config, tools: settings.tools ?? [] };
    return { ...settings, tools: this.#tools.tools };
  }

  #describe(): Readonly<Record<string, unknown>> {
    return describeSession(this.#config, this.id, this.#options.expiresAtSeconds);
  }

  #append(samples: Float32Array): void {
    if (samples.length === 0) return;
    const sampleRate = wireSampleRate(this.#config.audio.input.format);
    const durationMs = (samples.length * 1000) / sampleRate;
    if (!this.#options.takeAudio(durationMs)) {
      throw new WireError('audio_rate_exceeded', `${Math.round(durationMs)} ms of audio were refused: audio arrives faster than it is allowed to`, 'audio');
    }
    this.#uncommittedMs += durationMs;
    this.#feeder.push(samples, sampleRate);
  }

  /** Audio that came twice is dropped, audio that was lost is replaced by silence, so that positions stay true. */
  #takeFrame(frame: BinaryFrame): void {
    const format = this.#config.audio.input.format;
    const samples = this.#audio.decode(frame.payload, format);
    const gapSampleCount = this.#expectedPosition === undefined ? 0 : frame.position - this.#expectedPosition;
    this.#expectedPosition = (frame.position + frame.payload.length / bytesPerSample(format)) >>> 0;
    if (gapSampleCount < 0 && -gapSampleCount <= samples.length) return this.#append(samples.subarray(-gapSampleCount));
    if (gapSampleCount > 0 && (gapSampleCount * 1000) / wireSampleRate(format) <= GAP_MAX_MS) this.#append(new Float32Array(gapSampleCount));
    this.#append(samples);
  }

  #commit(eventId: string | undefined): void {
    const committedMs = this.#uncommittedMs;
    if (committedMs < COMMIT_MIN_MS) {
      throw new WireError('input_audio_buffer_commit_empty', `The buffer holds ${Math.round(committedMs)} ms of audio; a commit needs at least ${COMMIT_MIN_MS} ms`);
    }
    this.#uncommittedMs = 0;
    this.#feeder.enqueue(async () => {
      try {
        await this.#session.commitAudio();
      } catch (thrown) {
        if (!VoiceError.isInstance(thrown) || thrown.code !== 'VOICE_ERR_AUDIO_EMPTY') throw thrown;
        this.refuse(new WireError('input_audio_buffer_commit_empty', 'There is no speech in the buffer that was not committed yet'), eventId);
      }
    });
  }

  #clear(): void {
    this.#uncommittedMs = 0;
    this.#feeder.enqueue(() => {
      this.#session.clearAudio();
      this.#outlet.emit({ type: 'input_audio_buffer.cleared' });
      return Promise.resolve();
    });
  }

  /** Stops the sound of a reply, also after its `response.done`. */
  #clearOutput(): void {
    const live = this.#translator.liveReply;
    if (live === undefined) return;
    this.#outlet.emit({ type: 'output_audio_buffer.cleared', response_id: live.response.responseId });
    this.#session.interrupt();
  }

  #delete({ item_id }: ClientEventOf<'conversation.item.delete'>): void {
    if (this.#translator.liveReply?.response.itemId === item_id) {
      this.#translator.noteClientCut();
      this.#session.interrupt();
    }
    this.#editor.delete(item_id);
  }

  #truncate(event: ClientEventOf<'conversation.item.truncate'>): void {
    this.#editor.assertTruncatable(event);
    const live = this.#translator.liveReply;
    if (live?.response.itemId === event.item_id) {
      // The client stopped its loudspeaker there, so the reply is over.
      this.#sink.reportHeard(live.replyId, event.audio_end_ms);
      this.#translator.noteClientCut();
      this.#session.interrupt();
    }
    this.#editor.truncate(event);
  }

  #cancel({ response_id }: ClientEventOf<'response.cancel'>): void {
    const active = this.#translator.activeResponse;
    if (active === undefined && this.#replies.clear()) return;
    if (active === undefined || (response_id != null && response_id !== active.responseId)) {
      throw new WireError('response_cancel_not_active', response_id == null ? 'No response is being made' : `Response "${response_id}" is not being made`, response_id == null ? undefined : 'response_id');
    }
    this.#session.interrupt();
  }

  #createResponse(given: ResponseRequest, eventId: string | undefined): void {
    if (this.#config.type === 'transcription') throw new WireError('not_in_transcription_session', 'A transcription session makes no responses', 'type');
    const { wish, request, joinsConversation } = readResponseRequest(given, this.#config, this.#conversation, this.#options.engines.tts.capabilities);
    this.#replies.add({ wish, request, eventId, ...(joinsConversation ? { onStarted: (replyId: string) => this.#editor.adopt(replyId) } : {}) });
  }

  #onSessionEvent(event: SessionEvent): void {
    this.#options.onSessionEvent(event);
    if (event.type === 'capture-overrun') this.#tellOverrun(event.droppedSampleCount);
    this.#translator.onSessionEvent(event);
    this.#editor.onSessionEvent(event);
    if (event.type === 'idle-timeout') this.#answerSilence();
  }

  #answerSilence(): void {
    if (!this.#session.settings.autoReply) return;
    const instructions = [this.#config.instructions, IDLE_INSTRUCTIONS].filter(Boolean).join('\n');
    try {
      this.#createResponse({ instructions }, undefined);
    } catch (thrown) {
      if (!(thrown instanceof WireError)) throw thrown;
    }
  }

  /** Part of the reply is gone, so the rest would make no sense. */
  #giveUpReply(): void {
    const live = this.#translator.liveReply;
    if (live === undefined) return;
    this.#outlet.emit({ type: 'sotto.response.lost', response_id: live.response.responseId });
    this.#session.interrupt();
  }

  #tellOverrun(droppedSampleCount: number): void {
    const nowMs = this.#options.clock.nowMs();
    if (nowMs - this.#overrunToldMs < OVERRUN_NOTICE_INTERVAL_MS) return;
    this.#overrunToldMs = nowMs;
    const message = `Listening could not keep up and dropped audio (${droppedSampleCount} samples at 16 kHz just now)`;
    this.#outlet.emit({ type: 'error', error: { type: 'server_error', code: 'VOICE_ERR_CAPTURE_OVERRUN', message, param: null, event_id: null } });
  }

  async #sendSpeech(chunk: PlayoutChunk): Promise<void> {
    const at = this.#translator.noteAudio(chunk);
    if (at === undefined) return;
    if (this.#speech?.replyId !== chunk.replyId) this.#speech = { replyId: chunk.replyId, encoder: new SpeechEncoder(this.#config.audio.output.format, chunk.sampleRate) };
    const { bytes, sampleCount } = this.#speech.encoder.encode(chunk.samples);
    if (sampleCount > 0) await this.#outlet.sendAudio(bytes, sampleCount, at);
  }

  #allSent(replyId: string): void {
    const rest = this.#speech?.replyId === replyId ? this.#speech.encoder.flush() : undefined;
    const response = this.#translator.liveReply?.response;
    if (rest !== undefined && rest.sampleCount > 0 && response !== undefined && !response.done) void this.#outlet.sendAudio(rest.bytes, rest.sampleCount, response.noteAudio(0)).catch(() => {});
    if (response !== undefined) this.#outlet.endStream(response.itemId);
    this.#translator.allSent(replyId);
  }

  #tellPlayout(type: 'sotto.output_audio.paused' | 'sotto.output_audio.resumed'): void {
    if (this.#options.extended) this.#outlet.emit({ type, stream: this.#outlet.stream });
  }

  #fail(thrown: unknown, eventId?: string): void {
    if (this.#disposed !== undefined) return;
    const error = toVoiceError(thrown, 'session');
    this.#outlet.emit({ type: 'error', error: { type: 'server_error', code: error.code, message: error.message, param: null, event_id: eventId ?? null } });
  }
}
