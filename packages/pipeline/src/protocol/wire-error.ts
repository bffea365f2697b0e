/**
 * What the server says about a client event that it cannot take: an `error`
 * event. The connection lives on.
 */
export type WireErrorBody = {
  readonly type: WireErrorType;
  readonly code: string;
  readonly message: string;
  /** Path of the offending field, such as `session.audio.input.format`. */
  readonly param: string | null;
  /** The client's own id of the offending event. */
  readonly event_id: string | null;
};

/** Whose fault it was: the client's, its credentials', its pace's or ours. */
export type WireErrorType = 'invalid_request_error' | 'authentication_error' | 'rate_limit_error' | 'server_error';

/** Codes of errors in what a client sent. Failures of engines carry their `VOICE_ERR_…` code instead. */
export const WIRE_ERROR_CODES = [
  'invalid_json',
  'invalid_event',
  'unknown_event_type',
  'unexpected_binary',
  'invalid_binary_frame',
  'missing_required_parameter',
  'invalid_type',
  'invalid_value',
  'value_too_large',
  'invalid_audio',
  'item_not_found',
  'item_already_exists',
  'input_audio_buffer_commit_empty',
  'conversation_already_has_active_response',
  'response_cancel_not_active',
  'session_type_immutable',
  'not_in_transcription_session',
  'audio_rate_exceeded',
  'too_many_pending_events',
] as const;

export type WireErrorCode = (typeof WIRE_ERROR_CODES)[number];

/** Thrown while reading a client event; becomes an `error` event. */
export class WireError extends Error {
  readonly code: WireErrorCode;
  readonly param: string | undefined;
  readonly errorType: WireErrorType;

  constructor(code: WireErrorCode, message: string, param?: string) {
    super(message);
    this.name = 'WireError';
    this.code = code;
    this.param = param;
    this.errorType = code === 'audio_rate_exceeded' || code === 'too_many_pending_events' ? 'rate_limit_error' : 'invalid_request_error';
  }

  toBody(eventId: string | undefined): WireErrorBody {
    return { type: this.errorType, code: this.code, message: this.message, param: this.param ?? null, event_id: eventId ?? null };
  }
}
