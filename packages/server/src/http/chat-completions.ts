import type { ChatMessage, LlmEvent, LlmFinishReason, LlmRequest, LlmUsage, ToolCall } from '@sotto/pipeline';
import { type Check, type Checked, anyOf, arrayOf, boolean, integer, json, nullable, number, object, oneOf, optional, tagged, text } from '@sotto/pipeline/protocol';
import { randomBytes } from 'node:crypto';
import { HttpError } from './http-error.ts';
import { readJson } from './request-body.ts';
import type { RouteContext } from './route-context.ts';

const TEXT_LENGTH_MAX = 262_144;
const OUTPUT_TOKENS_DEFAULT = 512;
const FINISH_REASONS: Readonly<Record<LlmFinishReason, string>> = { stop: 'stop', length: 'length', 'tool-calls': 'tool_calls' };

const checkContent: Check<string> = (value, path) => {
  if (value === null || value === undefined) return '';
  if (!Array.isArray(value)) return text(TEXT_LENGTH_MAX)(value, path);
  return arrayOf(object({ type: oneOf('text', 'refusal'), text: text(TEXT_LENGTH_MAX) }), 64)(value, path)
    .map((part) => part.text)
    .join('');
};
const content = optional(checkContent);
const checkToolCall = object({ id: text(128), type: optional(oneOf('function')), function: object({ name: text(64), arguments: text(TEXT_LENGTH_MAX) }) });

const checkMessage = tagged('role', {
  system: object({ role: oneOf('system'), content }),
  developer: object({ role: oneOf('developer'), content }),
  user: object({ role: oneOf('user'), content }),
  assistant: object({ role: oneOf('assistant'), content, tool_calls: optional(nullable(arrayOf(checkToolCall, 128))) }),
  tool: object({ role: oneOf('tool'), content, tool_call_id: text(128) }),
});

const checkRequest = object({
  model: optional(text(128)),
  messages: arrayOf(checkMessage, 1024),
  stream: optional(nullable(boolean)),
  stream_options: optional(nullable(object({ include_usage: optional(boolean) }))),
  max_tokens: optional(nullable(integer(1, 65_536))),
  max_completion_tokens: optional(nullable(integer(1, 65_536))),
  temperature: optional(nullable(number(0, 2))),
  seed: optional(nullable(integer(-(2 ** 53), 2 ** 53))),
  n: optional(nullable(oneOf(1))),
  tools: optional(arrayOf(object({ type: oneOf('function'), function: object({ name: text(64), description: optional(text(4096)), parameters: optional(json(32_768)) }) }), 128)),
  tool_choice: optional(anyOf(object({ type: oneOf('function'), function: object({ name: text(64) }) }), oneOf('auto', 'none', 'required'))),
  response_format: optional(
    tagged('type', {
      text: object({ type: oneOf('text') }),
      json_object: object({ type: oneOf('json_object') }),
      json_schema: object({ type: oneOf('json_schema'), json_schema: object({ schema: json(65_536) }) }),
    }),
  ),
  stop: optional(nullable(anyOf(arrayOf(text(256), 4), text(256)))),
});

type ChatRequest = Checked<typeof checkRequest>;
type Message = Checked<typeof checkMessage>;

/** `POST /v1/chat/completions` */
export async function handleChat({ request, response, engines, signal }: RouteContext): Promise<void> {
  const given = checkRequest(await readJson(request), '');
  if (given.messages.length === 0) throw new HttpError(400, 'invalid_value', 'messages is empty', { param: 'messages' });
  const head = { id: `chatcmpl-${randomBytes(12).toString('hex')}`, created: Math.floor(Date.now() / 1000), model: given.model ?? 'sotto' };
  const session = await engines.llm.openSession({ signal });
  try {
    const events = untilStop(session.generate(toLlmRequest(given), { signal }), typeof given.stop === 'string' ? [given.stop] : (given.stop ?? []));
    if (given.stream === true) await stream(response, events, head, given.stream_options?.include_usage === true);
    else response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(await collect(events, head)));
  } finally {
    await session[Symbol.asyncDispose]();
  }
}

function toLlmRequest(given: ChatRequest): LlmRequest {
  const names = new Map(given.messages.flatMap((message) => (message.role === 'assistant' ? (message.tool_calls ?? []).map((call) => [call.id, call.function.name] as const) : [])));
  const format = given.response_format;
  const choice = given.tool_choice;
  return {
    messages: given.messages.map((message) => toChatMessage(message, names)),
    ...(given.tools === undefined || choice === 'none'
      ? {}
      : { tools: given.tools.map(({ function: { name, description, parameters } }) => ({ name, parameters: parameters ?? { type: 'object', properties: {} }, ...(description === undefined ? {} : { description }) })) }),
    ...(choice === undefined || choice === 'none' ? {} : { toolChoice: typeof choice === 'string' ? choice : { name: choice.function.name } }),
    ...(format?.type === 'json_schema' ? { jsonSchema: format.json_schema.schema } : format?.type === 'json_object' ? { jsonSchema: { type: 'object' } } : {}),
    maxOutputTokens: given.max_completion_tokens ?? given.max_tokens ?? OUTPUT_TOKENS_DEFAULT,
    ...(given.temperature == null ? {} : { temperature: given.temperature }),
    ...(given.seed == null ? {} : { seed: given.seed }),
  };
}

function toChatMessage(message: Message, names: ReadonlyMap<string, string>): ChatMessage {
  const words = message.content ?? '';
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', text: words };
    case 'user':
      return { role: 'user', text: words };
    case 'assistant': {
      const toolCalls = (message.tool_calls ?? []).map((call): ToolCall => ({ callId: call.id, name: call.function.name, argumentsJson: call.function.arguments }));
      return toolCalls.length === 0 ? { role: 'assistant', text: words } : { role: 'assistant', text: words, toolCalls };
    }
    case 'tool':
      return { role: 'tool', callId: message.tool_call_id, name: names.get(message.tool_call_id) ?? '', text: words };
  }
}

/** Ends the text before the first of the stop strings, which may be split over several deltas. */
async function* untilStop(events: AsyncIterable<LlmEvent>, stops: readonly string[]): AsyncGenerator<LlmEvent> {
  const longest = Math.max(0, ...stops.map((stop) => stop.length));
  let waiting = '';
  let outputTokenCount = 0;
  for await (const event of events) {
    if (event.type !== 'text-delta' || longest === 0) {
      if (event.type === 'finish' && waiting !== '') yield { type: 'text-delta', text: waiting };
      yield event;
      continue;
    }
    outputTokenCount++;
    waiting += event.text;
    const cuts = stops.map((stop) => waiting.indexOf(stop)).filter((index) => index !== -1);
    if (cuts.length > 0) {
      yield { type: 'text-delta', text: waiting.slice(0, Math.min(...cuts)) };
      yield { type: 'finish', reason: 'stop', usage: { inputTokenCount: 0, cachedTokenCount: 0, outputTokenCount } };
      return;
    }
    const settled = Math.max(0, waiting.length - longest + 1);
    if (settled > 0) yield { type: 'text-delta', text: waiting.slice(0, settled) };
    waiting = waiting.slice(settled);
  }
}

type Head = { readonly id: string; readonly created: number; readonly model: string };

async function collect(events: AsyncIterable<LlmEvent>, head: Head): Promise<object> {
  let words = '';
  const calls: object[] = [];
  let finish: Extract<LlmEvent, { type: 'finish' }> | undefined;
  for await (const event of events) {
    if (event.type === 'text-delta') words += event.text;
    if (event.type === 'tool-call') calls.push(toWireCall(event.call));
    if (event.type === 'finish') finish = event;
  }
  const message = { role: 'assistant', content: words === '' && calls.length > 0 ? null : words, refusal: null, ...(calls.length > 0 ? { tool_calls: calls } : {}) };
  return {
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: FINISH_REASONS[finish?.reason ?? 'stop'] }],
    ...(finish === undefined ? {} : { usage: toUsage(finish.usage) }),
  };
}

async function stream(response: RouteContext['response'], events: AsyncIterable<LlmEvent>, head: Head, includeUsage: boolean): Promise<void> {
  const send = (choices: readonly object[], rest: object = {}) => response.write(`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices, ...rest })}\n\n`);
  const choice = (delta: object, finishReason: string | null = null) => [{ index: 0, delta, logprobs: null, finish_reason: finishReason }];
  let callCount = 0;
  let started = false;
  for await (const event of events) {
    // Not before the first event: until then a failure can still be told by the status.
    if (!started) {
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
      send(choice({ role: 'assistant', content: '' }));
      started = true;
    }
    if (event.type === 'text-delta') send(choice({ content: event.text }));
    if (event.type === 'tool-call') send(choice({ tool_calls: [{ index: callCount++, ...toWireCall(event.call) }] }));
    if (event.type === 'finish') {
      send(choice({}, FINISH_REASONS[event.reason]));
      if (includeUsage) send([], { usage: toUsage(event.usage) });
    }
  }
  response.end('data: [DONE]\n\n');
}

function toWireCall({ callId, name, argumentsJson }: ToolCall): object {
  return { id: callId, type: 'function', function: { name, arguments: argumentsJson } };
}

function toUsage({ inputTokenCount, cachedTokenCount, outputTokenCount }: LlmUsage): object {
  return { prompt_tokens: inputTokenCount, completion_tokens: outputTokenCount, total_tokens: inputTokenCount + outputTokenCount, prompt_tokens_details: { cached_tokens: cachedTokenCount } };
}
