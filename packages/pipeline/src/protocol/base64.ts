/**
 * Base64 by the platform's `Buffer` where there is one, else in plain
 * JavaScript: `atob` goes through a string of the same length as the audio.
 */
type PlatformBuffer = { from(text: string, encoding: 'base64'): Uint8Array; from(bytes: ArrayBufferLike, offset: number, length: number): { toString(encoding: 'base64'): string } };
const platform = (globalThis as { readonly Buffer?: PlatformBuffer }).Buffer;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PADDING = 61;
const INVALID = 255;

const SYMBOL_OF_VALUE = Uint8Array.from(ALPHABET, (symbol) => symbol.charCodeAt(0));
const VALUE_OF_SYMBOL = new Uint8Array(256).fill(INVALID);
SYMBOL_OF_VALUE.forEach((symbol, value) => {
  VALUE_OF_SYMBOL[symbol] = value;
});

const ascii = new TextDecoder('latin1');

/** Encodes bytes as standard base64 with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  if (platform !== undefined) return platform.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
  const encoded = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  let at = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = (bytes[i]! << 16) | ((left > 1 ? bytes[i + 1]! : 0) << 8) | (left > 2 ? bytes[i + 2]! : 0);
    encoded[at++] = SYMBOL_OF_VALUE[group >> 18]!;
    encoded[at++] = SYMBOL_OF_VALUE[(group >> 12) & 63]!;
    encoded[at++] = left > 1 ? SYMBOL_OF_VALUE[(group >> 6) & 63]! : PADDING;
    encoded[at++] = left > 2 ? SYMBOL_OF_VALUE[group & 63]! : PADDING;
  }
  return ascii.decode(encoded);
}

/** Decodes standard base64, padded or not. @returns undefined when `text` is not base64. */
export function decodeBase64(text: string): Uint8Array | undefined {
  let end = text.length;
  while (end > 0 && end > text.length - 2 && text.charCodeAt(end - 1) === PADDING) end--;
  if (end !== text.length && text.length % 4 !== 0) return undefined;
  if (end % 4 === 1) return undefined;
  if (platform !== undefined) return decodedByPlatform(platform, text, Math.floor((end * 3) / 4));
  const bytes = new Uint8Array(Math.floor((end * 3) / 4));
  let at = 0;
  let bits = 0;
  let bitCount = 0;
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i);
    const value = code < 256 ? VALUE_OF_SYMBOL[code]! : INVALID;
    if (value === INVALID) return undefined;
    bits = ((bits << 6) | value) & 0xffffff;
    bitCount += 6;
    if (bitCount >= 8) {
      bitCount -= 8;
      bytes[at++] = (bits >> bitCount) & 255;
    }
  }
  return bytes;
}

/** The platform skips what is no symbol, which the length tells, and also takes the symbols of URLs. */
function decodedByPlatform(buffer: PlatformBuffer, text: string, byteCount: number): Uint8Array | undefined {
  const bytes = buffer.from(text, 'base64');
  return bytes.length === byteCount && !text.includes('-') && !text.includes('_') ? bytes : undefined;
}
