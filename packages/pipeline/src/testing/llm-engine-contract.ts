import { DisposedError, type ErrorCode, VoiceError } from '../errors.ts';
import type { ChatMessage, LlmEngine, LlmEvent, LlmRequest, LlmSession, ToolDefinition } from '../llm/llm-engine.ts';
import { ExclusiveLlm } from '../session/exclusive-llm.ts';

/** An engine to be held to the contract of its port. Its model must answer in words, the same each time at temperature 0. */
export type LlmEngineSubject = {
  /** Opens the engine, with a context of this length where one is given; the contract disposes it. */
  open(options?: { readonly contextTokenCount?: number }): Promise<LlmEngine>;
  /** The same adapter over a model that thinks {@link CONTRACT_THOUGHT} before it says {@link CONTRACT_REPLY}. */
  openThinking(): Promise<LlmEngine>;
  /** A conversation whose answer has at least four tokens and ends by itself. */
  readonly conversation: readonly ChatMessage[];
};

export const CONTRACT_THOUGHT = 'Hmm';
export const CONTRACT_REPLY = 'Nine.';

/** One behaviour; `verify` rejects with what was seen instead. */
export type ContractClause = { readonly name: string; readonly verify: () => Promise<void> };

const TOOLS: readonly ToolDefinition[] = [
  { name: 'turn_on_lights', description: 'Turns the lights on or off', parameters: { type: 'object', properties: { on: { type: 'boolean' } }, required: ['on'], additionalProperties: false } },
  { name: 'stop_music', parameters: { type: 'object', properties: {}, additionalProperties: false } },
];
const SMALL_CONTEXT_TOKENS = 512;
const SPOKEN_OVER = new Error('spoken over');

/**
 * What every {@link LlmEngine} must do, whatever runs behind it. Free of any test runner:
 * `for (const { name, verify } of llmEngineContract(subject)) it(name, verify)`.
 */
export function llmEngineContract(subject: LlmEngineSubject): readonly ContractClause[] {
  const { conversation } = subject;
  const withEngine = (verify: (engine: LlmEngine) => Promise<void>, options?: { readonly contextTokenCount: number }) => async () => {
    await using engine = await subject.open(options);
    await verify(engine);
  };
  const withSession = (verify: (session: LlmSession, engine: LlmEngine) => Promise<void>) =>
    withEngine(async (engine) => {
      await using session = await engine.openSession();
      await verify(session, engine);
    });

  return [
    { name: 'streams a reply in deltas, with one finish at its end', verify: withSession((session) => streams(session, conversation)) },
    { name: 'gives the same greedy reply twice, and after warm()', verify: withSession((session) => isRepeatable(session, conversation)) },
    { name: 'ends at the token limit and says so', verify: withSession((session) => endsAtLimit(session, conversation)) },
    { name: 'rejects with the reason when it is aborted beforehand', verify: withSession((session) => abortsBeforehand(session, conversation)) },
    { name: 'lets go of a long prompt when aborted, and can be used again', verify: withSession((session) => abortsInPrefill(session, conversation)) },
    { name: 'gives no event after an abort in the middle of a reply, and can be used again', verify: withSession((session) => abortsInReply(session, conversation)) },
    { name: 'stops when its reader leaves, and can be used again', verify: withSession((session) => stopsForLeavingReader(session, conversation)) },
    { name: 'answers one request after the other when used by turns', verify: withSession((session) => isUsedByTurns(session, conversation)) },
    { name: 'answers a history cut to what was heard as if it had never known more', verify: withSession((session, engine) => forgetsWhatWasNotHeard(session, engine, conversation)) },
    { name: 'never lets a conversation outgrow the context', verify: withEngine(staysWithinContext, { contextTokenCount: SMALL_CONTEXT_TOKENS }) },
    { name: 'calls the tool it is told to, with arguments of its schema', verify: withSession((session) => callsTool(session, conversation)) },
    { name: 'calls no tool when told not to', verify: withSession((session) => callsNoTool(session, conversation)) },
    { name: 'goes on after the result of a tool', verify: withSession((session) => goesOnAfterResult(session, conversation)) },
    { name: 'writes JSON of the schema it is given', verify: withSession((session) => writesJson(session, conversation)) },
    {
      name: 'keeps thoughts out of what is spoken',
      async verify() {
        await using engine = await subject.openThinking();
        await using session = await engine.openSession();
        await keepsThoughtsApart(session);
      },
    },
    { name: 'refuses contradictory requests with a typed error, and can be used again', verify: withSession((session) => refusesContradictions(session, conversation)) },
    { name: 'ends what runs when its session is disposed, and takes no more', verify: withSession((session) => isDisposedWhileRunning(session, conversation)) },
    { name: 'disposes its sessions with itself, any number of times', verify: withEngine((engine) => disposesSessions(engine, conversation)) },
  ];
}

async function streams(session: LlmSession, messages: readonly ChatMessage[]): Promise<void> {
  const events = await collect(session, { messages });
  const { reason, usage } = finishOf(events);
  expectThat(events.filter(({ type }) => type === 'text-delta').length > 1, 'several text deltas', events);
  expectThat(reason === 'stop', 'the reason "stop"', reason);
  expectThat(usage.inputTokenCount > 0 && usage.outputTokenCount > 0 && usage.cachedTokenCount <= usage.inputTokenCount, 'a count of what was read and written', usage);
}

async function isRepeatable(session: LlmSession, messages: readonly ChatMessage[]): Promise<void> {
  const first = textOf(await collect(session, { messages }));
  expectEqual(textOf(await collect(session, { messages })), first);
  await session.warm({ messages });
  expectEqual(textOf(await collect(session, { messages })), first);
}

async function endsAtLimit(session: LlmSession, messages: readonly ChatMessage[]): Promise<void> {
  const { reason, usage } = finishOf(await collect(session, { messages, maxOutputTokens: 2 }));
  expectThat(reason === 'length' && usage.outputTokenCount <= 2, 'the reason "length" after two tokens', { reason, usage });
}

async function abortsBeforehand(session: LlmSession, messages: readonly ChatMessage[]): Promise<void> {
  const { signal } = abortedController();
  await expectRejection(collect(session, { messages }, signal), SPOKEN_OVER);
  await expectRejection(session.warm({ messages }, { signal }), SPOKEN_OVER);
  await answers(session, messages);
}

async function abortsInPrefill(session: LlmSession, messages: readonly ChatMessage[]): Promise<void> {
  const longMessages: ChatMessage[] = [{ role: 'system', text: longText() }, ...messages];
  for (const call of [(signal: AbortSignal) => collect(session, { messages: longMessages }, signal), (signal: AbortSignal) => session.warm({ messages: longMessages }, { signal })]) {
    const stop = new AbortController();
    const running = call(stop.signal);
    running.catch(() => undefined);
    // The call has begun, and no prompt of this length is read within a turn of the event loop.
    await new Promise((resolve) => setTimeout(resolve, 0));
    stop.abort(SPOKEN_OVER);
    await expectRejection(running, SPOKEN_OVER);
  }
  await answers(session, messages);
}

async function abortsInReply(session: LlmSession, messages: readonly ChatMessage[]): Promise<void> {
  const stop = new AbortController();
  const seen: LlmEvent[] = [];
  const reading = (async () => {
    for await (const event of session.generate({ messages }, { signal: stop.signal })) {
      expectThat(!stop.signal.aborted, 'no event after the abort', event);
      seen.push(event);
      stop.abort(SPOKEN_OVER);
    }
  })();
  await expectRejection(reading, SPOKEN_OVER);
  expectThat(seen.length === 1, 'one event before the abort', seen);
  await answers(session, messages);
}

async function stopsForLeavingReader(session: LlmSession, messages: readonly ChatMessage[]): Promise<void> {
  for await (const event of session.generate({ messages })) {
    expectThat(event.type !== 'finish', 'an event before the end', event);
    break;
  }
  await answers(session, messages);
}

async function isUsedByTurns(session: LlmSession, messages: readonly ChatMessage[]): Promise<void> {
  const expected = textOf(await collect(session, { messages }));
  const llm = new ExclusiveLlm(session);
  const stop = new AbortController();
  const interrupted = gather(llm.generate({ messages }, stop.signal));
  const next = [gather(llm.generate({ messages }, new AbortController().signal)), gather(llm.generate({ messages }, new AbortController().signal))];
  stop.abort(SPOKEN_OVER);
  await expectRejection(interrupted, SPOKEN_OVER);
  for (const events of await Promise.all(next)) expectEqual(textOf(events), expected);
}

async function forgetsWhatWasNotHeard(session: LlmSession, engine: LlmEngine, messages: readonly ChatMessage[]): Promise<void> {
  const spoken = textOf(await collect(session, { messages }));
  const heard = spoken.split(' ').slice(0, 2).join(' ');
  const cut: ChatMessage[] = [...messages, { role: 'assistant', text: heard }, ...messages.slice(-1)];
  const remembering = await collect(session, { messages: cut });
  await session[Symbol.asyncDispose]();
  await using fresh = await engine.openSession();
  expectEqual(textOf(remembering), textOf(await collect(fresh, { messages: cut })));
  const { cachedTokenCount } = finishOf(remembering).usage;
  if (engine.capabilities.prefixCache) expectThat(cachedTokenCount > 0, 'the kept part not to be read again', cachedTokenCount);
}

async function staysWithinContext(engine: LlmEngine): Promise<void> {
  const { contextTokenCount } = engine.capabilities;
  expectThat(contextTokenCount <= SMALL_CONTEXT_TOKENS, `a context of ${SMALL_CONTEXT_TOKENS} tokens`, contextTokenCount);
  await using session = await engine.openSession();
  const maxOutputTokens = 16;
  const messages: ChatMessage[] = [{ role: 'system', text: 'You are the voice of a kiosk.' }];
  const fits = async () => {
    const { usage } = finishOf(await collect(session, { messages, maxOutputTokens }));
    expectThat(usage.inputTokenCount + usage.outputTokenCount <= contextTokenCount, `at most ${contextTokenCount} tokens`, usage);
  };
  for (let turn = 0; turn < 24; turn++) {
    messages.push({ role: 'user', text: `and when does museum number ${turn} of this town open on a sunday in the summer` });
    await fits();
    messages.push({ role: 'assistant', text: 'It opens at nine in the morning, and it closes at six in the evening.' });
  }
  messages.push({ role: 'user', text: longText() });
  await fits();
}

async function callsTool(session: LlmSession, messages: readonly ChatMessage[]): Promise<void> {
  const events = await collect(session, { messages, tools: TOOLS, toolChoice: { name: 'turn_on_lights' } });
  const calls = events.flatMap((event) => (event.type === 'tool-call' ? [event.call] : []));
  expectThat(calls.length === 1 && calls[0]!.name === 'turn_on_lights' && calls[0]!.callId !== '', 'one call of turn_on_lights', events);
  expectThat(typeof (JSON.parse(calls[0]!.argumentsJson) as { on?: unknown }).on === 'boolean', 'arguments of the schema', calls[0]);
  expectEqual(finishOf(events).reason, 'tool-calls');
  expectEqual(textOf(events), '');
}

async function callsNoTool(session: LlmSession, messages: readonly ChatMessage[]): Promise<void> {
  const events = await collect(session, { messages, tools: TOOLS, toolChoice: 'none' });
  expectThat(events.every(({ type }) => type !== 'tool-call'), 'no call', events);
  expectThat(textOf(events) !== '', 'words', events);
}

async function goesOnAfterResult(session: LlmSession, messages: readonly ChatMessage[]): Promise<void> {
  const call = { callId: 'call_1', name: 'stop_music', argumentsJson: '{}' };
  const after: ChatMessage[] = [...messages, { role: 'assistant', text: '', toolCalls: [call] }, { role: 'tool', callId: call.callId, name: call.name, text: '{"stopped":true}' }];
  finishOf(await collect(session, { messages: after, tools: TOOLS, toolChoice: 'none', maxOutputTokens: 16 }));
}

async function writesJson(session: LlmSession, messages: readonly ChatMessage[]): Promise<void> {
  const jsonSchema = { type: 'object', properties: { open: { type: 'boolean' } }, required: ['open'], additionalProperties: false };
  const text = textOf(await collect(session, { messages, jsonSchema }));
  expectThat(typeof (JSON.parse(text) as { open?: unknown }).open === 'boolean', 'JSON of the schema', text);
}

async function keepsThoughtsApart(session: LlmSession): Promise<void> {
  const events = await collect(session, { messages: [{ role: 'user', text: 'When does it open?' }] });
  expectEqual(textOf(events).trim(), CONTRACT_REPLY);
  finishOf(events);
}

async function refusesContradictions(session: LlmSession, messages: readonly ChatMessage[]): Promise<void> {
  const contradictions: LlmRequest[] = [
    { messages: [] },
    { messages, tools: TOOLS, jsonSchema: { type: 'object' } },
    { messages, tools: TOOLS, toolChoice: { name: 'open_doors' } },
    { messages, toolChoice: 'required' },
  ];
  for (const request of contradictions) await expectCode(collect(session, request), 'VOICE_ERR_INVALID_OPTION');
  await answers(session, messages);
}

async function isDisposedWhileRunning(session: LlmSession, messages: readonly ChatMessage[]): Promise<void> {
  const running = collect(session, { messages: [{ role: 'system', text: longText() }, ...messages] });
  running.catch(() => undefined);
  await Promise.all([session[Symbol.asyncDispose](), session[Symbol.asyncDispose]()]);
  await expectDisposed(running);
  await expectDisposed(collect(session, { messages }));
  await expectDisposed(session.warm({ messages }));
}

async function disposesSessions(engine: LlmEngine, messages: readonly ChatMessage[]): Promise<void> {
  const session = await engine.openSession();
  await Promise.all([engine[Symbol.asyncDispose](), engine[Symbol.asyncDispose]()]);
  await engine[Symbol.asyncDispose]();
  await expectDisposed(collect(session, { messages }));
  await expectDisposed(engine.openSession());
}

/** The session is as good as new. */
async function answers(session: LlmSession, messages: readonly ChatMessage[]): Promise<void> {
  expectThat(textOf(await collect(session, { messages })) !== '', 'an answer', '');
}

/** More than the model reads within a turn of the event loop. */
function longText(): string {
  return 'The museum opens at nine and the castle closes at seven. '.repeat(100);
}

function abortedController(): AbortController {
  const controller = new AbortController();
  controller.abort(SPOKEN_OVER);
  return controller;
}

function collect(session: LlmSession, request: LlmRequest, signal?: AbortSignal): Promise<LlmEvent[]> {
  return gather(session.generate(request, signal === undefined ? {} : { signal }));
}

async function gather(events: AsyncIterable<LlmEvent>): Promise<LlmEvent[]> {
  const gathered: LlmEvent[] = [];
  for await (const event of events) gathered.push(event);
  return gathered;
}

function textOf(events: readonly LlmEvent[]): string {
  return events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
}

function finishOf(events: readonly LlmEvent[]): Extract<LlmEvent, { type: 'finish' }> {
  const last = events.at(-1);
  if (last?.type !== 'finish' || events.filter(({ type }) => type === 'finish').length !== 1) throw brokenContract('one finish event, at the end', events);
  return last;
}

async function expectRejection(call: Promise<unknown>, reason: unknown): Promise<void> {
  const outcome = await rejectionOf(call);
  expectThat(outcome === reason, `a rejection with ${String(reason)}`, outcome);
}

async function expectCode(call: Promise<unknown>, code: ErrorCode): Promise<void> {
  const outcome = await rejectionOf(call);
  expectThat(VoiceError.isInstance(outcome) && outcome.code === code, `a rejection with ${code}`, outcome);
}

async function expectDisposed(call: Promise<unknown>): Promise<void> {
  const outcome = await rejectionOf(call);
  expectThat(outcome instanceof DisposedError, 'a rejection with VOICE_ERR_DISPOSED', outcome);
}

function rejectionOf(call: Promise<unknown>): Promise<unknown> {
  return call.then((value) => brokenContract('a rejection', value), (thrown: unknown) => thrown);
}

function expectEqual(actual: string, expected: string): void {
  expectThat(actual === expected, JSON.stringify(expected), actual);
}

function expectThat(isKept: boolean, expected: string, actual: unknown): asserts isKept {
  if (!isKept) throw brokenContract(expected, actual);
}

function brokenContract(expected: string, actual: unknown): Error {
  return new Error(`Expected ${expected}, got ${actual instanceof Error ? String(actual) : JSON.stringify(actual)}`);
}
