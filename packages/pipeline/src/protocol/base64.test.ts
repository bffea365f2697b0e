import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64 } from './base64.ts';

describe('base64', () => {
  it('agrees with Node on any bytes, both ways', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const encoded = encodeBase64(bytes);
        expect(encoded).toBe(Buffer.from(bytes).toString('base64'));
        expect(decodeBase64(encoded)).toEqual(bytes);
        expect(decodeBase64(encoded.replace(/=+$/, ''))).toEqual(bytes);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it.each(['A', 'AAAAA', 'AB=C', '====', 'AAA%', 'AA AA', 'AAé=', '\u4e00AAA', 'AA='])('rejects %j', (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });
});
