import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RingBuffer } from './ring-buffer.ts';

const count = (from: number, to: number) => Float32Array.from({ length: to - from }, (_, index) => from + index);

describe('RingBuffer', () => {
  it('agrees with a plain array under any sequence of writes, reads and discards', () => {
    const operation = fc.record({ kind: fc.constantFrom('write', 'read', 'discard', 'read-into'), length: fc.integer({ min: 0, max: 40 }) });
    fc.assert(
      fc.property(fc.constantFrom('overwrite', 'refuse'), fc.integer({ min: 1, max: 25 }), fc.array(operation, { maxLength: 60 }), (whenFull, capacitySampleCount, operations) => {
        const ring = new RingBuffer({ capacitySampleCount, whenFull });
        // A sample's value is its position, so contents check themselves.
        let start = 0, end = 0, lost = 0;
        for (const { kind, length } of operations) {
          if (kind === 'write') {
            const free = capacitySampleCount - (end - start);
            const taken = whenFull === 'refuse' ? Math.min(length, free) : length;
            expect(ring.write(count(end, end + length))).toBe(taken);
            end += taken;
            if (whenFull === 'refuse') lost += length - taken;
            else lost += Math.max(0, length - free);
            start = Math.max(start, end - capacitySampleCount);
          } else if (kind === 'read') {
            const taken = Math.min(length, end - start);
            expect(ring.read(length)).toEqual(count(start, start + taken));
            start += taken;
          } else if (kind === 'read-into') {
            const taken = Math.min(length, end - start);
            const target = new Float32Array(length).fill(-1);
            expect(ring.readInto(target)).toBe(taken);
            expect(target).toEqual(Float32Array.from({ length }, (_, index) => (index < taken ? start + index : -1)));
            start += taken;
          } else {
            ring.discardBefore(start + length);
            start = Math.min(end, start + length);
          }
          expect([ring.startPosition, ring.endPosition, ring.sampleCount, ring.freeSampleCount, ring.lostSampleCount]).toEqual([start, end, end - start, capacitySampleCount - (end - start), lost]);
          expect(ring.peek(0, Infinity)).toEqual(count(start, end));
        }
      }),
      { numRuns: 500, seed: 3 },
    );
  });

  it('peeks by absolute position, and gives what it still holds of the range', () => {
    const ring = new RingBuffer({ capacitySampleCount: 8, whenFull: 'overwrite' });
    ring.write(count(0, 12));
    expect(ring.peek(2, 6)).toEqual(count(4, 6));
    expect(ring.peek(6, 100)).toEqual(count(6, 12));
    expect(ring.peek(20, 30).length).toBe(0);
    expect(ring.peekNewest(3)).toEqual(count(9, 12));
    expect(ring.peekNewest(30)).toEqual(count(4, 12));
    expect(ring.sampleCount).toBe(8);
  });

  it('goes on counting positions after clear', () => {
    const ring = new RingBuffer({ capacitySampleCount: 4, whenFull: 'refuse' });
    ring.write(count(0, 3));
    ring.clear();
    ring.write(count(3, 5));
    expect([ring.startPosition, ring.endPosition, ring.lostSampleCount]).toEqual([3, 5, 0]);
  });
});
