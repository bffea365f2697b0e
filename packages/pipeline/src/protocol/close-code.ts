/**
 * Why a server ends a connection. The reason sent with the code begins with the
 * name given here, so that a client can branch on either.
 */
export const CLOSE_CODES = {
  /** The client closed, or asked to. */
  normal: 1000,
  /** The server is going away; reconnect elsewhere or later. */
  draining: 1001,
  /** The bytes are not a WebSocket stream. */
  protocol_error: 1002,
  /** A text message is not UTF-8. */
  invalid_utf8: 1007,
  /** Nothing was sent or said for too long. */
  idle: 1008,
  /** The session reached its longest allowed length. */
  session_expired: 1008,
  /** Audio kept arriving faster than allowed. */
  audio_rate: 1008,
  /** The client read too slowly, so that what it was owed outgrew its bound. */
  slow_reader: 1008,
  /** The same session was resumed on another connection. */
  superseded: 1008,
  /** A message is larger than allowed. */
  message_too_large: 1009,
  /** The server failed; the session is lost. */
  internal: 1011,
  /** The server is full; try again later. */
  overloaded: 1013,
} as const;

export type CloseReason = keyof typeof CLOSE_CODES;
