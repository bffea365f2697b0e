import { EngineError, type LlmEngine, type LlmEvent, type LlmSession } from '@sotto/pipeline';
import { describe, expect, it } from 'vitest';
import { SharedLlm } from './shared-llm.ts';

const FINISH: LlmEvent = { type: 'finish', reason: 'stop', usage: { inputTokenCount: 1, cachedTokenCount: 0, outputTokenCount: 1 } };

/** An engine whose contexts say which one answered, and wait to be let go on. */
function numberedEngine() {
  let opened = 0;
  let closed = 0;
  const running: (() => void)[] = [];
  let failing = false;
  const engine: LlmEngine = {
    specVersion: 'v1',
    capabilities: { contextTokenCount: 1, tools: false, jsonSchema: false, prefixCache: true },
    openSession: () => {
      const number = ++opened;
      return Promise.resolve({
        warm: () => Promise.resolve(),
        async *generate(_request, call): AsyncGenerator<LlmEvent> {
          await new Promise<void>((resolve, reject) => {
            running.push(resolve);
            call?.signal?.addEventListener('abort', () => reject(call.signal!.reason as Error));
          });
          if (failing) throw new EngineError('VOICE_ERR_ENGINE_FAILED', 'broken');
          yield { type: 'text-delta', text: String(number) };
          yield FINISH;
        },
        [Symbol.asyncDispose]: () => {
          closed++;
          return Promise.resolve();
        },
      });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { engine, running, opened: () => opened, closed: () => closed, fail: (on: boolean) => (failing = on) };
}

async function answer(session: LlmSession, signal?: AbortSignal): Promise<string> {
  let text = '';
  for await (const event of session.generate({ messages: [] }, signal === undefined ? {} : { signal })) if (event.type === 'text-delta') text += event.text;
  return text;
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('SharedLlm', () => {
  it('gives a conversation back the context that remembers it', async () => {
    const { engine, running } = numberedEngine();
    const shared = new SharedLlm(engine, 2);
    const [anna, boris] = [await shared.openSession(), await shared.openSession()];
    const first = [answer(anna), answer(boris)];
    await settle();
    running.splice(0).forEach((go) => go());
    expect(await Promise.all(first)).toEqual(['1', '2']);
    const again = [answer(boris), answer(anna)];
    await settle();
    running.splice(0).forEach((go) => go());
    expect(await Promise.all(again)).toEqual(['2', '1']);
  });

  it('never works on more than its contexts, and serves waiters in order', async () => {
    const { engine, running, opened } = numberedEngine();
    const shared = new SharedLlm(engine, 1);
    const order: number[] = [];
    const all = await Promise.all([1, 2, 3].map(async (number) => [number, await shared.openSession()] as const));
    const answers = all.map(([number, session]) => answer(session).then(() => order.push(number)));
    for (let i = 0; i < 3; i++) {
      await settle();
      expect(running).toHaveLength(1);
      expect(shared.waitingCount).toBe(2 - i);
      running.pop()!();
      await settle();
    }
    await Promise.all(answers);
    expect([order, opened()]).toEqual([[1, 2, 3], 1]);
  });

  it('lets a waiter change its mind, and an abort keeps the context', async () => {
    const { engine, running, closed } = numberedEngine();
    const shared = new SharedLlm(engine, 1);
    const [anna, boris, clara] = [await shared.openSession(), await shared.openSession(), await shared.openSession()];
    const [stopAnna, stopBoris] = [new AbortController(), new AbortController()];
    const outcomes = [answer(anna, stopAnna.signal), answer(boris, stopBoris.signal)].map((work) => work.catch((thrown: unknown) => String(thrown)));
    await settle();
    stopBoris.abort('boris leaves');
    expect(await outcomes[1]).toBe('boris leaves');
    const last = answer(clara);
    stopAnna.abort('anna leaves');
    expect(await outcomes[0]).toBe('anna leaves');
    await settle();
    running.pop()!();
    expect([await last, closed()]).toEqual(['1', 0]);
  });

  it('replaces a context that broke', async () => {
    const { engine, running, closed, fail } = numberedEngine();
    const shared = new SharedLlm(engine, 1);
    const anna = await shared.openSession();
    fail(true);
    const broken = answer(anna).catch((thrown: unknown) => (thrown as EngineError).code);
    await settle();
    running.pop()!();
    expect(await broken).toBe('VOICE_ERR_ENGINE_FAILED');
    fail(false);
    const next = answer(anna);
    await settle();
    running.pop()!();
    expect([await next, closed()]).toEqual(['2', 1]);
  });

  it('does with fewer contexts than it was promised', async () => {
    const { engine, running, opened } = numberedEngine();
    const stingy: LlmEngine = {
      ...engine,
      openSession: (call) => (opened() === 0 ? engine.openSession() : new Promise((_, reject) => call?.signal?.addEventListener('abort', () => reject(call.signal!.reason as Error)))),
    };
    const shared = new SharedLlm(stingy, 3);
    const [anna, boris, clara] = [await shared.openSession(), await shared.openSession(), await shared.openSession()];
    const first = answer(anna);
    await settle();
    running.pop()!();
    await first;
    // Anna still owns the only context; Boris gets it all the same, and Clara after him.
    const answers = [answer(boris), answer(clara)];
    for (let i = 0; i < 2; i++) {
      while (running.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      running.pop()!();
    }
    expect(await Promise.all(answers)).toEqual(['1', '1']);
    await clara.warm({ messages: [] });
    expect(shared.waitingCount).toBe(0);
  });

  it('warms only where nobody else is in the way', async () => {
    const { engine, running, opened } = numberedEngine();
    const shared = new SharedLlm(engine, 1);
    const [anna, boris] = [await shared.openSession(), await shared.openSession()];
    const busy = answer(anna);
    await settle();
    await boris.warm({ messages: [] });
    expect(opened()).toBe(1);
    running.pop()!();
    await busy;
  });
});
