import { expect, test } from 'vitest';
import { agreedPrefix, GrowingSegment } from './growing-segment.ts';
import type { Hypothesis } from './hypothesis.ts';

const second = (count: number) => new Float32Array(count * 16_000).fill(0.1);

/** "Recognises" one word per second. */
function wordPerSecond() {
  const drafts: (readonly number[])[] = [];
  const decoder = {
    sampleRate: 16_000,
    maxSegmentMs: 30_000,
    finalAddsMore: false,
    decode(samples: Float32Array, options: { readonly draft: readonly number[] }): Promise<Hypothesis> {
      drafts.push(options.draft);
      const tokens = Array.from({ length: Math.floor(samples.length / 16_000) }, (_, i) => i);
      return Promise.resolve({ tokens, logProbabilities: tokens.map(() => Math.log(0.5)), text: tokens.map((token) => `w${token}`).join(' ') });
    },
  };
  return { decoder, drafts };
}

test('partials grow, what two agree on is stable, and each hypothesis drafts the next', async () => {
  const { decoder, drafts } = wordPerSecond();
  await using segment = new GrowingSegment(decoder);
  segment.push(second(2));
  expect(await segment.partial()).toEqual({ text: 'w0 w1', stableText: '', audioMs: 2000 });
  expect(await segment.partial()).toBeUndefined();
  segment.push(second(1));
  expect(await segment.partial()).toEqual({ text: 'w0 w1 w2', stableText: 'w0 w1', audioMs: 3000 });
  expect(await segment.finish()).toMatchObject({ text: 'w0 w1 w2', confidence: 0.5, audioMs: 3000 });
  expect(drafts).toEqual([[], [0, 1]]);
  await expect(segment.finish()).rejects.toMatchObject({ code: 'VOICE_ERR_DISPOSED' });
  expect(() => segment.push(second(1))).toThrow(expect.objectContaining({ code: 'VOICE_ERR_DISPOSED' }) as Error);
});

test('a forgotten segment cannot grow without end', () => {
  const segment = new GrowingSegment(wordPerSecond().decoder);
  expect(() => {
    for (let i = 0; i < 100; i++) segment.push(second(1));
  }).toThrow(expect.objectContaining({ code: 'VOICE_ERR_QUEUE_FULL' }) as Error);
});

test('an aborted stream rejects with its reason', async () => {
  const segment = new GrowingSegment(wordPerSecond().decoder, AbortSignal.abort(new Error('gone')));
  segment.push(second(1));
  await expect(segment.partial()).rejects.toThrow('gone');
});

test.each([
  ['', 'one', ''],
  ['one', 'one two', 'one'],
  ['one tw', 'one two', 'one'],
  ['one two', 'one two', 'one two'],
  ['two', 'one', ''],
  ['on', 'one', ''],
  ['今日は', '今日はい', '今日は'],
])('agreed prefix of %j and %j is %j', (previous, current, agreed) => {
  expect(agreedPrefix(previous, current)).toBe(agreed);
});
