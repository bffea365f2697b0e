import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Framer } from './framer.ts';

describe('Framer', () => {
  it('cuts any split of the input into the same frames', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1300 }), { maxLength: 12 }), fc.integer({ min: 5, max: 600 }), (chunkLengths, frameSampleCount) => {
        const total = chunkLengths.reduce((sum, length) => sum + length, 0);
        const input = Float32Array.from({ length: total }, (_, n) => n);
        const framer = new Framer({ frameSampleCount, sampleRate: 16000, startMs: 100 });
        const frames = [];
        let position = 0;
        for (const length of chunkLengths) {
          frames.push(...framer.push(input.subarray(position, position + length)));
          position += length;
        }
        expect(frames.length).toBe(Math.floor(total / frameSampleCount));
        expect(framer.pendingSampleCount).toBe(total % frameSampleCount);
        // A sample's value is its position.
        const misplaced = frames.flatMap((frame, index) => Array.from(frame.samples, (value, offset) => value - index * frameSampleCount - offset)).filter((shift) => shift !== 0);
        expect(misplaced).toEqual([]);
        expect(frames.map(({ startMs }) => startMs)).toEqual(frames.map((_, index) => 100 + (index * frameSampleCount * 1000) / 16000));
        expect(frames.every(({ samples }) => samples.length === frameSampleCount)).toBe(true);
      }),
      { numRuns: 100, seed: 11 },
    );
  });

  it('fills the last frame up with silence', () => {
    const framer = new Framer({ frameSampleCount: 4, sampleRate: 8000 });
    framer.push(Float32Array.of(1, 1, 1, 1, 1));
    expect(framer.flush()).toEqual({ samples: Float32Array.of(1, 0, 0, 0), sampleRate: 8000, startMs: 0.5 });
    expect(framer.flush()).toBeUndefined();
  });

  it('owns its frames: neither later input nor the pushed array changes them', () => {
    const framer = new Framer({ frameSampleCount: 2, sampleRate: 8000 });
    const input = Float32Array.of(1, 2, 3);
    const [frame] = framer.push(input);
    input.fill(9);
    framer.push(Float32Array.of(4));
    expect(frame?.samples).toEqual(Float32Array.of(1, 2));
  });

  it('leaves nothing of the old stream after reset', () => {
    const framer = new Framer({ frameSampleCount: 4, sampleRate: 8000 });
    framer.push(Float32Array.of(1, 2, 3));
    framer.reset(50);
    framer.push(Float32Array.of(7));
    expect(framer.flush()).toEqual({ samples: Float32Array.of(7, 0, 0, 0), sampleRate: 8000, startMs: 50 });
  });

  it('keeps exact time over a day of frames', () => {
    const framer = new Framer({ frameSampleCount: 147, sampleRate: 44100 });
    const second = new Float32Array(44100);
    let last = 0;
    for (let i = 0; i < 20; i++) for (const frame of framer.push(second)) last = frame.startMs;
    expect(last).toBe((20 * 300 - 1) * 147 * 1000 / 44100);
  });
});
