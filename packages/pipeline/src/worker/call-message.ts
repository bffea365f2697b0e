import { AudioFormatError, BackendError, ConfigError, DeviceError, DisposedError, EngineError, type ErrorCode, ModelError, OverrunError, ProtocolError, type StageName, VoiceError } from '../errors.ts';

/** To a worker. */
export type CallRequest =
  | { readonly type: 'call'; readonly callId: number; readonly method: string; readonly args: unknown }
  /** Asks a running call to stop; it still answers. */
  | { readonly type: 'abort'; readonly callId: number }
  /** A call without an answer. */
  | { readonly type: 'notify'; readonly method: string; readonly args: unknown }
  | { readonly type: 'dispose' };

/** From a worker. */
export type CallResponse =
  | { readonly type: 'ready'; readonly info: unknown }
  | { readonly type: 'load-failed'; readonly error: SerializedError }
  | { readonly type: 'result'; readonly callId: number; readonly value: unknown }
  | { readonly type: 'error'; readonly callId: number; readonly error: SerializedError };

/** Structured clone keeps only name and message of an error, so a typed one travels as its fields. */
export type SerializedError = {
  readonly name: string;
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly stage: StageName | undefined;
  readonly retryable: boolean;
  readonly stack: string | undefined;
};

export function serializeError(thrown: unknown): SerializedError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const typed = VoiceError.isInstance(error) ? error : undefined;
  return { name: error.name, code: typed?.code, message: error.message, stage: typed?.stage, retryable: typed?.retryable ?? false, stack: error.stack };
}

const CLASSES = { AudioFormatError, BackendError, ConfigError, DeviceError, EngineError, ModelError, OverrunError, ProtocolError, VoiceError };

/** Rebuilds a typed error in its class; anything else becomes VOICE_ERR_ENGINE_FAILED of `stage`. */
export function deserializeError(error: SerializedError, stage: StageName): VoiceError {
  const options = { stage: error.stage ?? stage, retryable: error.retryable, cause: error.stack };
  if (error.code === 'VOICE_ERR_DISPOSED') return new DisposedError(`The ${stage} engine`);
  if (error.code === undefined) return new EngineError('VOICE_ERR_ENGINE_FAILED', `${stage} worker failed: ${error.message}`, { ...options, retryable: true });
  const Class = CLASSES[error.name as keyof typeof CLASSES] ?? VoiceError;
  return new Class(error.code, error.message, options);
}
