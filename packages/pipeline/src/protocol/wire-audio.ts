import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from '../audio/g711.ts';
import { decodePcm16, encodePcm16 } from '../audio/pcm16.ts';
import { decodeBase64 } from './base64.ts';
import type { WireAudioFormat } from './realtime-session-config.ts';
import { WireError } from './wire-error.ts';

/** Hz. */
export function wireSampleRate(format: WireAudioFormat): number {
  return format.type === 'audio/pcm' ? format.rate : 8000;
}

export function bytesPerSample(format: WireAudioFormat): number {
  return format.type === 'audio/pcm' ? 2 : 1;
}

/** Float32 samples at the format's rate to bytes for the wire. */
export function encodeWireAudio(samples: Float32Array, format: WireAudioFormat): Uint8Array {
  switch (format.type) {
    case 'audio/pcm':
      return encodePcm16(samples);
    case 'audio/pcmu':
      return encodeMuLaw(samples);
    case 'audio/pcma':
      return encodeALaw(samples);
  }
}

/**
 * Bytes from the wire to float32 samples at the format's rate.
 * @throws {WireError} invalid_audio when 16-bit PCM has an odd number of bytes.
 */
export function decodeWireAudio(bytes: Uint8Array, format: WireAudioFormat, param?: string): Float32Array {
  switch (format.type) {
    case 'audio/pcm':
      if (bytes.length % 2 !== 0) throw new WireError('invalid_audio', `16-bit PCM has ${bytes.length} bytes; expected an even number`, param);
      return decodePcm16(bytes);
    case 'audio/pcmu':
      return decodeMuLaw(bytes);
    case 'audio/pcma':
      return decodeALaw(bytes);
  }
}

/** @throws {WireError} invalid_audio when `base64` is not base64 or not whole samples. */
export function decodeWireAudioBase64(base64: string, format: WireAudioFormat, param: string): Float32Array {
  return decodeWireAudio(bytesOf(base64, param), format, param);
}

function bytesOf(base64: string, param: string): Uint8Array {
  const bytes = decodeBase64(base64);
  if (bytes === undefined) throw new WireError('invalid_audio', `${param} is not base64`, param);
  return bytes;
}

/** What a client sends at a time is shorter than this, except for recordings. */
const LIVE_SAMPLE_COUNT_MAX = 24_000;

/**
 * Decodes the live audio of one session into the same memory again and again:
 * new memory for every message of every session keeps a busy server's garbage
 * collector at work.
 */
export class LiveWireAudio {
  #samples = new Float32Array(0);

  /**
   * As {@link decodeWireAudio}.
   * @returns samples that the next call may overwrite.
   */
  decode(bytes: Uint8Array, format: WireAudioFormat, param?: string): Float32Array {
    const sampleCount = bytes.length / 2;
    if (format.type !== 'audio/pcm' || sampleCount > LIVE_SAMPLE_COUNT_MAX || bytes.length % 2 !== 0) return decodeWireAudio(bytes, format, param);
    if (this.#samples.length < sampleCount) this.#samples = new Float32Array(sampleCount);
    const samples = this.#samples.length === sampleCount ? this.#samples : this.#samples.subarray(0, sampleCount);
    return decodePcm16(bytes, samples);
  }

  /** As {@link decodeWireAudioBase64}, and {@link LiveWireAudio.decode}. */
  decodeBase64(base64: string, format: WireAudioFormat, param: string): Float32Array {
    return this.decode(bytesOf(base64, param), format, param);
  }
}
