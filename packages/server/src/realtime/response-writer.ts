import type { LlmUsage, ToolCall } from '@sotto/pipeline';
import { type ContentPart, type RealtimeItem, type ResponseStatus, type ResponseUsage, type ServerEvent, type WireAudioFormat, type WireResponse } from '@sotto/pipeline/protocol';
import type { RealtimeConversation } from './realtime-conversation.ts';
import { wireId } from './wire-ids.ts';

export type ResponseWriterOptions = {
  readonly responseId: string;
  /** Wire id of the message, when the response gets one. */
  readonly itemId: string;
  /** Id of that message inside the session. */
  readonly sessionItemId: string;
  /** The conversation that takes the response's items; undefined for an out-of-band response. */
  readonly conversation: RealtimeConversation | undefined;
  readonly modality: 'audio' | 'text';
  readonly format: WireAudioFormat;
  readonly voice: string;
  readonly maxOutputTokens: number | 'inf';
  readonly metadata: Readonly<Record<string, string>> | null;
  /** Tokens that the language model can hold. */
  readonly contextTokenCount: number;
  readonly emit: (event: ServerEvent) => void;
};

export type ResponseOutcome = {
  readonly status: Exclude<ResponseStatus, 'in_progress'>;
  readonly reason?: 'turn_detected' | 'client_cancelled' | 'max_output_tokens';
  readonly error?: { readonly type: string; readonly code: string; readonly message: string };
  readonly usage: LlmUsage | undefined;
};

/** Tells one response in the order that clients rely on, each event with all its ids. */
export class ResponseWriter {
  readonly #options: ResponseWriterOptions;
  readonly #output: RealtimeItem[] = [];
  #messageIndex: number | undefined;
  #messageClosed = false;
  #text = '';
  #audioMs = 0;
  #done = false;

  constructor(options: ResponseWriterOptions) {
    this.#options = options;
    options.emit({ type: 'response.created', response: this.#response('in_progress', null, null) });
  }

  get responseId(): string {
    return this.#options.responseId;
  }

  get itemId(): string {
    return this.#options.itemId;
  }

  get outOfBand(): boolean {
    return this.#options.conversation === undefined;
  }

  get done(): boolean {
    return this.#done;
  }

  get messageClosed(): boolean {
    return this.#messageClosed;
  }

  get hasMessage(): boolean {
    return this.#messageIndex !== undefined;
  }

  /** Speech sent so far. */
  get audioMs(): number {
    return this.#audioMs;
  }

  writeText(delta: string): void {
    if (this.#done || delta === '') return;
    const at = this.#openMessage();
    this.#text += delta;
    this.#options.emit({ type: this.#options.modality === 'audio' ? 'response.output_audio_transcript.delta' : 'response.output_text.delta', ...at, content_index: 0, delta });
  }

  /** Counts a piece of speech. @returns where it belongs, for the event or binary frame that carries it. */
  noteAudio(durationMs: number): { response_id: string; output_index: number; item_id: string; content_index: number } {
    const at = this.#openMessage();
    this.#audioMs += durationMs;
    const entry = this.#options.conversation?.find(this.#options.itemId);
    if (entry !== undefined) entry.audioMs = this.#audioMs;
    return { ...at, content_index: 0 };
  }

  writeToolCall(call: ToolCall): void {
    if (this.#done) return;
    const { emit, responseId } = this.#options;
    const itemId = wireId('item');
    const item = (status: 'in_progress' | 'completed', args: string): RealtimeItem => ({ id: itemId, object: 'realtime.item', type: 'function_call', status, call_id: call.callId, name: call.name, arguments: args });
    const outputIndex = this.#output.push(item('in_progress', '')) - 1;
    const at = { response_id: responseId, output_index: outputIndex, item_id: itemId, call_id: call.callId };
    // The session names the items of calls after the call.
    this.#added(outputIndex, `item_call_${call.callId}`);
    emit({ type: 'response.function_call_arguments.delta', ...at, delta: call.argumentsJson });
    emit({ type: 'response.function_call_arguments.done', ...at, name: call.name, arguments: call.argumentsJson });
    this.#output[outputIndex] = item('completed', call.argumentsJson);
    this.#finished(outputIndex);
  }

  /** Ends the message. @param text what the conversation keeps: all of it, or the words heard. */
  closeMessage(status: 'completed' | 'incomplete', text: string): void {
    if (this.#messageIndex === undefined || this.#messageClosed) return;
    this.#messageClosed = true;
    this.#text = text;
    const { emit, modality, itemId, responseId } = this.#options;
    const at = { response_id: responseId, output_index: this.#messageIndex, item_id: itemId, content_index: 0 };
    if (modality === 'audio') {
      if (this.#audioMs > 0) emit({ type: 'response.output_audio.done', ...at });
      emit({ type: 'response.output_audio_transcript.done', ...at, transcript: text });
      emit({ type: 'response.content_part.done', ...at, part: { type: 'audio', transcript: text } });
    } else {
      emit({ type: 'response.output_text.done', ...at, text });
      emit({ type: 'response.content_part.done', ...at, part: { type: 'text', text } });
    }
    this.#output[this.#messageIndex] = this.#message(status, [this.#part(text)]);
    this.#finished(this.#messageIndex);
  }

  finish(outcome: ResponseOutcome): void {
    if (this.#done) return;
    this.#done = true;
    const { status, reason, error, usage } = outcome;
    const details = status === 'completed' ? null : { type: status, ...(reason === undefined ? {} : { reason }), ...(error === undefined ? {} : { error }) };
    if (usage !== undefined) this.#tellRateLimits(usage);
    this.#options.emit({ type: 'response.done', response: this.#response(status, details, usage === undefined ? null : toUsage(usage)) });
  }

  /** A machine of one's own has no quota; what runs out is the language model's context. */
  #tellRateLimits({ inputTokenCount, outputTokenCount }: LlmUsage): void {
    const { emit, contextTokenCount } = this.#options;
    emit({ type: 'rate_limits.updated', rate_limits: [{ name: 'tokens', limit: contextTokenCount, remaining: Math.max(0, contextTokenCount - inputTokenCount - outputTokenCount), reset_seconds: 0 }] });
  }

  #openMessage(): { response_id: string; output_index: number; item_id: string } {
    const { emit, itemId, responseId, modality } = this.#options;
    if (this.#messageIndex === undefined) {
      this.#messageIndex = this.#output.push(this.#message('in_progress', [])) - 1;
      this.#added(this.#messageIndex, this.#options.sessionItemId);
      emit({
        type: 'response.content_part.added',
        response_id: responseId,
        output_index: this.#messageIndex,
        item_id: itemId,
        content_index: 0,
        part: modality === 'audio' ? { type: 'audio', transcript: '' } : { type: 'text', text: '' },
      });
    }
    return { response_id: responseId, output_index: this.#messageIndex, item_id: itemId };
  }

  #added(outputIndex: number, sessionItemId: string): void {
    const { emit, conversation, responseId } = this.#options;
    const item = this.#output[outputIndex]!;
    emit({ type: 'response.output_item.added', response_id: responseId, output_index: outputIndex, item });
    if (conversation === undefined) return;
    const forgotten = conversation.insert({ item, sessionItemId, audioMs: item.type === 'message' ? 0 : undefined });
    emit({ type: 'conversation.item.added', item, previous_item_id: conversation.previousId(item.id) });
    if (forgotten !== undefined) emit({ type: 'conversation.item.deleted', item_id: forgotten.item.id });
  }

  #finished(outputIndex: number): void {
    const { emit, conversation, responseId } = this.#options;
    const item = this.#output[outputIndex]!;
    emit({ type: 'response.output_item.done', response_id: responseId, output_index: outputIndex, item });
    if (conversation?.find(item.id) === undefined) return;
    conversation.replace(item);
    emit({ type: 'conversation.item.done', item, previous_item_id: conversation.previousId(item.id) });
  }

  #message(status: 'in_progress' | 'completed' | 'incomplete', content: readonly ContentPart[]): RealtimeItem {
    return { id: this.#options.itemId, object: 'realtime.item', type: 'message', role: 'assistant', status, content };
  }

  #part(text: string): ContentPart {
    return this.#options.modality === 'audio' ? { type: 'output_audio', transcript: text } : { type: 'output_text', text };
  }

  #response(status: ResponseStatus, details: WireResponse['status_details'], usage: ResponseUsage | null): WireResponse {
    const { responseId, conversation, modality, maxOutputTokens, format, voice, metadata } = this.#options;
    return {
      id: responseId,
      object: 'realtime.response',
      status,
      status_details: details,
      output: [...this.#output],
      conversation_id: conversation?.id ?? null,
      output_modalities: [modality],
      max_output_tokens: maxOutputTokens,
      audio: { output: { format, voice } },
      usage,
      metadata,
    };
  }
}

function toUsage({ inputTokenCount, cachedTokenCount, outputTokenCount }: LlmUsage): ResponseUsage {
  return {
    total_tokens: inputTokenCount + outputTokenCount,
    input_tokens: inputTokenCount,
    output_tokens: outputTokenCount,
    input_token_details: { text_tokens: inputTokenCount, audio_tokens: 0, cached_tokens: cachedTokenCount },
    output_token_details: { text_tokens: outputTokenCount, audio_tokens: 0 },
  };
}
