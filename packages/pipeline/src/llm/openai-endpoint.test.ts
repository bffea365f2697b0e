import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { DisposedError } from '../errors.ts';
import type { ChatMessage, LlmEvent, LlmRequest, LlmSession } from './llm-engine.ts';
import { createOpenAiEndpoint, type OpenAiEndpointOptions } from './openai-endpoint.ts';

type Handler = (response: ServerResponse, body: Record<string, unknown>, request: IncomingMessage) => void | Promise<void>;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

type TestEndpoint = { readonly session: LlmSession; readonly bodies: Record<string, unknown>[]; readonly requests: IncomingMessage[]; readonly closedEarly: () => number };

/** A real server on the loopback that answers the n-th request with the n-th handler, the last one from then on. */
async function serve(handlers: Handler | Handler[], options: Partial<OpenAiEndpointOptions> = {}): Promise<TestEndpoint> {
  const list = [handlers].flat();
  const bodies: Record<string, unknown>[] = [];
  const requests: IncomingMessage[] = [];
  let closedEarly = 0;
  const server = createServer((request, response) => {
    response.on('close', () => {
      if (!response.writableEnded) closedEarly++;
    });
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const body = JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>;
      const handler = list[Math.min(bodies.length, list.length - 1)];
      bodies.push(body);
      requests.push(request);
      await handler?.(response, body, request);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const engine = createOpenAiEndpoint({ baseUrl: `http://127.0.0.1:${port}/v1`, model: 'small', fetch: (url, init) => fetch(url, init), ...options });
  closers.push(async () => {
    await engine[Symbol.asyncDispose]();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { session: await engine.openSession(), bodies, requests, closedEarly: () => closedEarly };
}

const data = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const delta = (fields: Record<string, unknown>, finish: string | null = null) => data({ choices: [{ index: 0, delta: fields, finish_reason: finish }] });
const HELLO = [delta({ role: 'assistant', content: '' }), delta({ content: 'Hel' }), delta({ content: 'lo' }), delta({}, 'stop'), data({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } } }), 'data: [DONE]\n\n'];

const stream = (...chunks: string[]): Handler => (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(chunks.join(''));
};
const fail = (status: number, body: string, headers: Record<string, string> = {}): Handler => (response) => {
  response.writeHead(status, headers);
  response.end(body);
};

const REQUEST: LlmRequest = { messages: [{ role: 'system', text: 'Be brief.' }, { role: 'user', text: 'Hi' }] };

async function collect(session: LlmSession, request = REQUEST, signal?: AbortSignal): Promise<LlmEvent[]> {
  const events: LlmEvent[] = [];
  for await (const event of session.generate(request, signal === undefined ? {} : { signal })) events.push(event);
  return events;
}

const textOf = (events: readonly LlmEvent[], type: 'text-delta' | 'thought-delta' = 'text-delta') => events.map((event) => (event.type === type ? event.text : '')).join('');

describe('a reply', () => {
  it('streams, with its usage', async () => {
    const { session } = await serve(stream(...HELLO));
    expect(await collect(session)).toEqual([
      { type: 'text-delta', text: 'Hel' },
      { type: 'text-delta', text: 'lo' },
      { type: 'finish', reason: 'stop', usage: { inputTokenCount: 9, cachedTokenCount: 4, outputTokenCount: 2 } },
    ]);
  });

  it('is the same however the network cuts it', async () => {
    const text = [delta({ content: 'Café 🙂 ' }), ': a comment\r\n', 'event: message\r\n', delta({ content: 'ouvert' }).replaceAll('\n', '\r\n'), delta({}, 'stop'), 'data: [DONE]\n\n'].join('');
    const bytes = new TextEncoder().encode(text);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
        const places = [0, ...cuts.sort((left, right) => left - right), bytes.length];
        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            for (let index = 1; index < places.length; index++) controller.enqueue(bytes.slice(places[index - 1], places[index]));
            controller.close();
          },
        });
        const engine = createOpenAiEndpoint({ baseUrl: 'http://localhost/v1', model: 'm', fetch: () => Promise.resolve(new Response(body)) });
        expect(textOf(await collect(await engine.openSession()))).toBe('Café 🙂 ouvert');
      }),
      { seed: 6, numRuns: 200 },
    );
  });

  it('keeps thoughts apart, named or inlined', async () => {
    const { session } = await serve(stream(delta({ reasoning_content: 'Hm. ' }), delta({ content: '<thi' }), delta({ content: 'nk>More.</think>\n\nYes' }), delta({}, 'stop'), 'data: [DONE]\n\n'));
    const events = await collect(session);
    expect(textOf(events)).toBe('Yes');
    expect(textOf(events, 'thought-delta')).toBe('Hm. More.');
  });

  it('assembles tool calls from their pieces', async () => {
    const call = (index: number, fields: Record<string, unknown>) => delta({ tool_calls: [{ index, ...fields }] });
    const { session, bodies } = await serve(
      stream(
        call(0, { id: 'call_a', type: 'function', function: { name: 'lights', arguments: '' } }),
        call(0, { function: { arguments: '{"on"' } }),
        call(1, { id: 'call_b', function: { name: 'music', arguments: '{}' } }),
        call(0, { function: { arguments: ':true}' } }),
        delta({}, 'tool_calls'),
        'data: [DONE]\n\n',
      ),
    );
    const tools = [{ name: 'lights', parameters: { type: 'object' } }, { name: 'music', parameters: { type: 'object' } }];
    const events = await collect(session, { ...REQUEST, tools, toolChoice: { name: 'lights' } });
    expect(events).toEqual([
      { type: 'tool-call', call: { callId: 'call_a', name: 'lights', argumentsJson: '{"on":true}' } },
      { type: 'tool-call', call: { callId: 'call_b', name: 'music', argumentsJson: '{}' } },
      { type: 'finish', reason: 'tool-calls', usage: { inputTokenCount: 0, cachedTokenCount: 0, outputTokenCount: 0 } },
    ]);
    expect(bodies[0]).toMatchObject({ tools: [{ type: 'function', function: { name: 'lights' } }, {}], tool_choice: { type: 'function', function: { name: 'lights' } } });
  });

  it('that is cut off says so, and makes no half call', async () => {
    const { session } = await serve(stream(delta({ tool_calls: [{ index: 0, id: 'c', function: { name: 'lights', arguments: '{"on"' } }] }), delta({}, 'length'), 'data: [DONE]\n\n'));
    expect(await collect(session)).toMatchObject([{ type: 'finish', reason: 'length' }]);
  });

  it('may come whole from an endpoint that does not stream', async () => {
    const { session } = await serve(fail(200, JSON.stringify({ choices: [{ message: { content: 'Hello' }, finish_reason: 'stop' }] }), { 'content-type': 'application/json' }));
    expect(textOf(await collect(session))).toBe('Hello');
  });

  it('carries the whole request', async () => {
    const { session, bodies, requests } = await serve(stream(...HELLO), { apiKey: 'secret', extraBody: { chat_template_kwargs: { enable_thinking: false } } });
    const messages: ChatMessage[] = [...REQUEST.messages, { role: 'assistant', text: '', toolCalls: [{ callId: 'c1', name: 'lights', argumentsJson: '{}' }] }, { role: 'tool', callId: 'c1', name: 'lights', text: 'done' }];
    await collect(session, { messages, temperature: 0.5, seed: 3, maxOutputTokens: 20, jsonSchema: { type: 'object' } });
    expect(requests[0]?.headers.authorization).toBe('Bearer secret');
    expect(requests[0]?.url).toBe('/v1/chat/completions');
    expect(bodies[0]).toEqual({
      model: 'small',
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 20,
      temperature: 0.5,
      seed: 3,
      response_format: { type: 'json_schema', json_schema: { name: 'reply', schema: { type: 'object' }, strict: true } },
      chat_template_kwargs: { enable_thinking: false },
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: '', tool_calls: [{ id: 'c1', type: 'function', function: { name: 'lights', arguments: '{}' } }] },
        { role: 'tool', tool_call_id: 'c1', content: 'done' },
      ],
    });
  });

  it('is asked for one token to warm the prompt', async () => {
    const { session, bodies } = await serve(stream(...HELLO));
    await session.warm(REQUEST);
    expect(bodies[0]).toMatchObject({ max_tokens: 1 });
  });
});

describe('an abort', () => {
  it('before the first byte cancels the request', async () => {
    const arrived: { resolve?: () => void } = {};
    const waiting = new Promise<void>((resolve) => (arrived.resolve = resolve));
    const { session, closedEarly } = await serve(() => arrived.resolve?.());
    const stop = new AbortController();
    const reading = collect(session, REQUEST, stop.signal);
    await waiting;
    stop.abort('spoken over');
    await expect(reading).rejects.toBe('spoken over');
    await expect.poll(closedEarly).toBe(1);
  });

  it('in the middle of the reply cancels the request', async () => {
    const { session, closedEarly } = await serve((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(delta({ content: 'Hel' }));
    });
    const stop = new AbortController();
    const heard: LlmEvent[] = [];
    const reading = (async () => {
      for await (const event of session.generate(REQUEST, { signal: stop.signal })) {
        heard.push(event);
        stop.abort('spoken over');
      }
    })();
    await expect(reading).rejects.toBe('spoken over');
    expect(heard).toEqual([{ type: 'text-delta', text: 'Hel' }]);
    await expect.poll(closedEarly).toBe(1);
  });

  it('by leaving the loop cancels the request', async () => {
    const { session, closedEarly } = await serve((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(delta({ content: 'Hel' }));
    });
    for await (const _ of session.generate(REQUEST)) break;
    await expect.poll(closedEarly).toBe(1);
  });

  it('by disposal cancels the request and refuses the next', async () => {
    const { session, closedEarly } = await serve((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(delta({ content: 'Hel' }));
    });
    const reading = collect(session);
    const ended = expect(reading).rejects.toBeInstanceOf(DisposedError);
    await sleep(20);
    await session[Symbol.asyncDispose]();
    await session[Symbol.asyncDispose]();
    await ended;
    await expect(collect(session)).rejects.toBeInstanceOf(DisposedError);
    await expect.poll(closedEarly).toBe(1);
  });
});

describe('an endpoint that fails', () => {
  it.each<[string, Handler, string, boolean]>([
    ['401', fail(401, '{"error":{"message":"bad key"}}'), 'VOICE_ERR_UNAUTHORIZED', false],
    ['404', fail(404, '{"error":{"message":"model not found"}}'), 'VOICE_ERR_MODEL_NOT_FOUND', false],
    ['400', fail(400, '{"error":"bad request"}'), 'VOICE_ERR_ENGINE_FAILED', false],
    ['500', fail(500, 'oops'), 'VOICE_ERR_ENGINE_FAILED', true],
    ['504', fail(504, ''), 'VOICE_ERR_ENGINE_TIMEOUT', true],
    ['no JSON', stream('data: {"choices": [\n\n'), 'VOICE_ERR_ENGINE_FAILED', true],
    ['an error in the stream', stream(data({ error: { message: 'out of memory' } })), 'VOICE_ERR_ENGINE_FAILED', true],
    ['a cut connection', (response) => void response.writeHead(200).write(delta({ content: 'Hel' }), () => response.destroy()), 'VOICE_ERR_BACKEND_UNAVAILABLE', true],
    ['an early end', stream(delta({ content: 'Hel' })), 'VOICE_ERR_ENGINE_FAILED', true],
    ['an empty stream', stream(), 'VOICE_ERR_ENGINE_FAILED', true],
  ])('with %s is reported by its code', async (_, handler, code, retryable) => {
    const { session, bodies } = await serve(handler);
    await expect(collect(session)).rejects.toMatchObject({ code, retryable });
    expect(bodies).toHaveLength(1);
  });

  it('with 429 is asked once more after the pause it wants', async () => {
    const { session, bodies } = await serve([fail(429, '', { 'retry-after': '0' }), stream(...HELLO)]);
    expect(textOf(await collect(session))).toBe('Hello');
    expect(bodies).toHaveLength(2);
  });

  it('with 503 twice is given up', async () => {
    const { session, bodies } = await serve(fail(503, 'loading', { 'retry-after': '0' }));
    await expect(collect(session)).rejects.toMatchObject({ code: 'VOICE_ERR_OVERLOADED', retryable: true });
    expect(bodies).toHaveLength(2);
  });

  it('and wants a long pause is not asked again', async () => {
    const { session, bodies } = await serve(fail(429, '', { 'retry-after': '60' }));
    await expect(collect(session)).rejects.toMatchObject({ code: 'VOICE_ERR_OVERLOADED' });
    expect(bodies).toHaveLength(1);
  });

  it('and has closed its door is asked once more', async () => {
    let attempts = 0;
    const engine = createOpenAiEndpoint({ baseUrl: 'http://127.0.0.1:1/v1', model: 'm', fetch: (url, init) => (attempts++, fetch(url, init)) });
    await expect(collect(await engine.openSession())).rejects.toMatchObject({ code: 'VOICE_ERR_BACKEND_UNAVAILABLE', retryable: true });
    expect(attempts).toBe(2);
  });

  it('by sending nothing is given up in time', async () => {
    const { session, closedEarly } = await serve(() => {}, { firstByteTimeoutMs: 50 });
    await expect(collect(session)).rejects.toMatchObject({ code: 'VOICE_ERR_ENGINE_TIMEOUT', message: expect.stringContaining('sent nothing') as string });
    await expect.poll(closedEarly).toBe(1);
  });

  it('by falling silent is given up in time', async () => {
    const stall: Handler = (response) => void response.writeHead(200).write(delta({ content: 'Hel' }));
    const { session, closedEarly } = await serve(stall, { idleTimeoutMs: 50 });
    await expect(collect(session)).rejects.toMatchObject({ code: 'VOICE_ERR_ENGINE_TIMEOUT', message: expect.stringContaining('fell silent') as string });
    await expect.poll(closedEarly).toBe(1);
  });
});

describe('a long conversation', () => {
  const history: ChatMessage[] = [{ role: 'system', text: 'Be brief.' }, ...Array.from({ length: 60 }, (_, turn): ChatMessage => ({ role: turn % 2 === 0 ? 'user' : 'assistant', text: `Sentence number ${turn} of many.` })), { role: 'user', text: 'The last one' }];
  const sentTexts = (body: Record<string, unknown> | undefined) => (body?.['messages'] as { content: string }[]).map((message) => message.content);

  it('is cut to the context before it is sent', async () => {
    const { session, bodies } = await serve(stream(...HELLO), { contextTokenCount: 512 });
    await collect(session, { messages: history, maxOutputTokens: 64 });
    const texts = sentTexts(bodies[0]);
    expect(texts.length).toBeLessThan(history.length);
    expect([texts[0], texts.at(-1)]).toEqual(['Be brief.', 'The last one']);
  });

  it('is cut further when the endpoint counts more tokens than we did', async () => {
    const overflow = fail(400, '{"error":{"code":"context_length_exceeded","message":"maximum context length is 512 tokens"}}');
    const { session, bodies } = await serve([overflow, overflow, stream(...HELLO)], { contextTokenCount: 2048 });
    expect(textOf(await collect(session, { messages: history, maxOutputTokens: 64 }))).toBe('Hello');
    expect(bodies).toHaveLength(3);
    expect(sentTexts(bodies[2]).length).toBeLessThan(sentTexts(bodies[0]).length);
  });
});

it('refuses an address that is none', () => {
  expect(() => createOpenAiEndpoint({ baseUrl: 'localhost', model: 'm', fetch })).toThrow(expect.objectContaining({ code: 'VOICE_ERR_INVALID_OPTION' }));
});

it('refuses tools together with a schema', async () => {
  const { session, bodies } = await serve(stream(...HELLO));
  await expect(collect(session, { ...REQUEST, tools: [{ name: 'a', parameters: {} }], jsonSchema: {} })).rejects.toMatchObject({ code: 'VOICE_ERR_INVALID_OPTION' });
  expect(bodies).toHaveLength(0);
});
