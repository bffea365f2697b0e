export { decodeBase64, encodeBase64 } from './base64.ts';
export { type BinaryFrame, BINARY_HEADER_BYTES, SOTTO_SUBPROTOCOL, decodeBinaryFrame, encodeBinaryFrame } from './binary-frame.ts';
export { type ClientEvent, type ClientEventOf, type ClientEventType, type ParsedClientEvent, type ResponseRequest, CLIENT_EVENT_TYPES, parseClientEvent } from './client-event.ts';
export { type CloseReason, CLOSE_CODES } from './close-code.ts';
export { type ContentPart, type ItemStatus, type NewContentPart, type NewItem, type RealtimeItem, type ResponseInput, MAX_AUDIO_LENGTH, MAX_ID_LENGTH, MAX_TEXT_LENGTH } from './realtime-item.ts';
export {
  type AudioInputConfig,
  type Eagerness,
  type RealtimeSessionConfig,
  type SessionUpdate,
  type WireAudioFormat,
  type WireTool,
  type WireToolChoice,
  type WireTranscription,
  type WireTurnDetection,
  checkSessionUpdate,
  checkToolChoice,
  checkVoice,
  checkTools,
  defaultSessionConfig,
  describeSession,
  assertToolChoice,
  mergeSessionConfig,
} from './realtime-session-config.ts';
export { type Check, type Checked, anyOf, arrayOf, boolean, integer, json, nullable, number, object, oneOf, optional, tagged, text } from './schema.ts';
export type { ResponsePart, ResponseStatus, ResponseUsage, SentServerEvent, ServerEvent, ServerEventOf, ServerEventType, SottoServerEvent, WireResponse } from './server-event.ts';
export { LiveWireAudio, bytesPerSample, decodeWireAudio, decodeWireAudioBase64, encodeWireAudio, wireSampleRate } from './wire-audio.ts';
export { type WireErrorBody, type WireErrorCode, type WireErrorType, WIRE_ERROR_CODES, WireError } from './wire-error.ts';
