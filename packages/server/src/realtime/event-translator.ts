import { type PlayoutChunk, type SessionEvent, type SessionEventOf, type VoiceError, assertNever } from '@sotto/pipeline';
import type { RealtimeItem, RealtimeSessionConfig, ServerEvent } from '@sotto/pipeline/protocol';
import type { RealtimeConversation } from './realtime-conversation.ts';
import { ResponseWriter } from './response-writer.ts';
import { wireId } from './wire-ids.ts';

/** What a client asked for with the `response.create` that a reply answers; defaults for replies nobody asked for. */
export type ResponseWish = {
  readonly outOfBand: boolean;
  readonly modality: 'audio' | 'text';
  readonly voice: string;
  readonly maxOutputTokens: number | 'inf';
  readonly metadata: Readonly<Record<string, string>> | null;
};

export type EventTranslatorOptions = {
  readonly conversation: RealtimeConversation;
  readonly config: () => RealtimeSessionConfig;
  /** Tokens that the language model can hold. */
  readonly contextTokenCount: number;
  readonly emit: (event: ServerEvent) => void;
  /** Whether the client takes the events of the extension. */
  readonly extended: boolean;
  readonly onReplyEnd: (itemId: string) => void;
};

/** The user's side of one turn as the client sees it. */
type UserTurn = {
  readonly itemId: string;
  /** Where `speech_started` said that it began; a push-to-talk turn is never announced. */
  startedMs: number | undefined;
  committed: boolean;
  /** Transcript sent so far as deltas. */
  toldText: string;
};

type LiveReply = { readonly replyId: string; readonly turnId: string; readonly response: ResponseWriter; generated: SessionEventOf<'reply-generated'> | undefined; allSent: boolean };

/**
 * The one place where what happens in a session becomes what a client is told.
 *
 * Speech over a reply is told only once the session knows what it was: stock
 * clients stop their loudspeaker on `speech_started`, and a cough or an "mm-hm"
 * should not cut the reply off.
 */
export class EventTranslator {
  readonly #options: EventTranslatorOptions;
  readonly #turns = new Map<string, UserTurn>();
  /** Events of a turn that may yet turn out to be no turn at all. */
  #withheld: { readonly turnId: string; readonly events: SessionEvent[] } | undefined;
  #reply: LiveReply | undefined;
  #lastError: VoiceError | undefined;
  #clientCuts = false;
  /** Events that wait until it is known which request the reply belongs to. */
  #undecided: SessionEvent[] | undefined;
  #awaitingReplyId = false;
  readonly #wishes = new Map<string, ResponseWish>();

  constructor(options: EventTranslatorOptions) {
    this.#options = options;
  }

  /** The response that is being told; undefined between `response.done` and the next `response.created`. */
  get activeResponse(): ResponseWriter | undefined {
    return this.#reply !== undefined && !this.#reply.response.done ? this.#reply.response : undefined;
  }

  /** The reply that is being made or heard, also after its `response.done`. */
  get liveReply(): { readonly replyId: string; readonly response: ResponseWriter } | undefined {
    return this.#reply;
  }

  /** A reply was requested: events of an unknown reply wait until {@link replyStarted} or {@link replyRefused}. */
  expectReply(): void {
    this.#awaitingReplyId = true;
  }

  replyStarted(replyId: string, wish: ResponseWish): void {
    this.#wishes.set(replyId, wish);
    this.#decide();
  }

  replyRefused(): void {
    this.#decide();
  }

  /** The client itself cuts the reply that is about to end, and is answered about its own cut. */
  noteClientCut(): void {
    this.#clientCuts = true;
  }

  onSessionEvent(event: SessionEvent): void {
    if (this.#undecided !== undefined) {
      this.#undecided.push(event);
      return;
    }
    if (event.type === 'reply-start' && this.#awaitingReplyId) {
      this.#undecided = [event];
      return;
    }
    if (this.#withhold(event)) return;
    this.#translate(event);
  }

  /** A piece of speech goes out. @returns where it belongs; undefined when its response is over. */
  noteAudio(chunk: PlayoutChunk): { response_id: string; output_index: number; item_id: string; content_index: number } | undefined {
    const reply = this.#reply;
    if (reply?.replyId !== chunk.replyId || reply.response.done) return undefined;
    return reply.response.noteAudio((chunk.samples.length * 1000) / chunk.sampleRate);
  }

  /** All speech of the reply was sent: for the client it is done, though its loudspeaker goes on. */
  allSent(replyId: string): void {
    if (this.#reply?.replyId !== replyId) return;
    this.#reply.allSent = true;
    this.#finishIfComplete(this.#reply);
  }

  #decide(): void {
    this.#awaitingReplyId = false;
    const events = this.#undecided ?? [];
    this.#undecided = undefined;
    for (const event of events) this.onSessionEvent(event);
  }

  /** @returns whether the event waits, because its turn may be an echo or a backchannel. */
  #withhold(event: SessionEvent): boolean {
    if (event.type === 'speech-start' && this.#reply !== undefined && interruptsByWords(this.#options.config())) {
      this.#withheld = { turnId: event.turnId, events: [event] };
      return true;
    }
    const withheld = this.#withheld;
    if (withheld === undefined) return false;
    if (event.type === 'reply-end') {
      this.#tellWithheld();
      return false;
    }
    if (!('turnId' in event) || event.turnId !== withheld.turnId) return false;
    switch (event.type) {
      case 'backchannel':
      case 'speech-misfire':
        this.#withheld = undefined;
        return true;
      case 'transcript-final':
        if (event.transcript.text === '') this.#withheld = undefined;
        else withheld.events.push(event);
        return true;
      case 'speech-start':
      case 'speech-end':
      case 'transcript-partial':
        withheld.events.push(event);
        return true;
      default:
        return false;
    }
  }

  #tellWithheld(): void {
    const events = this.#withheld?.events ?? [];
    this.#withheld = undefined;
    for (const event of events) this.#translate(event);
  }

  #translate(event: SessionEvent): void {
    switch (event.type) {
      case 'speech-start':
        return this.#onSpeechStart(event);
      case 'speech-end':
        return this.#onSpeechEnd(event);
      case 'speech-misfire':
        return this.#onMisfire(event);
      case 'transcript-partial':
        return this.#onPartial(event);
      case 'transcript-final':
        return this.#onTranscript(event);
      case 'reply-start':
        return this.#onReplyStart(event);
      case 'reply-text-delta':
        if (this.#reply?.replyId === event.replyId) this.#reply.response.writeText(event.text);
        return;
      case 'tool-call':
        if (this.#reply?.replyId === event.replyId) this.#reply.response.writeToolCall(event.call);
        return;
      case 'reply-generated':
        return this.#onGenerated(event);
      case 'reply-end':
        return this.#onReplyEnd(event);
      case 'turn-latency':
        if (this.#options.extended) this.#options.emit({ type: 'sotto.turn.latency', response_id: this.#reply?.response.responseId ?? null, waterfall: event.waterfall });
        return;
      case 'error':
        return this.#onError(event);
      case 'idle-timeout':
        return this.#onIdleTimeout(event);
      case 'speech-pause':
      case 'speech-resume':
      case 'reply-speech':
      case 'heard':
      case 'backchannel':
      case 'capture-overrun':
        return;
      default:
        return assertNever(event);
    }
  }

  #onSpeechStart({ turnId, audioStartMs }: SessionEventOf<'speech-start'>): void {
    const turn = this.#turnOf(turnId);
    turn.startedMs = Math.round(audioStartMs);
    this.#options.emit({ type: 'input_audio_buffer.speech_started', item_id: turn.itemId, audio_start_ms: turn.startedMs });
  }

  #onSpeechEnd({ turnId, itemId, audioEndMs }: SessionEventOf<'speech-end'>): void {
    const turn = this.#turnOf(turnId);
    if (turn.startedMs !== undefined) this.#options.emit({ type: 'input_audio_buffer.speech_stopped', item_id: turn.itemId, audio_end_ms: Math.round(audioEndMs) });
    this.#tellCommitted(turn);
    const entry = this.#options.conversation.find(turn.itemId);
    if (entry !== undefined) entry.sessionItemId = itemId;
  }

  /** Audio was cleared in the middle of speech that had been announced. */
  #onMisfire({ turnId }: SessionEventOf<'speech-misfire'>): void {
    const turn = this.#turns.get(turnId);
    this.#turns.delete(turnId);
    if (turn?.startedMs !== undefined && !turn.committed) this.#options.emit({ type: 'input_audio_buffer.speech_stopped', item_id: turn.itemId, audio_end_ms: turn.startedMs });
  }

  /** Deltas only ever grow: words are told once two decodings agree on them, unless they contradict what was told. */
  #onPartial({ turnId, stableText }: SessionEventOf<'transcript-partial'>): void {
    const turn = this.#turns.get(turnId);
    if (turn === undefined || this.#options.config().audio.input.transcription === null) return;
    this.#tellTranscriptDelta(turn, stableText);
  }

  #onTranscript({ turnId, transcript }: SessionEventOf<'transcript-final'>): void {
    const turn = this.#turnOf(turnId);
    this.#tellCommitted(turn);
    this.#turns.delete(turnId);
    const { conversation, config, emit } = this.#options;
    const entry = conversation.find(turn.itemId);
    if (entry?.item.type === 'message') conversation.replace({ ...entry.item, content: [{ type: 'input_audio', transcript: transcript.text }] });
    if (config().audio.input.transcription !== null) {
      this.#tellTranscriptDelta(turn, transcript.text);
      emit({ type: 'conversation.item.input_audio_transcription.completed', item_id: turn.itemId, content_index: 0, transcript: transcript.text, usage: { type: 'duration', seconds: transcript.audioMs / 1000 } });
    }
  }

  #onReplyStart({ replyId, turnId, itemId }: SessionEventOf<'reply-start'>): void {
    const { config, conversation, contextTokenCount, emit } = this.#options;
    const { audio, output_modalities, max_output_tokens } = config();
    const wish = this.#wishes.get(replyId) ?? { outOfBand: false, modality: output_modalities[0], voice: audio.output.voice, maxOutputTokens: max_output_tokens, metadata: null };
    this.#wishes.delete(replyId);
    this.#clientCuts = false;
    const response = new ResponseWriter({
      responseId: wireId('resp'),
      itemId: wireId('item'),
      sessionItemId: itemId,
      conversation: wish.outOfBand ? undefined : conversation,
      modality: wish.modality,
      format: audio.output.format,
      voice: wish.voice,
      maxOutputTokens: wish.maxOutputTokens,
      metadata: wish.metadata,
      contextTokenCount,
      emit,
    });
    this.#reply = { replyId, turnId, response, generated: undefined, allSent: false };
  }

  #onGenerated(event: SessionEventOf<'reply-generated'>): void {
    if (this.#reply?.replyId !== event.replyId) return;
    this.#reply.generated = event;
    this.#finishIfComplete(this.#reply);
  }

  /** A spoken reply is done when it is generated and sent; a written one with its end. */
  #finishIfComplete({ response, generated, allSent }: LiveReply): void {
    if (generated === undefined || !allSent || response.done) return;
    const cutOff = generated.finishReason === 'length';
    response.closeMessage(cutOff ? 'incomplete' : 'completed', generated.text);
    response.finish({ status: cutOff ? 'incomplete' : 'completed', ...(cutOff ? { reason: 'max_output_tokens' as const } : {}), usage: generated.usage });
  }

  #onReplyEnd(event: SessionEventOf<'reply-end'>): void {
    const reply = this.#reply;
    if (reply?.replyId !== event.replyId) return;
    this.#reply = undefined;
    if (reply.response.done) this.#tellHeard(reply.response, event);
    else this.#finishAtEnd(reply.response, event);
    this.#lastError = undefined;
    this.#clientCuts = false;
    this.#options.onReplyEnd(reply.response.itemId);
  }

  /** The client was told that the response is complete; when it was interrupted while playing, the rest is taken back. */
  #tellHeard(response: ResponseWriter, event: SessionEventOf<'reply-end'>): void {
    if (event.status === 'completed' || response.outOfBand || !response.hasMessage) return;
    const { conversation, emit } = this.#options;
    const entry = conversation.find(response.itemId);
    if (entry?.item.type !== 'message') return;
    conversation.replace({ ...entry.item, status: 'incomplete', content: [{ type: 'output_audio', transcript: event.heardText }] });
    if (!this.#clientCuts) emit({ type: 'conversation.item.truncated', item_id: response.itemId, content_index: 0, audio_end_ms: Math.round(Math.min(event.heardMs, response.audioMs)) });
  }

  #finishAtEnd(response: ResponseWriter, event: SessionEventOf<'reply-end'>): void {
    const { usage } = event;
    const cutOff = event.finishReason === 'length';
    response.closeMessage(event.status === 'completed' && !cutOff ? 'completed' : 'incomplete', event.status === 'completed' ? event.text : event.heardText);
    switch (event.status) {
      case 'completed':
        return response.finish(cutOff ? { status: 'incomplete', reason: 'max_output_tokens', usage } : { status: 'completed', usage });
      case 'interrupted':
        return response.finish({ status: 'cancelled', reason: 'turn_detected', usage });
      case 'cancelled':
        return response.finish({ status: 'cancelled', reason: 'client_cancelled', usage });
      case 'failed':
        return response.finish({ status: 'failed', error: { type: 'server_error', code: this.#lastError?.code ?? 'VOICE_ERR_ENGINE_FAILED', message: this.#lastError?.message ?? 'The reply failed' }, usage });
      default:
        return assertNever(event.status);
    }
  }

  #onError({ error, turnId }: SessionEventOf<'error'>): void {
    this.#lastError = error;
    this.#options.emit({ type: 'error', error: { type: 'server_error', code: error.code, message: error.message, param: null, event_id: null } });
    if (error.stage !== 'stt') return;
    // An utterance that failed while it was being finished is no longer the session's current one.
    const failedId = turnId ?? [...this.#turns].findLast(([, { committed }]) => committed)?.[0];
    const turn = failedId === undefined ? undefined : this.#turns.get(failedId);
    if (failedId === undefined || !turn?.committed) return;
    this.#turns.delete(failedId);
    this.#options.emit({ type: 'conversation.item.input_audio_transcription.failed', item_id: turn.itemId, content_index: 0, error: { type: 'server_error', code: error.code, message: error.message } });
  }

  /** The user said nothing for long after a reply: an item without words, and the session answers it. */
  #onIdleTimeout({ audioEndMs }: SessionEventOf<'idle-timeout'>): void {
    const detection = this.#options.config().audio.input.turn_detection;
    const silenceMs = detection?.type === 'server_vad' ? (detection.idle_timeout_ms ?? 0) : 0;
    const turn = newTurn();
    this.#options.emit({ type: 'input_audio_buffer.timeout_triggered', item_id: turn.itemId, audio_start_ms: Math.max(0, Math.round(audioEndMs - silenceMs)), audio_end_ms: Math.round(audioEndMs) });
    this.#tellCommitted(turn);
  }

  #turnOf(turnId: string): UserTurn {
    let turn = this.#turns.get(turnId);
    if (turn === undefined) {
      turn = newTurn();
      this.#turns.set(turnId, turn);
    }
    return turn;
  }

  #tellCommitted(turn: UserTurn): void {
    if (turn.committed) return;
    turn.committed = true;
    const { conversation, emit } = this.#options;
    const item: RealtimeItem = { id: turn.itemId, object: 'realtime.item', type: 'message', role: 'user', status: 'completed', content: [{ type: 'input_audio', transcript: null }] };
    const previousId = conversation.lastItemId;
    const forgotten = conversation.insert({ item, sessionItemId: undefined, audioMs: undefined });
    emit({ type: 'input_audio_buffer.committed', item_id: item.id, previous_item_id: previousId });
    emit({ type: 'conversation.item.added', item, previous_item_id: previousId });
    emit({ type: 'conversation.item.done', item, previous_item_id: previousId });
    if (forgotten !== undefined) emit({ type: 'conversation.item.deleted', item_id: forgotten.item.id });
  }

  #tellTranscriptDelta(turn: UserTurn, text: string): void {
    if (text.length <= turn.toldText.length || !text.startsWith(turn.toldText)) return;
    const delta = text.slice(turn.toldText.length);
    turn.toldText = text;
    this.#options.emit({ type: 'conversation.item.input_audio_transcription.delta', item_id: turn.itemId, content_index: 0, delta });
  }

}

function newTurn(): UserTurn {
  return { itemId: wireId('item'), startedMs: undefined, committed: false, toldText: '' };
}

function interruptsByWords(config: RealtimeSessionConfig): boolean {
  const detection = config.audio.input.turn_detection;
  return detection?.type === 'semantic_vad' && detection.interrupt_response;
}
