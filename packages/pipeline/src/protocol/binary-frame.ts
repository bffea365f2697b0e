import { WireError } from './wire-error.ts';

/**
 * Subprotocol of the extension for small devices: audio as binary messages
 * instead of base64, resume after a dropped connection, and each turn's latency.
 */
export const SOTTO_SUBPROTOCOL = 'sotto.v1';

/**
 * Every binary message is an 8-byte header and then audio in the session's
 * format. Eight bytes keep 16-bit samples aligned on every microcontroller.
 *
 * | offset | size | meaning |
 * |---|---|---|
 * | 0 | u8 | kind: 1 = audio to the server, 2 = audio from the server |
 * | 1 | u8 | flags: bit 0 = last frame of this stream |
 * | 2 | u16 LE | stream: 0 to the server; from the server, the number told by `sotto.output_audio.started` |
 * | 4 | u32 LE | position of the first sample within the stream, in samples |
 */
export const BINARY_HEADER_BYTES = 8;

export type BinaryFrame = {
  readonly kind: 'input-audio' | 'output-audio';
  readonly last: boolean;
  /** 0 to 65535; wraps around. */
  readonly stream: number;
  /** Samples before this frame in the stream; wraps around at 2^32. */
  readonly position: number;
  /** Audio bytes in the session's format; a view of the message, not a copy. */
  readonly payload: Uint8Array;
};

const KIND_BYTES = { 'input-audio': 1, 'output-audio': 2 } as const;
const LAST_FLAG = 1;

export function encodeBinaryFrame(frame: BinaryFrame): Uint8Array {
  const message = new Uint8Array(BINARY_HEADER_BYTES + frame.payload.length);
  const header = new DataView(message.buffer);
  header.setUint8(0, KIND_BYTES[frame.kind]);
  header.setUint8(1, frame.last ? LAST_FLAG : 0);
  header.setUint16(2, frame.stream & 0xffff, true);
  header.setUint32(4, frame.position >>> 0, true);
  message.set(frame.payload, BINARY_HEADER_BYTES);
  return message;
}

/** @throws {WireError} invalid_binary_frame when the header is short or unknown. */
export function decodeBinaryFrame(message: Uint8Array): BinaryFrame {
  if (message.length < BINARY_HEADER_BYTES) throw new WireError('invalid_binary_frame', `A binary message of ${message.length} bytes is shorter than the header of ${BINARY_HEADER_BYTES}`);
  const header = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const kindByte = header.getUint8(0);
  const flags = header.getUint8(1);
  if (kindByte !== 1 && kindByte !== 2) throw new WireError('invalid_binary_frame', `A binary message is of kind ${kindByte}; expected 1 (audio to the server) or 2 (audio from it)`);
  if ((flags & ~LAST_FLAG) !== 0) throw new WireError('invalid_binary_frame', `A binary message has flags 0x${flags.toString(16)}; only bit 0 is defined`);
  return {
    kind: kindByte === 1 ? 'input-audio' : 'output-audio',
    last: (flags & LAST_FLAG) !== 0,
    stream: header.getUint16(2, true),
    position: header.getUint32(4, true),
    payload: message.subarray(BINARY_HEADER_BYTES),
  };
}
