import { createRequire } from 'node:module';
import * as ort from 'onnxruntime-node';
import { createKokoro, createKokoroPhonemizer, type TtsEngine } from '@sotto/pipeline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundledModel } from '../models/bundled-models.ts';
import { openModel } from '../models/model-folder.ts';
import { sessionOptions } from './onnx-node.ts';
import { TtsPool } from './tts-pool.ts';

/** One sentence without a pause to split at, so that it is one long inference. */
const SENTENCE = `Every visitor ${'walks past the old harbour and the market and the tower and '.repeat(4)}goes home.`;
/** A gap of the machine's own making (another process on this core) hits one attempt, not all of them. */
const ATTEMPT_COUNT = 3;

let pool: TtsPool;
beforeAll(async () => {
  pool = await TtsPool.load(await bundledModel('tts'));
});
afterAll(() => pool[Symbol.asyncDispose]());

/** Longest time for which no timer could run while `work` was under way, and how long the work took. */
async function longestGapMs(work: () => Promise<void>): Promise<{ gapMs: number; workMs: number }> {
  let lastMs = performance.now();
  let gapMs = 0;
  const tick = () => {
    const nowMs = performance.now();
    gapMs = Math.max(gapMs, nowMs - lastMs);
    lastMs = nowMs;
  };
  const timer = setInterval(tick, 1);
  const startMs = performance.now();
  await work();
  tick();
  clearInterval(timer);
  return { gapMs, workMs: performance.now() - startMs };
}

async function speak(tts: TtsEngine): Promise<void> {
  for await (const chunk of tts.synthesize(SENTENCE)) expect(chunk.samples.length).toBeGreaterThan(24_000);
}

async function smallestShare(tts: TtsEngine): Promise<number> {
  await speak(tts);
  const shares: number[] = [];
  for (let attempt = 0; attempt < ATTEMPT_COUNT; attempt++) {
    const { gapMs, workMs } = await longestGapMs(() => speak(tts));
    shares.push(gapMs / workMs);
  }
  return Math.min(...shares);
}

test('inference in a worker leaves the main thread free', async () => {
  expect(await smallestShare(pool.forSession('test'))).toBeLessThan(0.1);
});

test('the same inference on the main thread blocks it, so the check can fail', async () => {
  const model = await bundledModel('tts');
  const phonemizer = await createKokoroPhonemizer(() => import(createRequire(import.meta.url).resolve('kokoro-js')));
  await using tts = await createKokoro({ ort, files: openModel(model), phonemizer, sessionOptions: sessionOptions(1) });
  expect(await smallestShare(tts)).toBeGreaterThan(0.1);
});
