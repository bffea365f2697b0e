import { describe, expect, it } from 'vitest';
import { withoutLeadingQuiet } from './leading-quiet.ts';

const chunkOf = (quietSampleCount: number, level = 0.001) => ({
  samples: Float32Array.from({ length: quietSampleCount + 2400 }, (_, n) => (n < quietSampleCount ? level : 0.3)),
  sampleRate: 24_000,
  text: 'hello there',
  words: [{ text: 'hello', startMs: 70, endMs: 120 }, { text: 'there', startMs: 120, endMs: 180 }],
});

describe('leading quiet', () => {
  it('is cut to 20 ms, and the words move with the sound', () => {
    const chunk = chunkOf(2400);
    const cut = withoutLeadingQuiet(chunk);
    expect(cut.samples.length).toBe(480 + 2400);
    expect(cut.samples[479]).toBeCloseTo(0.001);
    expect(cut.samples[480]).toBeCloseTo(0.3);
    expect(cut.words).toEqual([{ text: 'hello', startMs: 0, endMs: 40 }, { text: 'there', startMs: 40, endMs: 100 }]);
    expect(chunk.samples.length).toBe(4800);
  });

  it('leaves alone what begins at once, and what is quiet throughout', () => {
    for (const chunk of [chunkOf(480), chunkOf(0), { ...chunkOf(10), samples: new Float32Array(4800) }]) expect(withoutLeadingQuiet(chunk)).toBe(chunk);
  });
});
