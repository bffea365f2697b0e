import { expect, test } from 'vitest';
import { segmentSpeech, type SpeechSegment } from './segmenter.ts';
import type { VadEngine } from './vad-engine.ts';

/** Scores a frame by its first sample, so that a recording carries its own probabilities. */
const firstSampleVad: VadEngine = {
  specVersion: 'v1',
  capabilities: { sampleRate: 16_000, frameSampleCount: 512 },
  openStream: () => ({ process: (samples) => Promise.resolve(samples[0]!), reset() {}, [Symbol.dispose]() {} }),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

const recording = (...probabilities: number[]): Float32Array => Float32Array.from({ length: probabilities.length * 512 }, (_, i) => probabilities[Math.floor(i / 512)]!);
const times = (count: number, probability: number): number[] => new Array<number>(count).fill(probability);

async function collect(samples: Float32Array, options: Parameters<typeof segmentSpeech>[2] = {}): Promise<SpeechSegment[]> {
  const segments: SpeechSegment[] = [];
  for await (const segment of segmentSpeech(samples, firstSampleVad, options)) segments.push(segment);
  return segments;
}

test('finds two segments parted by a long silence, with padding on both sides', async () => {
  const segments = await collect(recording(...times(10, 0), ...times(10, 0.9), ...times(20, 0), ...times(10, 0.9), ...times(20, 0)), { prefixPaddingMs: 64 });
  expect(segments.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([[256, 704], [1216, 1664]]);
  for (const segment of segments) expect(segment.samples.length).toBe(((segment.endMs - segment.startMs) * 16_000) / 1000);
});

test('a short silence does not part a segment, and the end of the recording closes it', async () => {
  const segments = await collect(recording(...times(10, 0.9), ...times(8, 0), ...times(10, 0.9)));
  expect(segments.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([[0, 896]]);
});

test('cuts an endless segment at its weakest frame and loses nothing', async () => {
  const probabilities = times(200, 0.9);
  probabilities[50] = 0.4;
  const segments = await collect(recording(...probabilities), { maxSegmentMs: 2000 });
  expect(segments.length).toBeGreaterThan(3);
  expect(segments[0]!.endMs).toBe(50 * 32);
  segments.forEach((segment, i) => {
    expect(segment.endMs - segment.startMs).toBeLessThanOrEqual(2032);
    if (i > 0) expect(segment.startMs).toBe(segments[i - 1]!.endMs);
  });
  expect(segments.at(-1)!.endMs).toBe(200 * 32);
});

test('silence and nothing give no segment', async () => {
  expect(await collect(new Float32Array(0))).toEqual([]);
  expect(await collect(recording(...times(50, 0.1)))).toEqual([]);
});

test('refuses a timeout shorter than a pause', async () => {
  await expect(collect(recording(0), { minSilenceMs: 50 })).rejects.toMatchObject({ code: 'VOICE_ERR_INVALID_OPTION' });
});
