import { createMoonshine, createWhisper, type LlmEngine, type SttEngine } from '@sotto/pipeline';
import { describeModelFolder, loadLanguageModel, nodeOnnxRuntime, openModel, sessionOptions } from '@sotto/server';
import type { RunOutcome, Work } from '../runner/runner-message.ts';
import { noiseClip } from './noise-clip.ts';
import { type RunTimes, timedRuntime } from './timed-runtime.ts';

/** Tokens that a language model reads in each run, and then writes. */
export const PROMPT_TOKEN_COUNT = 512;
export const NEW_TOKEN_COUNT = 64;
/** Above what the graphs say before they end, so that nothing else ends them. */
const UNREACHED_TOKENS_PER_SECOND = 15;

/** A model with random weights at work: clips of the given lengths for a recogniser, one kind of prompt for a language model. */
export async function openShape(directory: string, threadCount: number, clipSeconds: readonly number[]): Promise<Work> {
  const model = await describeModelFolder(directory);
  if (model.manifest.driver === 'llama') return promptWork(await loadLanguageModel(model, { threadCount }));
  const { ort, times } = timedRuntime(nodeOnnxRuntime);
  const options = { ort, files: openModel(model), sessionOptions: sessionOptions(threadCount) };
  // Random weights repeat themselves, and that must not end a run early.
  const engine = model.manifest.driver === 'whisper'
    ? await createWhisper({ ...options, guardHallucination: false })
    : await createMoonshine({ ...options, maxTokensPerSecond: UNREACHED_TOKENS_PER_SECOND, guardRepetition: false });
  return clipWork(engine, clipSeconds.map(noiseClip), times);
}

function clipWork(engine: SttEngine, clips: readonly Float32Array[], times: RunTimes): Work {
  return {
    itemCount: clips.length,
    async run(item): Promise<RunOutcome> {
      times.clear();
      const { text, tokens } = await engine.transcribe(clips[item]!, { language: 'en' });
      const decoderMs = times.get('input_ids') ?? 0;
      return { text, tokenCount: tokens.length, decoderMs, encoderMs: [...times.values()].reduce((sum, ms) => sum + ms, 0) - decoderMs };
    },
  };
}

async function promptWork(llm: LlmEngine): Promise<Work> {
  const session = await llm.openSession();
  const ask = async (text: string, maxOutputTokens: number): Promise<RunOutcome & { readonly inputTokenCount: number }> => {
    const startMs = performance.now();
    let firstTokenMs: number | undefined;
    for await (const event of session.generate({ messages: [{ role: 'user', text }], maxOutputTokens })) {
      if (event.type === 'text-delta') firstTokenMs ??= performance.now() - startMs;
      if (event.type !== 'finish') continue;
      const { inputTokenCount, cachedTokenCount, outputTokenCount } = event.usage;
      return { inputTokenCount, promptTokenCount: inputTokenCount - cachedTokenCount, tokenCount: outputTokenCount, ...(firstTokenMs === undefined ? {} : { firstTokenMs }) };
    }
    throw new Error('The language model ended without saying so');
  };
  // A letter is a token of this vocabulary; the template takes the rest.
  const templateTokenCount = (await ask('a', 1)).inputTokenCount - 1;
  let asked = 0;
  return { itemCount: 1, run: () => ask(letters(asked++, PROMPT_TOKEN_COUNT - templateTokenCount), NEW_TOKEN_COUNT) };
}

/** So many letters, from the first on different from those of the run before, so that nothing is remembered. */
function letters(index: number, count: number): string {
  return Array.from({ length: count }, (_, i) => String.fromCharCode(98 + ((index + i) % 24))).join('');
}
