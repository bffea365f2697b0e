import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type * as Base64 from './base64.ts';

const NodeBuffer = Buffer;

describe.each(['with the Buffer of the platform', 'without one, as in a browser'])('base64 %s', (home) => {
  let base64: typeof Base64;

  beforeAll(async () => {
    vi.resetModules();
    if (home.startsWith('without')) vi.stubGlobal('Buffer', undefined);
    base64 = await import('./base64.ts');
    vi.unstubAllGlobals();
  });
  afterAll(() => vi.resetModules());

  it('agrees with Node on any bytes, both ways', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(5), (bytes, offset) => {
        const part = bytes.subarray(offset);
        const encoded = base64.encodeBase64(part);
        expect(encoded).toBe(NodeBuffer.from(part).toString('base64'));
        expect(Uint8Array.from(base64.decodeBase64(encoded)!)).toEqual(Uint8Array.from(part));
        expect(Uint8Array.from(base64.decodeBase64(encoded.replace(/=+$/, ''))!)).toEqual(Uint8Array.from(part));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it.each(['A', 'AAAAA', 'AB=C', '====', 'AAA%', 'AA AA', 'AAé=', '\u4e00AAA', 'AA=', 'AAAA%%%%', 'AA==AAAA', 'AA-_', '\nAAA'])('rejects %j', (text) => {
    expect(base64.decodeBase64(text)).toBeUndefined();
  });

  it('rejects one wrong symbol wherever it stands in whatever text', () => {
    const wrong = fc.string({ minLength: 1, maxLength: 1 }).filter((symbol) => !/[A-Za-z0-9+/=]/.test(symbol));
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 3, maxLength: 90 }), fc.nat(), wrong, (bytes, position, symbol) => {
        const encoded = base64.encodeBase64(bytes);
        const at = position % encoded.length;
        expect(base64.decodeBase64(encoded.slice(0, at) + symbol + encoded.slice(at + 1))).toBeUndefined();
      }),
      { seed: 2, numRuns: 1000 },
    );
  });
});
