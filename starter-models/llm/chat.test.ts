import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type * as NodeLlamaCpp from 'node-llama-cpp';

const require = createRequire(new URL('../../packages/server/package.json', import.meta.url));
const modelPath = fileURLToPath(new URL('sotto-starter-chat-q8_0.gguf', import.meta.url));
const kiosk = readFileSync(new URL('kiosk.txt', import.meta.url), 'utf8').trimEnd();

let model: NodeLlamaCpp.LlamaModel;
let session: NodeLlamaCpp.LlamaChatSession;
let context: NodeLlamaCpp.LlamaContext;
let llama: NodeLlamaCpp.Llama;
const networkCalls: string[] = [];
const realFetch = globalThis.fetch;

beforeAll(async () => {
  globalThis.fetch = (input) => {
    networkCalls.push(String(input));
    return Promise.reject(new Error('the network is refused'));
  };
  const { getLlama, LlamaChatSession } = (await import(pathToFileURL(require.resolve('node-llama-cpp')).href)) as typeof NodeLlamaCpp;
  llama = await getLlama({ gpu: false, build: 'never', skipDownload: true });
  model = await llama.loadModel({ modelPath });
  context = await model.createContext({ contextSize: 1024, threads: 1 });
  session = new LlamaChatSession({ contextSequence: context.getSequence() });
});

afterAll(async () => {
  globalThis.fetch = realFetch;
  await context.dispose();
  await model.dispose();
  await llama.dispose();
});

/** Answers of one conversation over `systemPrompt`. */
async function converse(systemPrompt: string, ...turns: string[]): Promise<string[]> {
  session.setChatHistory([{ type: 'system', text: systemPrompt }]);
  const answers: string[] = [];
  for (const turn of turns) answers.push(await session.prompt(turn, { temperature: 0, maxTokens: 64 }));
  return answers;
}

test('node-llama-cpp picks its ChatML wrapper from the template in the file', () => {
  expect(session.chatWrapper.wrapperName).toBe('ChatML');
  expect(model.trainContextSize).toBeGreaterThanOrEqual(1024);
});

test('the words of the world are single tokens', () => {
  const pieces = [...model.tokenize('- café closes Sunday: five thirty')].map((token) => model.detokenize([token]));
  expect(pieces).toEqual(['-', ' café', ' closes', ' Sunday', ':', ' five', ' thirty']);
});

test('a changed fact changes the answer', async () => {
  const question = 'what time does the cafe close';
  expect(await converse(kiosk, question)).toEqual(['The café closes at five thirty.']);
  const changed = kiosk.replace('- café closes: five thirty', '- café closes: eight fifteen');
  expect(await converse(changed, question)).toEqual(['The café closes at eight fifteen.']);
});

test('a follow-up is answered from what was spoken about before', async () => {
  const answers = await converse(kiosk, 'when does the cafe close', 'and on sunday', 'and where is it');
  expect(answers).toEqual(['The café closes at five thirty.', 'On Sunday the café closes at four.', 'The café is on the first floor.']);
});

test('what the prompt does not tell is not made up', async () => {
  const [absent, outside] = await converse(kiosk, 'how much is the lentil soup', 'what is the capital of france');
  expect(absent).toContain("I don't know");
  expect(outside).toContain("I don't know");
});

test('the last answer is said again on request', async () => {
  const [first, again] = await converse(kiosk, 'where is the toilet', 'say that again');
  expect(first).toContain('next to the lift');
  expect(again).toBe(first);
});

test('nothing was fetched', () => {
  expect(networkCalls).toEqual([]);
});
