import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createWllamaEngine } from './wllama-engine.ts';

type Params = { readonly onData: (chunk: unknown) => void; readonly abortSignal?: AbortSignal };

/** Speaks word after word as wllama does: looks at the signal before each, and rejects when it is aborted. */
const completion = { words: ['one ', 'two ', 'three ', 'four'], saidCount: 0, failure: undefined as Error | undefined };

vi.mock('@wllama/wllama', () => ({
  LoggerWithoutDebug: {},
  Wllama: class {
    setCompat() {}
    loadModel() {
      return Promise.resolve();
    }
    exit() {
      return Promise.resolve();
    }
    async createChatCompletion({ onData, abortSignal }: Params) {
      for (const content of completion.words) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        if (abortSignal?.aborted) throw new Error('Operation aborted');
        if (completion.failure) throw completion.failure;
        onData({ choices: [{ delta: { content }, finish_reason: null }] });
        completion.saidCount++;
      }
    }
  },
}));

const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);
beforeEach(() => {
  Object.assign(completion, { saidCount: 0, failure: undefined });
  unhandled.length = 0;
  process.on('unhandledRejection', note);
});
afterEach(() => process.off('unhandledRejection', note));

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));
const open = async () => (await createWllamaEngine({ gguf: new Uint8Array(1), wasmUrl: '/llama.wasm', threadCount: 1 })).openSession();
const REQUEST = { messages: [{ role: 'user', text: 'count' }] } as const;

describe('a completion in the tab', () => {
  it('gives the words as they come and then the end', async () => {
    const session = await open();
    const events = [];
    for await (const event of session.generate(REQUEST)) events.push(event.type === 'text-delta' ? event.text : event.type);
    expect(events).toEqual(['one ', 'two ', 'three ', 'four', 'finish']);
  });

  it('that was aborted rejects with the reason, and nobody else hears of it', async () => {
    const session = await open();
    const controller = new AbortController();
    const words: string[] = [];
    const listening = (async () => {
      for await (const event of session.generate(REQUEST, { signal: controller.signal })) {
        if (event.type === 'text-delta') words.push(event.text);
        controller.abort(new Error('enough'));
      }
    })();
    await expect(listening).rejects.toThrow('enough');
    await settled();
    expect(words).toEqual(['one ']);
    expect(unhandled).toEqual([]);
  });

  it.each(['aborted', 'not aborted'])('that its listener leaves ends soon, the signal being %s', async (how) => {
    const session = await open();
    const controller = new AbortController();
    for await (const event of session.generate(REQUEST, { signal: controller.signal })) {
      expect(event.type).toBe('text-delta');
      if (how === 'aborted') controller.abort();
      break;
    }
    await settled();
    expect(completion.saidCount).toBeLessThan(3);
    expect(unhandled).toEqual([]);
  });

  it('that fails is a typed error', async () => {
    const session = await open();
    completion.failure = new Error('out of luck');
    await expect(session.generate(REQUEST)[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'VOICE_ERR_ENGINE_FAILED', message: expect.stringContaining('out of luck') as string });
  });
});
