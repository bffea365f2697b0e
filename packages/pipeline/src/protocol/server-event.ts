import type { TurnWaterfall } from '../metrics/turn-waterfall.ts';
import type { ContentPart, RealtimeItem } from './realtime-item.ts';
import type { WireAudioFormat } from './realtime-session-config.ts';
import type { WireErrorBody } from './wire-error.ts';

type InResponse = { readonly response_id: string; readonly output_index: number; readonly item_id: string };
type InPart = InResponse & { readonly content_index: number };

/** The part of a response's message as `content_part` events tell it. */
export type ResponsePart = { readonly type: 'audio'; readonly transcript: string } | { readonly type: 'text'; readonly text: string };

export type ResponseUsage = {
  readonly total_tokens: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly input_token_details: { readonly text_tokens: number; readonly audio_tokens: number; readonly cached_tokens: number };
  readonly output_token_details: { readonly text_tokens: number; readonly audio_tokens: number };
};

export type ResponseStatus = 'in_progress' | 'completed' | 'cancelled' | 'failed' | 'incomplete';

export type WireResponse = {
  readonly id: string;
  readonly object: 'realtime.response';
  readonly status: ResponseStatus;
  readonly status_details: { readonly type: ResponseStatus; readonly reason?: string; readonly error?: { readonly type: string; readonly code: string; readonly message: string } } | null;
  readonly output: readonly RealtimeItem[];
  /** Absent from an out-of-band response, which belongs to no conversation. */
  readonly conversation_id: string | null;
  readonly output_modalities: readonly string[];
  readonly max_output_tokens: number | 'inf';
  readonly audio: { readonly output: { readonly format: WireAudioFormat; readonly voice: string } };
  readonly usage: ResponseUsage | null;
  readonly metadata: Readonly<Record<string, string>> | null;
};

/** Everything the server sends, before it is given its `event_id`. */
export type ServerEvent =
  | { readonly type: 'session.created' | 'session.updated'; readonly session: Readonly<Record<string, unknown>> }
  | { readonly type: 'error'; readonly error: WireErrorBody }
  | { readonly type: 'conversation.created'; readonly conversation: { readonly id: string; readonly object: 'realtime.conversation' } }
  | { readonly type: 'conversation.item.added' | 'conversation.item.done'; readonly item: RealtimeItem; readonly previous_item_id: string | null }
  | { readonly type: 'conversation.item.retrieved'; readonly item: RealtimeItem }
  | { readonly type: 'conversation.item.deleted'; readonly item_id: string }
  | { readonly type: 'conversation.item.truncated'; readonly item_id: string; readonly content_index: number; readonly audio_end_ms: number }
  | { readonly type: 'conversation.item.input_audio_transcription.delta'; readonly item_id: string; readonly content_index: number; readonly delta: string }
  | { readonly type: 'conversation.item.input_audio_transcription.completed'; readonly item_id: string; readonly content_index: number; readonly transcript: string; readonly usage: { readonly type: 'duration'; readonly seconds: number } }
  | { readonly type: 'conversation.item.input_audio_transcription.failed'; readonly item_id: string; readonly content_index: number; readonly error: { readonly type: string; readonly code: string; readonly message: string } }
  | { readonly type: 'input_audio_buffer.speech_started'; readonly item_id: string; readonly audio_start_ms: number }
  | { readonly type: 'input_audio_buffer.speech_stopped'; readonly item_id: string; readonly audio_end_ms: number }
  | { readonly type: 'input_audio_buffer.committed'; readonly item_id: string; readonly previous_item_id: string | null }
  | { readonly type: 'input_audio_buffer.cleared' }
  | { readonly type: 'input_audio_buffer.timeout_triggered'; readonly item_id: string; readonly audio_start_ms: number; readonly audio_end_ms: number }
  | { readonly type: 'output_audio_buffer.cleared'; readonly response_id: string }
  | { readonly type: 'response.created' | 'response.done'; readonly response: WireResponse }
  | { readonly type: 'response.output_item.added' | 'response.output_item.done'; readonly response_id: string; readonly output_index: number; readonly item: RealtimeItem }
  | (InPart & { readonly type: 'response.content_part.added' | 'response.content_part.done'; readonly part: ResponsePart })
  | (InPart & { readonly type: 'response.output_audio.delta'; readonly delta: string })
  | (InPart & { readonly type: 'response.output_audio.done' })
  | (InPart & { readonly type: 'response.output_audio_transcript.delta' | 'response.output_text.delta'; readonly delta: string })
  | (InPart & { readonly type: 'response.output_audio_transcript.done'; readonly transcript: string })
  | (InPart & { readonly type: 'response.output_text.done'; readonly text: string })
  | (InResponse & { readonly type: 'response.function_call_arguments.delta'; readonly call_id: string; readonly delta: string })
  | (InResponse & { readonly type: 'response.function_call_arguments.done'; readonly call_id: string; readonly name: string; readonly arguments: string })
  | { readonly type: 'rate_limits.updated'; readonly rate_limits: readonly { readonly name: 'requests' | 'tokens'; readonly limit: number; readonly remaining: number; readonly reset_seconds: number }[] }
  | SottoServerEvent;

/** Events of the extension; sent only to those who asked for its subprotocol. */
export type SottoServerEvent =
  /** First event of a connection: how to come back to this session. */
  | { readonly type: 'sotto.session.resumable'; readonly session_id: string; readonly resume_token: string; readonly resume_within_ms: number }
  /**
   * First event after coming back. Events after `last_event_id` follow, unless
   * `complete` is false: then they were no longer kept, and `items` is the whole history instead.
   */
  | { readonly type: 'sotto.session.resumed'; readonly session_id: string; readonly resume_token: string; readonly resume_within_ms: number; readonly complete: boolean; readonly items: readonly RealtimeItem[] | null; readonly session: Readonly<Record<string, unknown>> | null }
  /** A reply that could not be kept while nobody was connected. */
  | { readonly type: 'sotto.response.lost'; readonly response_id: string }
  /** Which binary stream carries the audio of a message. */
  | { readonly type: 'sotto.output_audio.started'; readonly response_id: string; readonly item_id: string; readonly stream: number }
  /** Hold the sound, or go on: the user speaks, and it is not yet known whether that is an interruption. */
  | { readonly type: 'sotto.output_audio.paused' | 'sotto.output_audio.resumed'; readonly stream: number }
  /** Where the time of one turn went. */
  | { readonly type: 'sotto.turn.latency'; readonly response_id: string | null; readonly waterfall: TurnWaterfall };

export type ServerEventType = ServerEvent['type'];
/** The member with this type, also where one member stands for several types. */
type MemberOf<E, T> = E extends { readonly type: ServerEventType } ? (T extends E['type'] ? E & { readonly type: T } : never) : never;
export type ServerEventOf<T extends ServerEventType> = MemberOf<ServerEvent, T>;
/** A server event as it goes over the wire. */
export type SentServerEvent = ServerEvent & { readonly event_id: string };

export type { ContentPart };
