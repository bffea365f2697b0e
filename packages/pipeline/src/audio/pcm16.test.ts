import { describe, expect, it } from 'vitest';
import { decodePcm16, encodePcm16, floatToInt16, int16ToFloat } from './pcm16.ts';

describe('16-bit PCM', () => {
  it('writes little-endian bytes', () => {
    expect([...encodePcm16(Float32Array.of(0, 1 / 32768, -1 / 32768, 0.5, -1))]).toEqual([0, 0, 1, 0, 0xff, 0xff, 0, 0x40, 0, 0x80]);
  });

  it('saturates, rounds to nearest, and takes NaN for 0', () => {
    expect([...floatToInt16(Float32Array.of(1, 1.5, -1.5, Infinity, -Infinity, Number.NaN, 0.6 / 32768))]).toEqual([32767, 32767, -32768, 32767, -32768, 0, 1]);
  });

  it('gives every 16-bit value back', () => {
    const values = Int16Array.from({ length: 65536 }, (_, index) => index - 32768);
    const unequal = (other: Int16Array) => values.findIndex((value, index) => value !== other[index]);
    expect(unequal(floatToInt16(int16ToFloat(values)))).toBe(-1);
    expect(unequal(floatToInt16(decodePcm16(encodePcm16(int16ToFloat(values)))))).toBe(-1);
  });

  it('reads bytes at an odd offset of their buffer', () => {
    expect([...decodePcm16(Uint8Array.of(99, 0, 0x40, 0, 0x80).subarray(1))]).toEqual([0.5, -1]);
  });

  it('refuses half a sample', () => {
    expect(() => decodePcm16(new Uint8Array(3))).toThrow(expect.objectContaining({ name: 'AudioFormatError', code: 'VOICE_ERR_AUDIO_TRUNCATED' }));
  });
});
