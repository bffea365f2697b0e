/**
 * Measures how long an abort in the middle of a long prompt takes to settle, and how much of a
 * prompt a second, edited request evaluates again. Prints JSON.
 *
 * node packages/server/dist/testing/measure-prefill.js [starter|qwen3-0.6b] [repeats] [threads]
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ChatMessage, LlmSession, LlmUsage } from '@sotto/pipeline';
import { getLlama, LlamaChatSession, LlamaLogLevel } from 'node-llama-cpp';
import { loadLlamaEngine } from '../engines/llama-engine.ts';
import { longestGapMs } from './event-loop-gap.ts';
import { QWEN3_0_6B_SHAPE, type RandomGgufShape, TINY_SHAPE, writeRandomGguf } from './random-gguf.ts';

/** The starter chat model's shape with a longer context: one letter is one token here, so 4,000 letters are the prompt. */
const SHAPES: Readonly<Record<string, RandomGgufShape>> = {
  starter: { ...TINY_SHAPE, width: 192, layerCount: 5, headCount: 3, kvHeadCount: 3, headWidth: 64, feedForwardWidth: 512, vocabularySize: 3072 },
  'qwen3-0.6b': QWEN3_0_6B_SHAPE,
};
const PROMPT_TOKENS = 4000;
const CONTEXT_TOKENS = 6144;

export type PrefillMeasurement = {
  /** From the abort to the rejection, sorted. */
  readonly settleMs: readonly number[];
  /** Longest time the main thread was not free during these prompts. */
  readonly longestGapMs: number;
  /** The same abort with the library's own `prompt()`: the control. Not for large models, which would take minutes. */
  readonly controlSettleMs: number | undefined;
  readonly firstTurn: LlmUsage;
  readonly nextTurn: LlmUsage;
  /** The answer cut to a few words, as after an interruption. */
  readonly cutTurn: LlmUsage;
};

export async function measurePrefill(modelPath: string, { repeatCount, threadCount, withControl }: { repeatCount: number; threadCount: number; withControl: boolean }): Promise<PrefillMeasurement> {
  const engine = await loadLlamaEngine({ modelPath, threadCount, contextTokenCount: CONTEXT_TOKENS });
  const session = await engine.openSession();
  await session.warm({ messages: [{ role: 'system', text: 'You are the voice of a kiosk.' }] });
  const settleMs: number[] = [];
  const gapMs = await longestGapMs(async () => {
    for (let index = 0; index < repeatCount; index++) {
      settleMs.push(await settleOf((signal) => answer(session, [{ role: 'user', text: longPrompt(index) }], signal), 100 + index * 150));
    }
  });
  const question: ChatMessage[] = [{ role: 'system', text: 'You are the voice of a kiosk. '.repeat(10) }, { role: 'user', text: 'When does it open?' }];
  const firstTurn = await answer(session, question);
  const nextTurn = await answer(session, [...question, { role: 'assistant', text: 'It opens at nine in the morning.' }, { role: 'user', text: 'And on Sunday?' }]);
  const cutTurn = await answer(session, [...question, { role: 'assistant', text: 'It opens' }, { role: 'user', text: 'Stop.' }]);
  await engine[Symbol.asyncDispose]();
  const controlSettleMs = withControl ? await measureControl(modelPath, threadCount) : undefined;
  return { settleMs: settleMs.sort((left, right) => left - right), longestGapMs: gapMs, controlSettleMs, firstTurn, nextTurn, cutTurn };
}

async function measureControl(modelPath: string, threadCount: number): Promise<number> {
  const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, progressLogs: false, maxThreads: threadCount, logLevel: LlamaLogLevel.disabled });
  const model = await llama.loadModel({ modelPath, gpuLayers: 0 });
  const context = await model.createContext({ contextSize: CONTEXT_TOKENS, threads: threadCount });
  const session = new LlamaChatSession({ contextSequence: context.getSequence() });
  const settled = await settleOf((signal) => session.prompt(longPrompt(0), { signal, maxTokens: 1 }), 100);
  await llama.dispose();
  return settled;
}

function longPrompt(index: number): string {
  return `${index} ${String.fromCharCode(97 + (index % 26)).repeat(PROMPT_TOKENS)}`;
}

/** Time from the abort to the end of `work`; zero when it ended before. */
async function settleOf(work: (signal: AbortSignal) => Promise<unknown>, abortAfterMs: number): Promise<number> {
  const stop = new AbortController();
  let abortedMs = Infinity;
  const timer = setTimeout(() => {
    abortedMs = performance.now();
    stop.abort(new Error('measured'));
  }, abortAfterMs);
  await work(stop.signal).catch(() => undefined);
  clearTimeout(timer);
  return Math.max(0, performance.now() - abortedMs);
}

async function answer(session: LlmSession, messages: readonly ChatMessage[], signal?: AbortSignal): Promise<LlmUsage> {
  let usage: LlmUsage = { inputTokenCount: 0, cachedTokenCount: 0, outputTokenCount: 0 };
  for await (const event of session.generate({ messages, maxOutputTokens: 2 }, signal === undefined ? {} : { signal })) {
    if (event.type === 'finish') usage = event.usage;
  }
  return usage;
}

async function main([shapeName = 'starter', repeats = '9', threads = '1']: readonly string[]): Promise<void> {
  const shape = SHAPES[shapeName];
  const folder = mkdtempSync(join(tmpdir(), 'sotto-prefill-'));
  const modelPath = shape === undefined ? shapeName : join(folder, 'model.gguf');
  try {
    if (shape !== undefined) writeRandomGguf(modelPath, { shape, weights: 'q8_0', script: ['Hello', ' there'] });
    if (!existsSync(modelPath)) throw new Error(`Expected one of ${Object.keys(SHAPES).join(', ')} or a model file, got ${shapeName}`);
    const measured = await measurePrefill(modelPath, { repeatCount: Number(repeats), threadCount: Number(threads), withControl: shapeName === 'starter' });
    console.log(JSON.stringify({ model: shapeName, threads: Number(threads), ...measured }, (_, value: unknown) => (typeof value === 'number' ? Math.round(value * 10) / 10 : value), 2));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(process.argv.slice(2));
