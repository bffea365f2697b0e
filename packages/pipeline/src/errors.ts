/**
 * Every error class and code of Sotto. Callers branch on `code`, which never
 * changes meaning; messages are for people and may be reworded.
 *
 * Cancellation is deliberately absent: a cancelled call rejects with
 * `signal.reason`, so that "the caller changed its mind" is never mistaken
 * for "something broke".
 */

export const ERROR_CODES = [
  'VOICE_ERR_INVALID_OPTION',
  'VOICE_ERR_SAMPLE_RATE',
  'VOICE_ERR_FRAME_LENGTH',
  'VOICE_ERR_NON_FINITE_SAMPLE',
  'VOICE_ERR_AUDIO_FORMAT',
  'VOICE_ERR_AUDIO_TRUNCATED',
  'VOICE_ERR_AUDIO_EMPTY',
  'VOICE_ERR_MODEL_NOT_FOUND',
  'VOICE_ERR_MODEL_CHECKSUM',
  'VOICE_ERR_MODEL_FORMAT',
  'VOICE_ERR_MODEL_EXTERNAL_DATA',
  'VOICE_ERR_MODEL_LOAD',
  'VOICE_ERR_DOWNLOAD',
  'VOICE_ERR_DISK',
  'VOICE_ERR_BACKEND_UNAVAILABLE',
  'VOICE_ERR_DEVICE_LOST',
  'VOICE_ERR_OUT_OF_MEMORY',
  'VOICE_ERR_ENGINE_FAILED',
  'VOICE_ERR_ENGINE_TIMEOUT',
  'VOICE_ERR_WORKER_CRASHED',
  'VOICE_ERR_QUEUE_FULL',
  'VOICE_ERR_CAPTURE_OVERRUN',
  'VOICE_ERR_MESSAGE_TOO_LARGE',
  'VOICE_ERR_BAD_MESSAGE',
  'VOICE_ERR_BAD_SEQUENCE',
  'VOICE_ERR_VERSION',
  'VOICE_ERR_UNAUTHORIZED',
  'VOICE_ERR_OVERLOADED',
  'VOICE_ERR_MICROPHONE_DENIED',
  'VOICE_ERR_MICROPHONE_MISSING',
  'VOICE_ERR_MICROPHONE_LOST',
  'VOICE_ERR_DISPOSED',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** The stage in which an error arose. */
export type StageName = 'capture' | 'vad' | 'stt' | 'llm' | 'tts' | 'playout' | 'session' | 'transport' | 'models';

export type VoiceErrorOptions = {
  readonly stage?: StageName;
  /** Whether the same call may succeed if repeated without change. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
};

const MARKER = Symbol.for('sotto.voice-error');

/** Base of all typed errors. Recognise one with {@link VoiceError.isInstance}, which survives two copies of this package. */
export class VoiceError extends Error {
  readonly code: ErrorCode;
  readonly stage: StageName | undefined;
  readonly retryable: boolean;
  readonly [MARKER] = true;

  constructor(code: ErrorCode, message: string, options: VoiceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.stage = options.stage;
    this.retryable = options.retryable ?? false;
  }

  static isInstance(value: unknown): value is VoiceError {
    return typeof value === 'object' && value !== null && MARKER in value;
  }
}

/** An option, or a call at the wrong moment, that cannot work. */
export class ConfigError extends VoiceError {}
/** Audio that does not have the promised rate, length, container or finite values. */
export class AudioFormatError extends VoiceError {}
/** A model that is missing, not what its manifest says, or not loadable. */
export class ModelError extends VoiceError {}
/** A runtime or device that is absent, lost or out of memory; the caller may fall back to another. */
export class BackendError extends VoiceError {}
/** An engine that failed or died while working. */
export class EngineError extends VoiceError {}
/** A queue, buffer or limit that overflowed. */
export class OverrunError extends VoiceError {}
/** A peer that broke the wire protocol. */
export class ProtocolError extends VoiceError {}
/** The microphone or loudspeaker could not be had or went away. */
export class DeviceError extends VoiceError {}

/** Use after disposal. */
export class DisposedError extends VoiceError {
  constructor(what: string) {
    super('VOICE_ERR_DISPOSED', `${what} was used after it was disposed`);
  }
}

/** Wraps anything thrown by an engine so that it carries a code; typed errors pass unchanged. */
export function toVoiceError(thrown: unknown, stage: StageName): VoiceError {
  if (VoiceError.isInstance(thrown)) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new EngineError('VOICE_ERR_ENGINE_FAILED', `${stage} engine failed: ${message}`, {
    stage,
    retryable: true,
    cause: thrown,
  });
}
