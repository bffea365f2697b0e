import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChatMessage, createOpenAiEndpoint, type LlmEngine } from '@sotto/pipeline';
import { CONTRACT_REPLY, CONTRACT_THOUGHT, llmEngineContract, type LlmEngineSubject } from '@sotto/pipeline/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { bundledModel } from '../models/bundled-models.ts';
import { startTestServer } from '../realtime/testing/test-server.ts';
import { writeRandomGguf } from '../testing/random-gguf.ts';
import { loadLlamaEngine } from './llama-engine.ts';

const { directory, manifest } = await bundledModel('llm');
const modelPath = join(directory, manifest.files.find(({ path }) => path.endsWith('.gguf'))!.path);
const kiosk = readFileSync(new URL('../../../../starter-models/llm/kiosk.txt', import.meta.url), 'utf8').trimEnd();
const conversation: readonly ChatMessage[] = [
  { role: 'system', text: kiosk },
  { role: 'user', text: 'hey what time does the visitor centre open thanks' },
];

const folder = mkdtempSync(join(tmpdir(), 'sotto-contract-'));
const cleanups: (() => unknown)[] = [() => rmSync(folder, { recursive: true })];
afterAll(async () => {
  for (const cleanUp of cleanups.reverse()) await cleanUp();
});

const loadStarter = (contextTokenCount?: number) => loadLlamaEngine({ modelPath, threadCount: 1, ...(contextTokenCount === undefined ? {} : { contextTokenCount }) });

const llama: LlmEngineSubject = {
  conversation,
  open: ({ contextTokenCount } = {}) => loadStarter(contextTokenCount),
  openThinking() {
    const path = join(folder, 'thinking.gguf');
    writeRandomGguf(path, { script: ['<th', 'ink>', CONTRACT_THOUGHT, '</think>', '\n\n', CONTRACT_REPLY] });
    return loadLlamaEngine({ modelPath: path, threadCount: 1 });
  },
};

/** Over this project's own server, so that both ends of the protocol are the real ones. */
const openAiEndpoint: LlmEngineSubject = {
  conversation,
  async open({ contextTokenCount = 0 } = {}) {
    const baseUrl = await (serverUrls.get(contextTokenCount) ?? startServer(contextTokenCount));
    return createOpenAiEndpoint({ baseUrl, model: 'sotto', fetch: (url, init) => fetch(url, init), contextTokenCount: contextTokenCount || 2048 });
  },
  openThinking: async () => createOpenAiEndpoint({ baseUrl: await startThinkingServer(), model: 'sotto', fetch: (url, init) => fetch(url, init) }),
};

/** One for each length of context, 0 for the model's own. */
const serverUrls = new Map<number, Promise<string>>();
function startServer(contextTokenCount: number): Promise<string> {
  const starting = (async () => {
    const llm: LlmEngine = await loadStarter(contextTokenCount || undefined);
    const { server } = await startTestServer({ engines: { llm }, settings: { llmContexts: 1 } });
    cleanups.push(() => llm[Symbol.asyncDispose](), () => server[Symbol.asyncDispose]());
    return `${server.url}/v1`;
  })();
  serverUrls.set(contextTokenCount, starting);
  return starting;
}

/** Sends a thought as part of the text, as llama-server and Ollama do, and another as DeepSeek and vLLM do. */
async function startThinkingServer(): Promise<string> {
  const deltas = [{ reasoning_content: CONTRACT_THOUGHT }, { content: '<th' }, { content: `ink>${CONTRACT_THOUGHT}</th` }, { content: 'ink>\n\n' }, { content: CONTRACT_REPLY }];
  const choices = [...deltas.map((delta) => ({ index: 0, delta, finish_reason: null })), { index: 0, delta: {}, finish_reason: 'stop' }];
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const choice of choices) response.write(`data: ${JSON.stringify({ choices: [choice] })}\n\n`);
    response.end('data: [DONE]\n\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

describe.each([
  ['node-llama-cpp', llama],
  ['an OpenAI-compatible endpoint', openAiEndpoint],
])('%s', (_name, subject) => {
  it.each(llmEngineContract(subject))('$name', async ({ verify }) => {
    // A clause rejects with what it saw instead.
    await expect(verify()).resolves.toBeUndefined();
  });
});
