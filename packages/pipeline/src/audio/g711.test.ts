import { describe, expect, it } from 'vitest';
import { aLawToLinear, decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw, linearToALaw, linearToMuLaw, muLawToLinear } from './g711.ts';

const bytes = Array.from({ length: 256 }, (_, byte) => byte);

describe('µ-law', () => {
  it.each([
    [0xff, 0], [0xfe, 8], [0xfd, 16], [0xf0, 120], [0xef, 132], [0xe0, 372], [0xdf, 396], [0xcf, 924], [0xbf, 1980],
    [0xaf, 4092], [0x9f, 8316], [0x8f, 16764], [0x81, 31100], [0x80, 32124],
    [0x7f, 0], [0x7e, -8], [0x6f, -132], [0x0f, -16764], [0x00, -32124],
  ])('byte 0x%s stands for %i', (byte, value) => {
    expect(muLawToLinear(byte)).toBe(value === 0 && byte === 0x7f ? -0 : value);
  });

  it('changes code exactly at the decision values of G.711', () => {
    // Table 2 of G.711: 1, 3, 5 … 31, 35 … 95, 103 … in 14-bit units, four times that in 16-bit ones.
    const decisions = [1];
    for (const [count, step] of [[15, 2], [16, 4], [16, 8], [16, 16], [16, 32], [16, 64], [16, 128], [15, 256]] as const) {
      for (let i = 0; i < count; i++) decisions.push(decisions.at(-1)! + step);
    }
    expect(decisions.length).toBe(127);
    decisions.forEach((decision, index) => {
      expect(linearToMuLaw(decision * 4 - 1)).toBe(0xff - index);
      expect(linearToMuLaw(decision * 4)).toBe(0xff - index - 1);
    });
  });

  it('encodes every decoded value to its own byte, but for the negative zero', () => {
    for (const byte of bytes) expect(linearToMuLaw(muLawToLinear(byte))).toBe(byte === 0x7f ? 0xff : byte);
  });

  it('mirrors negative values by one’s complement and saturates', () => {
    for (let value = 0; value < 32768; value += 7) expect(linearToMuLaw(~value)).toBe(linearToMuLaw(value) ^ 0x80);
    expect(linearToMuLaw(32767)).toBe(0x80);
    expect(linearToMuLaw(-32768)).toBe(0x00);
  });
});

describe('A-law', () => {
  it.each([
    [0xd5, 8], [0xd4, 24], [0xda, 248], [0xc5, 264], [0xf5, 528], [0xe5, 1056], [0x95, 2112], [0x85, 4224], [0xb5, 8448], [0xa5, 16896], [0xaa, 32256],
    [0x55, -8], [0x54, -24], [0x25, -16896], [0x2a, -32256],
  ])('byte 0x%s stands for %i', (byte, value) => {
    expect(aLawToLinear(byte)).toBe(value);
  });

  it('changes code exactly at the decision values of G.711', () => {
    // Table 1 of G.711: 2, 4 … 64, 68 … 128, 136 … 4096 in 13-bit units, eight times that in 16-bit ones.
    const decisions: number[] = [];
    let value = 0;
    for (const [count, step] of [[32, 2], [16, 4], [16, 8], [16, 16], [16, 32], [16, 64], [15, 128]] as const) {
      for (let i = 0; i < count; i++) decisions.push((value += step));
    }
    expect(decisions.length).toBe(127);
    decisions.forEach((decision, index) => {
      expect(linearToALaw(decision * 8 - 1)).toBe((0x80 | index) ^ 0x55);
      expect(linearToALaw(decision * 8)).toBe((0x80 | (index + 1)) ^ 0x55);
    });
  });

  it('encodes every decoded value to its own byte', () => {
    for (const byte of bytes) expect(linearToALaw(aLawToLinear(byte))).toBe(byte);
  });

  it('mirrors negative values by one’s complement and saturates', () => {
    for (let value = 0; value < 32768; value += 7) expect(linearToALaw(~value)).toBe(linearToALaw(value) ^ 0x80);
    expect(linearToALaw(32767)).toBe(0xaa);
    expect(linearToALaw(-32768)).toBe(0x2a);
  });
});

describe('arrays of float samples', () => {
  it.each([
    ['µ-law', encodeMuLaw, decodeMuLaw],
    ['A-law', encodeALaw, decodeALaw],
  ])('%s keeps a sine 35 dB above its quantisation noise', (_, encode, decode) => {
    const input = Float32Array.from({ length: 8000 }, (_, n) => 0.5 * Math.sin(n * 0.37));
    const output = decode(encode(input));
    let noise = 0, signal = 0;
    for (let n = 0; n < input.length; n++) {
      noise += (output[n]! - input[n]!) ** 2;
      signal += input[n]! ** 2;
    }
    expect(10 * Math.log10(signal / noise)).toBeGreaterThan(35);
  });

  it('saturates beyond full scale and takes NaN for silence', () => {
    expect([...encodeMuLaw(Float32Array.of(2, -2, Number.NaN))]).toEqual([0x80, 0x00, 0xff]);
    expect([...encodeALaw(Float32Array.of(2, -2, Number.NaN))]).toEqual([0xaa, 0x2a, 0xd5]);
  });
});
