import { expect, it } from 'vitest';
import type { RunOutcome, RunTiming } from '../runner/runner-message.ts';
import { scoreClip, scorePrompt } from './score-shapes.ts';

const timing = (wallMs: number, outcome: RunOutcome): RunTiming => ({ item: 0, wallMs, processorMs: wallMs, peakBytes: 0, outcome });

it('a clip has its medians, and the end token counts as decoded', () => {
  const timings = [300, 100, 200].map((ms) => timing(ms, { tokenCount: 25, encoderMs: ms / 4, decoderMs: ms / 2 }));
  expect(scoreClip(4, timings)).toMatchObject({ runCount: 3, tokenCount: 25, wallMs: { median: 200, quartiles: [150, 250] }, realTimeFactor: 0.05, encoderMs: { median: 50 }, decodedTokensPerSecond: { median: 260 } });
});

it('a prompt is read until its first token, and the rest is written after it', () => {
  const timings = [timing(3000, { promptTokenCount: 500, tokenCount: 64, firstTokenMs: 1000 }), timing(3100, { promptTokenCount: 500, tokenCount: 64, firstTokenMs: 1000 })];
  expect(scorePrompt(timings)).toMatchObject({ promptTokenCount: 500, newTokenCount: 64, firstTokenMs: { median: 1000 }, readTokensPerSecond: { median: 500 } });
  expect(scorePrompt(timings.slice(0, 1)).writtenTokensPerSecond.median).toBe(31.5);
});

it('runs that did not do the same work are no measurement', () => {
  expect(() => scoreClip(4, [timing(1, { tokenCount: 25 }), timing(1, { tokenCount: 24 })])).toThrow('25 and 24 tokens');
});
