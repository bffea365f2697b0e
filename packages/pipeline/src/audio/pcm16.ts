import { AudioFormatError } from '../errors.ts';

const littleEndianMachine = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Nearest 16-bit value of a sample in [-1, 1], saturating outside it; NaN becomes 0. */
export function sampleToInt16(sample: number): number {
  const scaled = Math.round(sample * 32768);
  if (scaled > 32767) return 32767;
  if (scaled < -32768) return -32768;
  return scaled | 0;
}

/** Float32 samples in [-1, 1] to 16-bit values, saturating. */
export function floatToInt16(samples: Float32Array): Int16Array<ArrayBuffer> {
  const values = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++) values[i] = sampleToInt16(samples[i]!);
  return values;
}

/**
 * 16-bit values to float32 samples in [-1, 1); the exact inverse of {@link floatToInt16}.
 * @param samples written to, at least as long as `values`. @defaultValue new memory of the same length
 */
export function int16ToFloat(values: Int16Array, samples = new Float32Array(values.length)): Float32Array<ArrayBuffer> {
  for (let i = 0; i < values.length; i++) samples[i] = values[i]! * (1 / 32768);
  return samples;
}

/** Float32 samples to little-endian 16-bit PCM bytes, two per sample, saturating. */
export function encodePcm16(samples: Float32Array): Uint8Array<ArrayBuffer> {
  const values = floatToInt16(samples);
  if (littleEndianMachine) return new Uint8Array(values.buffer);
  const bytes = new Uint8Array(values.length * 2);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setInt16(i * 2, values[i]!, true);
  return bytes;
}

/**
 * Little-endian 16-bit PCM bytes to float32 samples in [-1, 1).
 * @param bytes read during the call; may lie at any offset of its buffer.
 * @param samples written to, at least half as long as `bytes`. @defaultValue new memory of that length
 * @throws {AudioFormatError} VOICE_ERR_AUDIO_TRUNCATED when the length is odd.
 */
export function decodePcm16(bytes: Uint8Array, samples = new Float32Array(bytes.length >> 1)): Float32Array<ArrayBuffer> {
  if (bytes.length % 2 !== 0) {
    throw new AudioFormatError('VOICE_ERR_AUDIO_TRUNCATED', `16-bit PCM has ${bytes.length} bytes; expected an even number, two per sample`);
  }
  if (littleEndianMachine) {
    const aligned = bytes.byteOffset % 2 === 0 ? bytes : new Uint8Array(bytes);
    return int16ToFloat(new Int16Array(aligned.buffer, aligned.byteOffset, bytes.length / 2), samples);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i < bytes.length / 2; i++) samples[i] = view.getInt16(i * 2, true) / 32768;
  return samples;
}
