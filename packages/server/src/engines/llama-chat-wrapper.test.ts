import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChatHistoryItem, ChatMLChatWrapper, getLlama, LlamaLogLevel, resolveChatWrapper } from 'node-llama-cpp';
import { afterAll, expect, it } from 'vitest';
import { CHATML_TEMPLATE, writeRandomGguf } from '../testing/random-gguf.ts';
import { resolveLlamaChatWrapper } from './llama-chat-wrapper.ts';

const folder = mkdtempSync(join(tmpdir(), 'sotto-wrapper-'));
afterAll(() => rmSync(folder, { recursive: true }));

const histories: ChatHistoryItem[][] = [
  [{ type: 'system', text: 'Be brief.' }, { type: 'user', text: 'Hi' }, { type: 'model', response: [] }],
  [{ type: 'user', text: 'Hi' }, { type: 'model', response: ['Hello.', { type: 'functionCall', name: 'lights', params: { on: true }, result: 'ok' }, 'Done.'] }, { type: 'user', text: 'Thanks' }, { type: 'model', response: [] }],
];

it('knows plain ChatML at a glance, and writes it as the library would after trying everything', async () => {
  const path = join(folder, 'chatml.gguf');
  writeRandomGguf(path);
  await using llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, progressLogs: false, logLevel: LlamaLogLevel.disabled });
  await using model = await llama.loadModel({ modelPath: path });
  const glanced = resolveLlamaChatWrapper(model, CHATML_TEMPLATE, 'discourage');
  const tried = resolveChatWrapper(model, { warningLogs: false });
  expect(glanced).toBeInstanceOf(ChatMLChatWrapper);
  expect(tried).toBeInstanceOf(ChatMLChatWrapper);
  for (const chatHistory of histories) expect(glanced.generateContextState({ chatHistory }).contextText.toJSON()).toEqual(tried.generateContextState({ chatHistory }).contextText.toJSON());
});
