import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBinaryFrame, encodeBinaryFrame } from './binary-frame.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('binary frame', () => {
  it('has the documented bytes for audio to the server', () => {
    const message = encodeBinaryFrame({ kind: 'input-audio', last: false, stream: 0, position: 480, payload: Uint8Array.of(0x01, 0x02, 0xff, 0x7f) });
    expect(hex(message)).toBe('01000000e00100000102ff7f');
  });

  it('has the documented bytes for the last frame of a reply', () => {
    const message = encodeBinaryFrame({ kind: 'output-audio', last: true, stream: 0x0102, position: 0x01020304, payload: Uint8Array.of(0xd5) });
    expect(hex(message)).toBe('0201020104030201d5');
  });

  it('decodes what it encodes', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.boolean(), fc.nat(0xffff), fc.nat(0xffffffff), fc.uint8Array({ maxLength: 64 }), (input, last, stream, position, payload) => {
        const frame = { kind: input ? ('input-audio' as const) : ('output-audio' as const), last, stream, position, payload };
        const decoded = decodeBinaryFrame(encodeBinaryFrame(frame));
        expect({ ...decoded, payload: Uint8Array.from(decoded.payload) }).toEqual(frame);
      }),
      { seed: 2 },
    );
  });

  it('reads a header that does not start at the beginning of its buffer', () => {
    const buffer = Uint8Array.from([9, 9, 9, ...encodeBinaryFrame({ kind: 'input-audio', last: false, stream: 0, position: 7, payload: Uint8Array.of(5) })]);
    expect(decodeBinaryFrame(buffer.subarray(3)).position).toBe(7);
  });

  it.each([
    ['', 'shorter'],
    ['01000000000000', 'shorter'],
    ['0000000000000000', 'kind 0'],
    ['0300000000000000', 'kind 3'],
    ['0180000000000000', 'flags 0x80'],
  ])('rejects %s', (bytes, message) => {
    expect(() => decodeBinaryFrame(Uint8Array.from(Buffer.from(bytes, 'hex')))).toThrow(message);
  });
});
