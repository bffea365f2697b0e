import { VoiceError } from '@sotto/pipeline';
import { WireError } from '@sotto/pipeline/protocol';

/** An answer other than success, in the shape that OpenAI's clients read. */
export class HttpError extends Error {
  readonly status: number;
  readonly code: string;
  readonly param: string | null;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, code: string, message: string, options: { readonly param?: string | undefined; readonly retryAfterSeconds?: number } = {}) {
    super(message);
    this.name = 'HttpError';
    this.status = status;
    this.code = code;
    this.param = options.param ?? null;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get body(): { readonly error: { readonly message: string; readonly type: string; readonly param: string | null; readonly code: string } } {
    const type = this.status === 401 || this.status === 403 ? 'authentication_error' : this.status === 429 || this.status === 503 ? 'rate_limit_error' : this.status < 500 ? 'invalid_request_error' : 'server_error';
    return { error: { message: this.message, type, param: this.param, code: this.code } };
  }
}

const CLIENT_FAULTS = new Set(['VOICE_ERR_AUDIO_FORMAT', 'VOICE_ERR_AUDIO_TRUNCATED', 'VOICE_ERR_AUDIO_EMPTY', 'VOICE_ERR_SAMPLE_RATE', 'VOICE_ERR_NON_FINITE_SAMPLE', 'VOICE_ERR_INVALID_OPTION']);

/** Whatever was thrown while a request was handled, as an answer. */
export function toHttpError(thrown: unknown): HttpError {
  if (thrown instanceof HttpError) return thrown;
  if (thrown instanceof WireError) return new HttpError(400, thrown.code, thrown.message, { param: thrown.param });
  if (VoiceError.isInstance(thrown)) {
    if (CLIENT_FAULTS.has(thrown.code)) return new HttpError(400, thrown.code, thrown.message);
    if (thrown.code === 'VOICE_ERR_QUEUE_FULL' || thrown.code === 'VOICE_ERR_OVERLOADED') return new HttpError(503, thrown.code, thrown.message, { retryAfterSeconds: 5 });
    return new HttpError(500, thrown.code, thrown.message);
  }
  return new HttpError(500, 'internal', 'The server failed to handle the request');
}
