import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChatMessage, DisposedError, type LlmEngine, type LlmEvent, type LlmRequest, type LlmSession, type LlmUsage, type ToolDefinition } from '@sotto/pipeline';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { longestGapMs } from '../testing/event-loop-gap.ts';
import { type RandomGgufOptions, TINY_SHAPE, writeRandomGguf } from '../testing/random-gguf.ts';
import { type LlamaEngineOptions, loadLlamaEngine } from './llama-engine.ts';

const SYSTEM: ChatMessage = { role: 'system', text: 'You are the voice of a kiosk. The museum opens at nine.' };
const say = (text: string): ChatMessage => ({ role: 'user', text });
const answer = (text: string): ChatMessage => ({ role: 'assistant', text });

const COUNTING = ['one', 'two', 'three', 'four', 'five'];
const COUNTED = COUNTING.join('');

const folder = mkdtempSync(join(tmpdir(), 'sotto-llama-'));
afterAll(() => rmSync(folder, { recursive: true }));
let fileCount = 0;

/** A model that says this whatever it is asked; noise without a script. */
function makeModel(script?: readonly (string | number)[], options: RandomGgufOptions = {}): string {
  const path = join(folder, `${fileCount++}.gguf`);
  writeRandomGguf(path, script === undefined ? options : { ...options, script });
  return path;
}

const engines: LlmEngine[] = [];
async function load(modelPath: string, options: Partial<LlamaEngineOptions> = {}): Promise<LlmEngine> {
  const engine = await loadLlamaEngine({ modelPath, threadCount: 1, contextTokenCount: 8192, ...options });
  engines.push(engine);
  return engine;
}
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine[Symbol.asyncDispose]();
});

const sharedEngines = new Map<string, Promise<LlmEngine>>();
afterAll(async () => {
  for (const engine of sharedEngines.values()) await (await engine)[Symbol.asyncDispose]();
});

/** A fresh conversation with a model that other tests use too; loading one takes the longest part of a test. */
async function open(script?: readonly string[]): Promise<LlmSession> {
  const key = JSON.stringify(script ?? null);
  const engine = sharedEngines.get(key) ?? loadLlamaEngine({ modelPath: makeModel(script), threadCount: 1, contextTokenCount: 4096 });
  sharedEngines.set(key, engine);
  const session = await (await engine).openSession();
  opened.push(session);
  return session;
}
const opened: LlmSession[] = [];
afterEach(async () => {
  for (const session of opened.splice(0)) await session[Symbol.asyncDispose]();
});

async function collect(session: LlmSession, request: LlmRequest, signal?: AbortSignal): Promise<LlmEvent[]> {
  const events: LlmEvent[] = [];
  for await (const event of session.generate(request, signal === undefined ? {} : { signal })) events.push(event);
  return events;
}

function textOf(events: readonly LlmEvent[], type: 'text-delta' | 'thought-delta' = 'text-delta'): string {
  return events.map((event) => (event.type === type ? event.text : '')).join('');
}

function finishOf(events: readonly LlmEvent[]): Extract<LlmEvent, { type: 'finish' }> {
  const finishes = events.filter((event) => event.type === 'finish');
  expect(finishes).toHaveLength(1);
  const last = events.at(-1);
  if (last?.type !== 'finish') throw new Error('the reply did not end with its finish event');
  return last;
}

async function usageOf(session: LlmSession, messages: readonly ChatMessage[]): Promise<LlmUsage> {
  return finishOf(await collect(session, { messages, maxOutputTokens: 4 })).usage;
}

describe('replies', () => {
  it('streams a delta for each token and never half a character', async () => {
    const bytes = [...new TextEncoder().encode('é🙂')];
    const engine = await load(makeModel(['Caf', ...bytes, ' opens', ' at', ' nine']));
    const events = await collect(await engine.openSession(), { messages: [SYSTEM, say('When?')] });
    expect(events.flatMap((event) => (event.type === 'text-delta' ? [event.text] : []))).toEqual(['Caf', 'é', '🙂', ' opens', ' at', ' nine']);
    expect(finishOf(events)).toMatchObject({ reason: 'stop', usage: { outputTokenCount: 11 } });
  });

  it('separates thoughts from speech', async () => {
    const engine = await load(makeModel(['<th', 'ink>', 'Hmm', '</think>', '\n\n', 'Nine', ' o’clock']));
    const events = await collect(await engine.openSession(), { messages: [say('When?')] });
    expect(textOf(events)).toBe('Nine o’clock');
    expect(textOf(events, 'thought-delta')).toBe('Hmm');
  });

  it('stops at the token limit and says so', async () => {
    const events = await collect(await open(COUNTING), { messages: [say('Count.')], maxOutputTokens: 2 });
    expect(textOf(events)).toBe('onetwo');
    expect(finishOf(events)).toMatchObject({ reason: 'length', usage: { outputTokenCount: 2 } });
  });

  it('repeats itself when greedy, and with the same seed when not', async () => {
    const session = await open();
    const reply = async (options: Partial<LlmRequest>) => textOf(await collect(session, { messages: [SYSTEM, say('Noise!')], maxOutputTokens: 24, ...options }));
    expect(await reply({})).toBe(await reply({}));
    const seeded = await reply({ temperature: 1, seed: 7 });
    expect(await reply({ temperature: 1, seed: 7 })).toBe(seeded);
    expect(await reply({ temperature: 1, seed: 8 })).not.toBe(seeded);
  });

  it('holds a reply to a JSON schema', async () => {
    const session = await open();
    const jsonSchema = { type: 'object', properties: { open: { type: 'boolean' }, day: { enum: ['Monday', 'Sunday'] } } };
    const events = await collect(session, { messages: [say('Open?')], jsonSchema });
    const value = JSON.parse(textOf(events)) as { open: unknown; day: unknown };
    expect(typeof value.open).toBe('boolean');
    expect(['Monday', 'Sunday']).toContain(value.day);
  });
});

describe('tools', () => {
  const tools: readonly ToolDefinition[] = [
    { name: 'turnOnLights', description: 'Lights of a room.', parameters: { type: 'object', properties: { on: { type: 'boolean' } } } },
    { name: 'stopMusic', parameters: { type: 'object', properties: {} } },
  ];

  it('reports a call instead of running it', async () => {
    const engine = await load(makeModel(['||call: ', 'stopMusic', '({})']));
    const events = await collect(await engine.openSession(), { messages: [SYSTEM, say('Quiet!')], tools, maxOutputTokens: 64 });
    const [call] = events.filter((event) => event.type === 'tool-call');
    expect(call?.call.callId).toMatch(/^call_[0-9a-f]{24}$/);
    expect(tools.map((tool) => tool.name)).toContain(call?.call.name);
    expect(finishOf(events).reason).toBe('tool-calls');
    expect(textOf(events)).toBe('');
  });

  it('makes the model call the tool it is told to', async () => {
    const session = await open();
    const events = await collect(session, { messages: [say('Hello')], tools, toolChoice: { name: 'turnOnLights' } });
    const [call] = events.filter((event) => event.type === 'tool-call');
    expect(call?.call.name).toBe('turnOnLights');
    expect(typeof (JSON.parse(call?.call.argumentsJson ?? '') as { on: unknown }).on).toBe('boolean');
    expect(finishOf(events).reason).toBe('tool-calls');
  });

  it('goes on after a tool’s result, reusing what led to it', async () => {
    const session = await open(COUNTING);
    const question = [SYSTEM, say('Quiet!')];
    await collect(session, { messages: question, tools });
    const call = { callId: 'call_1', name: 'stopMusic', argumentsJson: '{}' };
    const messages: ChatMessage[] = [...question, { role: 'assistant', text: '', toolCalls: [call] }, { role: 'tool', callId: 'call_1', name: 'stopMusic', text: '{"stopped":true}' }];
    const { usage } = finishOf(await collect(session, { messages, tools }));
    expect(usage.cachedTokenCount).toBeGreaterThan(usage.inputTokenCount / 2);
  });

  it('refuses contradictory requests before it does anything', async () => {
    const session = await open();
    const jsonSchema = { type: 'object' };
    await expect(collect(session, { messages: [say('a')], tools, jsonSchema })).rejects.toMatchObject({ code: 'VOICE_ERR_INVALID_OPTION' });
    await expect(collect(session, { messages: [say('a')], tools, toolChoice: { name: 'none such' } })).rejects.toMatchObject({ code: 'VOICE_ERR_INVALID_OPTION' });
    await expect(collect(session, { messages: [] })).rejects.toMatchObject({ code: 'VOICE_ERR_INVALID_OPTION' });
  });
});

describe('the evaluated prefix', () => {
  it('is reused by the next turn, and by a history cut to what was heard', async () => {
    const session = await open(COUNTING);
    const first = [SYSTEM, say('Good morning.')];
    const firstUsage = await usageOf(session, first);
    expect(firstUsage.cachedTokenCount).toBeLessThan(firstUsage.inputTokenCount - 'Good morning.'.length);

    const second = await usageOf(session, [...first, answer('Hello there, friend'), say('And on Sunday?')]);
    expect(second.cachedTokenCount).toBeGreaterThanOrEqual(firstUsage.inputTokenCount);

    // Interrupted after "Hello": only what follows the cut is evaluated again.
    const cut = await usageOf(session, [...first, answer('Hello'), say('Stop.')]);
    expect(cut.cachedTokenCount).toBeGreaterThanOrEqual(firstUsage.inputTokenCount);
    expect(cut.cachedTokenCount).toBeLessThan(cut.inputTokenCount);

    const other = await usageOf(session, [{ role: 'system', text: 'Elsewhere.' }, say('Hi')]);
    expect(other.cachedTokenCount).toBeLessThan(firstUsage.inputTokenCount / 2);
  });

  it('is evaluated ahead by warm()', async () => {
    const session = await open(COUNTING);
    await session.warm({ messages: [SYSTEM] });
    const { cachedTokenCount, inputTokenCount } = await usageOf(session, [SYSTEM, say('Hi')]);
    expect(cachedTokenCount).toBeGreaterThan(SYSTEM.text.length);
    expect(cachedTokenCount).toBeLessThan(inputTokenCount);

    const turn = [SYSTEM, say('A longer question, put while it was still being asked.')];
    await session.warm({ messages: turn });
    const warmed = await usageOf(session, turn);
    expect(warmed.inputTokenCount - warmed.cachedTokenCount).toBe(1);
  });

  it('keeps the system prompt, and nothing else, for the next conversation', async () => {
    const engine = await load(makeModel(['Hello']));
    const before = await engine.openSession();
    const usage = await usageOf(before, [SYSTEM, say('My number is four two.')]);
    await before[Symbol.asyncDispose]();
    const after = await engine.openSession();
    const next = await usageOf(after, [SYSTEM, say('My number is four two.')]);
    expect(next.cachedTokenCount).toBeGreaterThan(SYSTEM.text.length);
    expect(next.cachedTokenCount).toBeLessThan(usage.inputTokenCount - 'My number is four two.'.length);
  });

  it('never overflows, however long the conversation becomes', async () => {
    const engine = await load(makeModel(['Hello', ' there']), { contextTokenCount: 512 });
    const session = await engine.openSession();
    const messages: ChatMessage[] = [SYSTEM];
    let reevaluated = 0;
    for (let turn = 0; turn < 30; turn++) {
      messages.push(say(`Question number ${turn}, about the opening hours.`));
      const { usage, reason } = finishOf(await collect(session, { messages, maxOutputTokens: 32 }));
      expect(reason).toBe('stop');
      expect(usage.inputTokenCount + 32).toBeLessThanOrEqual(512);
      if (usage.cachedTokenCount < usage.inputTokenCount / 2) reevaluated++;
      messages.push(answer('Hello there'));
    }
    // Turns are dropped in blocks, so most turns keep their prefix.
    expect(reevaluated).toBeLessThan(15);
    const { usage } = finishOf(await collect(session, { messages: [SYSTEM, say('word '.repeat(2000))], maxOutputTokens: 32 }));
    expect(usage.inputTokenCount + 32).toBeLessThanOrEqual(512);
  });
});

it('tells the model in a line what the dropped turns were about', async () => {
  const summarized: (readonly ChatMessage[])[] = [];
  const engine = await load(makeModel(['Hello']), { contextTokenCount: 512, summarize: (dropped) => (summarized.push(dropped), 'Earlier: hours.') });
  const messages = [SYSTEM, ...Array.from({ length: 12 }, (_, turn) => [say(`Question ${turn} about the opening hours.`), answer('Hello')]).flat(), say('And now?')];
  finishOf(await collect(await engine.openSession(), { messages, maxOutputTokens: 32 }));
  expect(summarized.at(-1)?.[0]).toEqual(say('Question 0 about the opening hours.'));
});

describe.each(['gemma3', 'mamba', 'llama'] as const)('a %s model, rewound', (architecture) => {
  it('answers as if it had read everything afresh', async () => {
    const modelPath = makeModel(undefined, { shape: { ...TINY_SHAPE, architecture } });
    const engine = await load(modelPath, { contextTokenCount: 2048, sessionCount: 6 });
    const session = await engine.openSession();
    const long = { role: 'system', text: SYSTEM.text.repeat(4) } as const;
    const conversations: ChatMessage[][] = [
      [long, say('Good morning.')],
      [long, say('Good morning.'), answer('Hello there, friend'), say('And on Sunday?')],
      [long, say('Good morning.'), answer('Hello'), say('Stop.')],
      [long, say('Something else.')],
      [say('Nothing at all.')],
    ];
    await session.warm({ messages: [long] });
    let cachedTokenCount = 0;
    for (const messages of conversations) {
      const request = { messages, maxOutputTokens: 8 };
      const rewound = await collect(session, request);
      cachedTokenCount += finishOf(rewound).usage.cachedTokenCount;
      const fresh = await engine.openSession();
      expect(textOf(rewound)).toBe(textOf(await collect(fresh, request)));
    }
    expect(cachedTokenCount).toBeGreaterThan(3 * long.text.length);

    await expect(collect(session, { messages: [say('b'.repeat(1000))] }, AbortSignal.timeout(5))).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(textOf(await collect(session, { messages: [long, say('Go on.')], maxOutputTokens: 4 }))).not.toBe('');
  });
});

describe('interruption', () => {
  it('stops within a slice of a long prompt, and keeps what was evaluated', async () => {
    const session = await open(COUNTING);
    const messages = [say('a'.repeat(1500))];
    const stop = new AbortController();
    const reason = new Error('spoken over');
    const interrupted = collect(session, { messages }, stop.signal);
    // The evaluation is under way and far from done.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    stop.abort(reason);
    await expect(interrupted).rejects.toBe(reason);

    const { usage } = finishOf(await collect(session, { messages }));
    // The library's own prefill would have gone on to the end, which is what this number would tell.
    expect(usage.cachedTokenCount).toBeLessThan(usage.inputTokenCount / 2);
    const again = finishOf(await collect(session, { messages })).usage;
    expect(again.inputTokenCount - again.cachedTokenCount).toBe(1);
  });

  it.each([0, 1, 2, 3])('after %i deltas leaves the session usable', async (deltaCount) => {
    const session = await open(COUNTING);
    const stop = new AbortController();
    if (deltaCount === 0) stop.abort('changed my mind');
    const heard: string[] = [];
    const reading = (async () => {
      for await (const event of session.generate({ messages: [SYSTEM, say('Count.')] }, { signal: stop.signal })) {
        if (event.type === 'text-delta' && heard.push(event.text) === deltaCount) stop.abort('changed my mind');
      }
    })();
    await expect(reading).rejects.toBe('changed my mind');
    expect(heard.length).toBeGreaterThanOrEqual(deltaCount);
    expect(textOf(await collect(session, { messages: [SYSTEM, answer(heard.join('')), say('Again.')] }))).toBe(COUNTED);
  });

  it('by leaving the loop stops the generation', async () => {
    const session = await open(COUNTING);
    for await (const event of session.generate({ messages: [say('Count.')] })) {
      expect(event.type).toBe('text-delta');
      break;
    }
    expect(textOf(await collect(session, { messages: [say('Again.')] }))).toBe(COUNTED);
  });

  it('of warm() rejects with the reason', async () => {
    const session = await open(COUNTING);
    const stop = new AbortController();
    const warming = session.warm({ messages: [say('g'.repeat(1500))] }, { signal: stop.signal });
    stop.abort('not now');
    await expect(warming).rejects.toBe('not now');
    await session.warm({ messages: [SYSTEM] });
  });
});

describe('the main thread', () => {
  it('stays free while a long prompt is evaluated', async () => {
    // Wide enough for the prompt to take a while where it is computed.
    const wide = { ...TINY_SHAPE, width: 256, headWidth: 128, feedForwardWidth: 512, layerCount: 4 };
    const session = await (await load(makeModel(['Hello'], { shape: wide }))).openSession();
    await session.warm({ messages: [SYSTEM] });
    const startMs = performance.now();
    const gapMs = await longestGapMs(() => collect(session, { messages: [say('j'.repeat(1500))] }));
    expect(gapMs).toBeLessThan((performance.now() - startMs) / 4);
  });
});

describe('sessions', () => {
  it('talk at the same time on one context without hearing each other', async () => {
    const engine = await load(makeModel(['one', 'two', 'three']), { sessionCount: 3, contextTokenCount: 1024 });
    const sessions = await Promise.all([1, 2, 3].map(() => engine.openSession()));
    const replies = await Promise.all(sessions.map((session, index) => collect(session, { messages: [SYSTEM, say(`Visitor ${index}`.repeat(index + 1))] })));
    expect(replies.map((events) => textOf(events))).toEqual(Array<string>(3).fill('onetwothree'));
    expect(replies.map((events) => finishOf(events).usage.cachedTokenCount)).toEqual([0, 0, 0]);
  });

  it('wait for a free context, in order, and may stop waiting', async () => {
    const engine = await load(makeModel(['one']));
    const first = await engine.openSession();
    const opened: string[] = [];
    const second = engine.openSession().then((session) => (opened.push('second'), session));
    const stop = new AbortController();
    const impatient = engine.openSession({ signal: stop.signal });
    const third = engine.openSession().then((session) => (opened.push('third'), session));
    stop.abort('gone');
    await expect(impatient).rejects.toBe('gone');
    expect(opened).toEqual([]);
    await first[Symbol.asyncDispose]();
    await (await second)[Symbol.asyncDispose]();
    await (await third)[Symbol.asyncDispose]();
    expect(opened).toEqual(['second', 'third']);
  });

  it('run one request after the other', async () => {
    const session = await open(COUNTING);
    const replies = await Promise.all([1, 2, 3].map((index) => collect(session, { messages: [say(`Request ${index}`)] })));
    expect(replies.map((events) => textOf(events))).toEqual(Array<string>(3).fill(COUNTED));
  });
});

describe('disposal', () => {
  it('ends what is running, once, and refuses what comes after', async () => {
    const engine = await load(makeModel(['one']));
    const session = await engine.openSession();
    const running = collect(session, { messages: [say('h'.repeat(1500))] });
    const waiting = engine.openSession();
    const expectations = Promise.all([expect(running).rejects.toBeInstanceOf(DisposedError), expect(waiting).rejects.toBeInstanceOf(DisposedError)]);
    await Promise.all([engine[Symbol.asyncDispose](), engine[Symbol.asyncDispose]()]);
    await expectations;
    await session[Symbol.asyncDispose]();
    await expect(collect(session, { messages: [say('a')] })).rejects.toBeInstanceOf(DisposedError);
    await expect(session.warm({ messages: [say('a')] })).rejects.toBeInstanceOf(DisposedError);
    await expect(engine.openSession()).rejects.toBeInstanceOf(DisposedError);
  });

  it('of a session while it generates gives its context to the next', async () => {
    const engine = await load(makeModel(['one', 'two']));
    const session = await engine.openSession();
    const running = collect(session, { messages: [say('i'.repeat(1500))] });
    const ended = expect(running).rejects.toBeInstanceOf(DisposedError);
    await Promise.all([session[Symbol.asyncDispose](), session[Symbol.asyncDispose]()]);
    await ended;
    expect(textOf(await collect(await engine.openSession(), { messages: [say('Count.')] }))).toBe('onetwo');
  });
});

describe('loading', () => {
  it.each([
    [{ contextTokenCount: 10 }, 'VOICE_ERR_INVALID_OPTION'],
    [{ sessionCount: 0 }, 'VOICE_ERR_INVALID_OPTION'],
    [{ threadCount: 1.5 }, 'VOICE_ERR_INVALID_OPTION'],
    [{ modelPath: '/no/such/model.gguf' }, 'VOICE_ERR_MODEL_NOT_FOUND'],
    [{ modelPath: tmpdir() }, 'VOICE_ERR_MODEL_NOT_FOUND'],
  ])('refuses %j', async (options, code) => {
    await expect(loadLlamaEngine({ modelPath: makeModel(), ...options })).rejects.toMatchObject({ code });
  });

  it('can be cancelled', async () => {
    await expect(loadLlamaEngine({ modelPath: makeModel() }, { signal: AbortSignal.abort('never mind') })).rejects.toBe('never mind');
  });
});
