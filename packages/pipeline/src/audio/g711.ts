import { sampleToInt16 } from './pcm16.ts';

/**
 * ITU-T G.711 companding, 8 bits a sample, as used in telephony at 8 kHz.
 *
 * Linear values are 16-bit: the 14 bits of µ-law and the 13 of A-law are the
 * upper ones. Negative values take the one's complement, as in the reference
 * software of ITU-T G.191.
 */
const MU_LAW_BIAS = 33 << 2;
const MU_LAW_MAX = 0x1fff << 2;

/** µ-law byte of a 16-bit value. */
export function linearToMuLaw(value: number): number {
  const magnitude = Math.min((value < 0 ? ~value : value) + MU_LAW_BIAS, MU_LAW_MAX | 3);
  const segment = 24 - Math.clz32(magnitude);
  const step = (magnitude >> (segment + 3)) & 0x0f;
  return ~((value < 0 ? 0x80 : 0) | (segment << 4) | step) & 0xff;
}

/** 16-bit value of a µ-law byte. */
export function muLawToLinear(byte: number): number {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 0x0f) << 3) + MU_LAW_BIAS) << ((code >> 4) & 7)) - MU_LAW_BIAS;
  return code & 0x80 ? -magnitude : magnitude;
}

/** A-law byte of a 16-bit value. */
export function linearToALaw(value: number): number {
  const magnitude = (value < 0 ? ~value : value) >> 4;
  const segment = Math.max(0, 28 - Math.clz32(magnitude));
  const step = segment === 0 ? magnitude : (segment << 4) | ((magnitude >> (segment - 1)) & 0x0f);
  return (step | (value < 0 ? 0 : 0x80)) ^ 0x55;
}

/** 16-bit value of an A-law byte. */
export function aLawToLinear(byte: number): number {
  const code = byte ^ 0x55;
  const segment = (code >> 4) & 7;
  const step = ((code & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 256) << (segment - 1);
  return code & 0x80 ? magnitude : -magnitude;
}

const muLawSamples = Float32Array.from({ length: 256 }, (_, byte) => muLawToLinear(byte) / 32768);
const aLawSamples = Float32Array.from({ length: 256 }, (_, byte) => aLawToLinear(byte) / 32768);
const muLawBytes = Uint8Array.from({ length: 65536 }, (_, index) => linearToMuLaw(index - 32768));
const aLawBytes = Uint8Array.from({ length: 65536 }, (_, index) => linearToALaw(index - 32768));

/** Float32 samples in [-1, 1] to µ-law bytes, saturating. */
export function encodeMuLaw(samples: Float32Array): Uint8Array<ArrayBuffer> {
  return encode(samples, muLawBytes);
}

/** µ-law bytes to float32 samples in (-1, 1). */
export function decodeMuLaw(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  return decode(bytes, muLawSamples);
}

/** Float32 samples in [-1, 1] to A-law bytes, saturating. */
export function encodeALaw(samples: Float32Array): Uint8Array<ArrayBuffer> {
  return encode(samples, aLawBytes);
}

/** A-law bytes to float32 samples in (-1, 1). */
export function decodeALaw(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  return decode(bytes, aLawSamples);
}

function encode(samples: Float32Array, table: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i++) bytes[i] = table[sampleToInt16(samples[i]!) + 32768]!;
  return bytes;
}

function decode(bytes: Uint8Array, table: Float32Array): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) samples[i] = table[bytes[i]!]!;
  return samples;
}
