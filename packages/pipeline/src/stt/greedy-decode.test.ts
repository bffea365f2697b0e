import { describe, expect, test } from 'vitest';
import type { DecoderRun, LogitRows } from './cached-decoder.ts';
import { decodeGreedily, type GreedyRequest } from './greedy-decode.ts';
import { pickGreedily, probabilityOf } from './logits.ts';
import { loopCut } from './repetition-guard.ts';

const VOCABULARY = 8;
const END = 7;

/** A decoder that wants to say `script`, whatever it is fed, and counts its calls. */
function scriptedRun(script: readonly number[], promptLength: number) {
  const calls: string[] = [];
  let held = 0;
  const rows = (first: number, count: number): LogitRows => {
    const data = new Float32Array(count * VOCABULARY);
    for (let row = 0; row < count; row++) data[row * VOCABULARY + (script[first + row] ?? END)] = 5;
    return { data, rowCount: count, vocabularySize: VOCABULARY };
  };
  const run: Pick<DecoderRun, 'begin' | 'advance' | 'rewind'> = {
    begin(tokens) {
      calls.push(`begin ${tokens.length}`);
      held = tokens.length;
      return Promise.resolve(rows(1 - promptLength, held));
    },
    advance() {
      calls.push('advance');
      held++;
      return Promise.resolve(rows(held - promptLength, 1));
    },
    rewind(length) {
      if (length !== held) calls.push(`rewind ${length}`);
      held = length;
      return Promise.resolve();
    },
  };
  return { run: run as DecoderRun, calls };
}

async function decode(script: readonly number[], request: Partial<GreedyRequest> = {}) {
  const prompt = request.prompt ?? [0, 0];
  const { run, calls } = scriptedRun(script, prompt.length);
  return { ...(await decodeGreedily(run, { prompt, endToken: END, maxTokens: 50, ...request })), calls };
}

describe('greedy decoding', () => {
  test('says the script token by token', async () => {
    expect(await decode([1, 2, 3])).toMatchObject({ tokens: [1, 2, 3], stop: 'end', calls: ['begin 2', 'advance', 'advance', 'advance'] });
  });

  test.each([
    ['all right', [1, 2, 3], ['begin 5']],
    ['right so far', [1, 2], ['begin 4', 'advance']],
    ['wrong from the second', [1, 5, 3], ['begin 5', 'rewind 3', 'advance', 'advance']],
    ['too long', [1, 2, 3, 4], ['begin 6']],
    ['all wrong', [6, 6], ['begin 4', 'rewind 2', 'advance', 'advance', 'advance']],
  ])('a draft that is %s changes the calls, not the result', async (_, draft, calls) => {
    expect(await decode([1, 2, 3], { draft })).toMatchObject({ tokens: [1, 2, 3], stop: 'end', calls });
  });

  test('stops at the limit, with and without a draft', async () => {
    for (const draft of [[], [1], [1, 2, 3]]) expect(await decode([1, 2, 3, 4], { draft, maxTokens: 2 })).toMatchObject({ tokens: [1, 2], stop: 'limit' });
    expect(await decode([1], { maxTokens: 0 })).toMatchObject({ tokens: [], stop: 'limit', calls: [] });
  });

  test('stops at a loop and keeps its first period', async () => {
    const script = [5, ...Array.from({ length: 40 }, (_, i) => [1, 2, 3][i % 3]!)];
    expect(await decode(script)).toMatchObject({ tokens: [5, 1, 2, 3], stop: 'loop' });
    expect((await decode(script, { guardRepetition: false })).tokens.length).toBe(41);
  });

  test('an adjustment decides before the choice', async () => {
    const adjust: NonNullable<GreedyRequest['adjust']> = (logits, offset) => (logits[offset + 2] = -Infinity);
    expect((await decode([1, 2, 3], { adjust })).tokens[1]).toBe(0);
  });

  test('an abort comes between calls', async () => {
    const controller = new AbortController();
    const onPromptLogits = () => controller.abort(new Error('stop'));
    await expect(decode([1, 2, 3], { signal: controller.signal, onPromptLogits })).rejects.toThrow('stop');
  });
});

test('the best token and its probability', () => {
  const logits = Float32Array.of(9, 9, 0, 1, 2, 3, -100, 3);
  const { token, logProbability } = pickGreedily(logits, 2, 5);
  const sum = [0, 1, 2, 3, -100].reduce((total, logit) => total + Math.exp(logit), 0);
  expect(token).toBe(3);
  expect(logProbability).toBeCloseTo(Math.log(Math.exp(3) / sum), 6);
  expect(probabilityOf(logits, 2, 5, 1)).toBeCloseTo(Math.exp(1) / sum, 6);
  expect(pickGreedily(Float32Array.of(4, 4), 0, 2).token).toBe(0);
});

test.each([
  ['nothing', [], undefined],
  ['a sentence', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], undefined],
  ['four noes', [9, 4, 4, 4, 4], undefined],
  ['six zeros in a number', [1, 0, 0, 0, 0, 0, 0], undefined],
  ['a phrase said twice', [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6], undefined],
  ['ten of one', [9, ...new Array<number>(10).fill(4)], 2],
  ['four of three', [9, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3], 4],
])('loop guard: %s', (_, tokens, cut) => {
  expect(loopCut(tokens)).toBe(cut);
});
