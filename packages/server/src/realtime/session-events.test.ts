import { type LlmRequest, decodeMuLaw, encodeMuLaw, encodeALaw } from '@sotto/pipeline';
import { silenceSamples, speechSamples } from '@sotto/pipeline/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestClient } from './testing/test-client.ts';
import { type TestServer, startTestServer } from './testing/test-server.ts';

const speech = (ms: number) => speechSamples(ms, 24_000);
const silence = (ms: number) => silenceSamples(ms, 24_000);
const userText = (text: string, id?: string) => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }], ...(id === undefined ? {} : { id }) });
const WEATHER = { type: 'function', name: 'get_weather', description: 'Weather of a city', parameters: { type: 'object', properties: { city: { type: 'string' } } } };

let host: TestServer;
beforeAll(async () => {
  host = await startTestServer({
    texts: ['what time is it'],
    answer: (request) => {
      const last = request.messages.at(-1);
      if (last?.role === 'tool') return `It is ${last.text}.`;
      if (last?.text.includes('weather') && (request.tools?.length ?? 0) > 0) {
        return [
          { type: 'tool-call', call: { callId: 'call_1', name: 'get_weather', argumentsJson: '{"city":"Oslo"}' } },
          { type: 'finish', reason: 'tool-calls', usage: { inputTokenCount: 5, cachedTokenCount: 0, outputTokenCount: 3 } },
        ];
      }
      if (last?.text.includes('count')) return 'one two three four five six seven eight nine ten '.repeat(6);
      if (last?.text === 'cut me short') return [{ type: 'text-delta', text: 'Half an ans' }, { type: 'finish', reason: 'length', usage: { inputTokenCount: 1, cachedTokenCount: 0, outputTokenCount: 4 } }];
      return `You said: ${last?.text ?? 'nothing'}.`;
    },
  });
});
afterAll(() => host[Symbol.asyncDispose]());

const open = () => TestClient.connect(host.realtimeUrl);
async function errorOf(client: TestClient, event: Readonly<Record<string, unknown>>) {
  const id = client.send(event);
  return (await client.next('error', { where: ({ error }) => error.event_id === id })).error;
}

describe('push-to-talk', () => {
  it('turns committed audio into an item, and answers only when asked', async () => {
    const client = await open();
    client.send({ type: 'session.update', session: { audio: { input: { turn_detection: null } } } });
    client.sendAudio(speech(700));
    client.send({ type: 'input_audio_buffer.commit' });
    const committed = await client.next('input_audio_buffer.committed');
    const completed = await client.next('conversation.item.input_audio_transcription.completed');
    expect(completed).toMatchObject({ item_id: committed.item_id, transcript: 'what time is it', usage: { type: 'duration' } });
    expect(client.types()).not.toContain('input_audio_buffer.speech_started');
    expect(client.types()).not.toContain('response.created');
    client.send({ type: 'response.create' });
    const { response } = await client.next('response.done');
    expect(response.output[0]).toMatchObject({ content: [{ transcript: 'You said: what time is it.' }] });
    await client.close();
  });

  it('answers what is still being transcribed when the response is asked for at once', async () => {
    const client = await open();
    client.send({ type: 'session.update', session: { audio: { input: { turn_detection: null } } } });
    // A whole recording in one event, as clients that read a file send it.
    client.sendAudio(speech(9000), 9000);
    client.send({ type: 'input_audio_buffer.commit' });
    client.send({ type: 'response.create' });
    const { response } = await client.next('response.done');
    expect(response.output[0]).toMatchObject({ content: [{ transcript: 'You said: what time is it.' }] });
    const { usage } = await client.next('conversation.item.input_audio_transcription.completed');
    expect(usage.seconds).toBeCloseTo(9, 0);
    await client.close();
  });

  it('refuses an empty commit and forgets cleared audio', async () => {
    const client = await open();
    client.send({ type: 'session.update', session: { audio: { input: { turn_detection: null } } } });
    expect(await errorOf(client, { type: 'input_audio_buffer.commit' })).toMatchObject({ code: 'input_audio_buffer_commit_empty' });
    client.sendAudio(speech(500));
    client.send({ type: 'input_audio_buffer.clear' });
    await client.next('input_audio_buffer.cleared');
    expect(await errorOf(client, { type: 'input_audio_buffer.commit' })).toMatchObject({ code: 'input_audio_buffer_commit_empty' });
    await client.close();
  });
});

describe('text', () => {
  it('is answered in text when asked for', async () => {
    const client = await open();
    client.send({ type: 'session.update', session: { output_modalities: ['text'] } });
    client.send({ type: 'conversation.item.create', item: userText('hello') });
    const since = client.events.length;
    client.send({ type: 'response.create' });
    const { response } = await client.next('response.done', { since });
    expect(response).toMatchObject({ status: 'completed', output_modalities: ['text'], output: [{ content: [{ type: 'output_text', text: 'You said: hello.' }] }] });
    expect(client.ofType('response.output_text.delta').map(({ delta }) => delta).join('')).toBe('You said: hello.');
    expect(client.types(since)).toEqual(expect.arrayContaining(['response.output_text.done', 'response.content_part.done', 'response.output_item.done', 'conversation.item.done']));
    expect(client.types()).not.toContain('response.output_audio.delta');
    await client.close();
  });

  it('is spoken when asked for', async () => {
    const client = await open();
    client.send({ type: 'conversation.item.create', item: userText('hello') });
    client.send({ type: 'response.create' });
    await client.next('response.output_audio.delta');
    expect((await client.next('response.done')).response.output[0]).toMatchObject({ content: [{ type: 'output_audio', transcript: 'You said: hello.' }] });
    await client.close();
  });

  it('that runs into the token limit is incomplete', async () => {
    const client = await open();
    client.send({ type: 'conversation.item.create', item: userText('cut me short') });
    client.send({ type: 'response.create', response: { output_modalities: ['text'], max_output_tokens: 4 } });
    expect((await client.next('response.done')).response).toMatchObject({ status: 'incomplete', status_details: { type: 'incomplete', reason: 'max_output_tokens' }, max_output_tokens: 4 });
    await client.close();
  });
});

describe('conversation items', () => {
  it('are created in place, retrieved and deleted, and the model sees the same', async () => {
    const client = await open();
    client.send({ type: 'conversation.item.create', item: userText('second', 'item_b') });
    client.send({ type: 'conversation.item.create', previous_item_id: 'root', item: { type: 'message', role: 'system', id: 'item_a', content: [{ type: 'input_text', text: 'first' }] } });
    client.send({ type: 'conversation.item.create', previous_item_id: 'item_b', item: { type: 'message', role: 'assistant', id: 'item_c', content: [{ type: 'output_text', text: 'third' }] } });
    client.send({ type: 'conversation.item.create', item: userText('gone', 'item_d') });
    client.send({ type: 'conversation.item.create', item: userText('fourth', 'item_e') });
    client.send({ type: 'conversation.item.delete', item_id: 'item_d' });
    await client.next('conversation.item.deleted', { where: ({ item_id }) => item_id === 'item_d' });
    const places = client.ofType('conversation.item.added').map(({ item, previous_item_id }) => [item.id, previous_item_id]);
    expect(places).toEqual([['item_b', null], ['item_a', null], ['item_c', 'item_b'], ['item_d', 'item_c'], ['item_e', 'item_d']]);

    client.send({ type: 'conversation.item.retrieve', item_id: 'item_c' });
    expect((await client.next('conversation.item.retrieved')).item).toEqual({ id: 'item_c', object: 'realtime.item', type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'third' }] });
    client.send({ type: 'response.create', response: { output_modalities: ['text'] } });
    await client.next('response.done');
    expect(host.requests.at(-1)?.messages).toEqual([
      { role: 'system', text: 'first' },
      { role: 'user', text: 'second' },
      { role: 'assistant', text: 'third' },
      { role: 'user', text: 'fourth' },
    ]);
    await client.close();
  });

  it('with recorded audio are understood before they are answered', async () => {
    const client = await open();
    const pcm = Buffer.from(Int16Array.from(speech(600), (sample) => sample * 32767).buffer).toString('base64');
    client.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content: [{ type: 'input_audio', audio: pcm }] } });
    client.send({ type: 'response.create', response: { output_modalities: ['text'] } });
    const { response } = await client.next('response.done');
    expect(response.output[0]).toMatchObject({ content: [{ text: 'You said: what time is it.' }] });
    const { item } = await client.next('conversation.item.added');
    client.send({ type: 'conversation.item.retrieve', item_id: item.id });
    expect((await client.next('conversation.item.retrieved')).item).toMatchObject({ content: [{ type: 'input_audio', transcript: 'what time is it' }] });
    await client.close();
  });
});

describe('function tools', () => {
  it('are called by the model and answered by the client', async () => {
    const client = await open();
    client.send({ type: 'session.update', session: { output_modalities: ['text'], tools: [WEATHER] } });
    client.send({ type: 'conversation.item.create', item: userText('how is the weather') });
    client.send({ type: 'response.create' });
    const { response } = await client.next('response.done');
    expect(response.output).toEqual([expect.objectContaining({ type: 'function_call', status: 'completed', call_id: 'call_1', name: 'get_weather', arguments: '{"city":"Oslo"}' })]);
    expect(await client.next('response.function_call_arguments.done')).toMatchObject({ call_id: 'call_1', name: 'get_weather', arguments: '{"city":"Oslo"}', output_index: 0, item_id: response.output[0]?.id });
    const itemDone = await client.next('response.output_item.done');
    expect(itemDone.item).toMatchObject({ status: 'completed', type: 'function_call' });

    client.send({ type: 'conversation.item.create', item: { type: 'function_call_output', call_id: 'call_1', output: 'sunny' } });
    client.send({ type: 'response.create' });
    const answer = await client.next('response.done', { where: (event) => event.response.id !== response.id });
    expect(answer.response.output[0]).toMatchObject({ content: [{ text: 'It is sunny.' }] });
    expect(host.requests.at(-1)?.messages.slice(-2)).toMatchObject([
      { role: 'assistant', toolCalls: [{ callId: 'call_1', name: 'get_weather' }] },
      { role: 'tool', callId: 'call_1', name: 'get_weather', text: 'sunny' },
    ]);
    await client.close();
  });

  it('are withheld by tool_choice none', async () => {
    const client = await open();
    client.send({ type: 'session.update', session: { output_modalities: ['text'], tools: [WEATHER] } });
    client.send({ type: 'conversation.item.create', item: userText('how is the weather') });
    client.send({ type: 'response.create', response: { tool_choice: 'none' } });
    expect((await client.next('response.done')).response.output[0]).toMatchObject({ content: [{ text: 'You said: how is the weather.' }] });
    await client.close();
  });
});

describe('tool_choice', () => {
  const LIGHTS = { type: 'function', name: 'turn_on_lights', parameters: { type: 'object', properties: {} } } as const;
  const lights = { type: 'function', name: 'turn_on_lights' } as const;
  const offered = ({ tools = [], toolChoice }: LlmRequest) => ({ tools: tools.map(({ name }) => name), toolChoice: toolChoice ?? 'auto' });

  /** What the model is asked when the user has spoken and the session answers by itself. */
  async function spoken(choice: unknown) {
    const client = await open();
    client.send({ type: 'session.update', session: { output_modalities: ['text'], tools: [WEATHER, LIGHTS], tool_choice: choice } });
    expect((await client.next('session.updated')).session['tool_choice']).toEqual(choice);
    const since = host.requests.length;
    client.sendAudio(speech(600));
    client.sendAudio(silence(1200));
    await client.next('response.done');
    return { client, asked: host.requests.slice(since).map(offered) };
  }

  it.each([
    ['auto', { tools: ['get_weather', 'turn_on_lights'], toolChoice: 'auto' }],
    ['none', { tools: [], toolChoice: 'none' }],
    ['required', { tools: ['get_weather', 'turn_on_lights'], toolChoice: 'required' }],
    [lights, { tools: ['turn_on_lights'], toolChoice: { name: 'turn_on_lights' } }],
  ] as const)('%j of the session holds for replies to speech, those made ahead of its end too', async (choice, expected) => {
    const { client, asked } = await spoken(choice);
    expect(asked.length).toBeGreaterThan(0);
    for (const request of asked) expect(request).toEqual(expected);
    await client.close();
  });

  it('of a response holds for that response alone', async () => {
    const { client } = await spoken('required');
    const ask = async (response: Readonly<Record<string, unknown>>) => {
      const since = client.events.length;
      client.send({ type: 'response.create', response });
      await client.next('response.done', { since });
      return offered(host.requests.at(-1)!);
    };
    expect(await ask({ tool_choice: 'auto' })).toMatchObject({ toolChoice: 'auto' });
    expect(await ask({ tool_choice: 'none' })).toEqual({ tools: [], toolChoice: 'none' });
    expect(await ask({ tool_choice: lights })).toEqual({ tools: ['turn_on_lights'], toolChoice: { name: 'turn_on_lights' } });
    expect(await ask({ tools: [LIGHTS] })).toEqual({ tools: ['turn_on_lights'], toolChoice: 'required' });
    expect(await ask({})).toEqual({ tools: ['get_weather', 'turn_on_lights'], toolChoice: 'required' });
    await client.close();
  });

  it('that no tool can meet is refused and changes nothing', async () => {
    const client = await open();
    for (const session of [{ tool_choice: 'required' }, { tools: [LIGHTS], tool_choice: { type: 'function', name: 'doors' } }]) {
      expect(await errorOf(client, { type: 'session.update', session })).toMatchObject({ code: 'invalid_value', param: 'session.tool_choice' });
    }
    expect(await errorOf(client, { type: 'response.create', response: { tool_choice: lights } })).toMatchObject({ code: 'invalid_value', param: 'response.tool_choice' });
    client.send({ type: 'session.update', session: {} });
    expect((await client.next('session.updated')).session).toMatchObject({ tools: [], tool_choice: 'auto' });
    await client.close();
  });
});

describe('response.create', () => {
  it('out of band answers its own input and leaves the conversation alone', async () => {
    const client = await open();
    client.send({ type: 'conversation.item.create', item: userText('remember me', 'item_kept') });
    client.send({
      type: 'response.create',
      response: { conversation: 'none', output_modalities: ['text'], instructions: 'Be terse.', metadata: { topic: 'aside' }, input: [{ type: 'item_reference', id: 'item_kept' }, userText('classify this')] },
    });
    const { response } = await client.next('response.done');
    expect(response).toMatchObject({ conversation_id: null, metadata: { topic: 'aside' }, output: [{ content: [{ text: 'You said: classify this.' }] }] });
    expect(host.requests.at(-1)?.messages).toEqual([{ role: 'system', text: 'Be terse.' }, { role: 'user', text: 'remember me' }, { role: 'user', text: 'classify this' }]);
    expect(client.ofType('conversation.item.added')).toHaveLength(1);
    client.send({ type: 'response.create', response: { output_modalities: ['text'] } });
    await client.next('response.done', { where: (event) => event.response.id !== response.id });
    expect(host.requests.at(-1)?.messages).toEqual([{ role: 'user', text: 'remember me' }]);
    await client.close();
  });

  it('refuses a second response and lets out-of-band ones wait', async () => {
    const client = await open();
    client.send({ type: 'conversation.item.create', item: userText('count') });
    client.send({ type: 'response.create', response: { output_modalities: ['text'] } });
    await client.next('response.created');
    expect(await errorOf(client, { type: 'response.create' })).toMatchObject({ code: 'conversation_already_has_active_response' });
    client.send({ type: 'response.create', response: { conversation: 'none', output_modalities: ['text'], input: [userText('meanwhile')] } });
    const aside = await client.next('response.done', { where: ({ response }) => response.conversation_id === null });
    expect(aside.response.output[0]).toMatchObject({ content: [{ text: 'You said: meanwhile.' }] });
    for (let i = 0; i < 24; i++) client.send({ type: 'response.create', response: { conversation: 'none', output_modalities: ['text'], input: [userText('count')] } });
    await client.next('error', { where: ({ error }) => error.code === 'too_many_pending_events' && error.type === 'rate_limit_error' });
    await client.close();
  });

  it('starts at once although the last reply is still being listened to', async () => {
    const client = await open();
    client.send({ type: 'conversation.item.create', item: userText('count') });
    client.send({ type: 'response.create', response: { max_output_tokens: 4 } });
    client.send({ type: 'conversation.item.create', item: userText('hello') });
    const first = await client.next('response.done');
    const sentAtMs = performance.now();
    client.send({ type: 'response.create', response: { output_modalities: ['text'] } });
    const second = await client.next('response.done', { where: ({ response }) => response.id !== first.response.id });
    expect(second.response.status).toBe('completed');
    // The first reply is 12 s of speech.
    expect(performance.now() - sentAtMs).toBeLessThan(8000);
    await client.close();
  });

  it('can be cancelled, which keeps what was said', async () => {
    const client = await open();
    client.send({ type: 'conversation.item.create', item: userText('count') });
    client.send({ type: 'response.create', response: { output_modalities: ['text'] } });
    await client.next('response.output_text.delta');
    const { response } = await client.next('response.created');
    client.send({ type: 'response.cancel', response_id: response.id });
    expect((await client.next('response.done')).response).toMatchObject({ status: 'cancelled', status_details: { type: 'cancelled', reason: 'client_cancelled' } });
    expect(await errorOf(client, { type: 'response.cancel' })).toMatchObject({ code: 'response_cancel_not_active' });
    await client.close();
  });
});

describe('session.update', () => {
  it('merges, echoes and tolerates unknown models and voices', async () => {
    const client = await open();
    client.send({ type: 'session.update', session: { type: 'realtime', model: 'gpt-realtime-9', instructions: 'Be kind.', audio: { output: { voice: 'marin' }, input: { turn_detection: { type: 'semantic_vad' } } } } });
    const { session } = await client.next('session.updated');
    expect(session).toMatchObject({ object: 'realtime.session', type: 'realtime', model: 'gpt-realtime-9', instructions: 'Be kind.', audio: { output: { voice: 'marin', speed: 1 }, input: { format: { type: 'audio/pcm', rate: 24000 }, turn_detection: { type: 'semantic_vad', interrupt_response: true } } } });
    expect(await errorOf(client, { type: 'session.update', session: { type: 'transcription' } })).toMatchObject({ code: 'session_type_immutable', param: 'session.type' });
    await client.close();
  });

  it.each([
    ['audio/pcmu', encodeMuLaw],
    ['audio/pcma', encodeALaw],
  ] as const)('speaks and listens in %s', async (type, encode) => {
    const client = await open();
    client.send({ type: 'session.update', session: { audio: { input: { format: { type } }, output: { format: { type } } } } });
    await client.next('session.updated');
    const audio = [...speechSamples(800, 8000), ...silenceSamples(1500, 8000)];
    for (let i = 0; i < audio.length; i += 800) client.send({ type: 'input_audio_buffer.append', audio: Buffer.from(encode(Float32Array.from(audio.slice(i, i + 800)))).toString('base64') });
    const { response } = await client.next('response.done');
    expect(response.audio.output.format).toEqual({ type });
    const bytes = Buffer.concat(client.ofType('response.output_audio.delta').map(({ delta }) => Buffer.from(delta, 'base64')));
    expect(bytes.length).toBe(6 * 200 * 8);
    if (type === 'audio/pcmu') expect(Math.max(...decodeMuLaw(bytes))).toBeGreaterThan(0.2);
    await client.close();
  });
});

describe('a transcription session', () => {
  it('transcribes and answers nothing', async () => {
    const client = await TestClient.connect(`${host.realtimeUrl}?intent=transcription`);
    expect((await client.next('session.created')).session).toMatchObject({ type: 'transcription', object: 'realtime.transcription_session' });
    client.sendAudio(speech(700));
    client.sendAudio(silence(1200));
    expect(await client.next('conversation.item.input_audio_transcription.completed')).toMatchObject({ transcript: 'what time is it' });
    expect(await errorOf(client, { type: 'response.create' })).toMatchObject({ code: 'not_in_transcription_session' });
    expect(client.types()).not.toContain('response.created');
    await client.close();
  });
});

describe('silence after a reply', () => {
  it('is answered after idle_timeout_ms', async () => {
    const client = await open();
    client.send({ type: 'session.update', session: { output_modalities: ['text'], audio: { input: { turn_detection: { type: 'server_vad', idle_timeout_ms: 1000 } } } } });
    client.send({ type: 'conversation.item.create', item: userText('hello') });
    client.send({ type: 'response.create' });
    const first = await client.next('response.done');
    const timeout = await client.next('input_audio_buffer.timeout_triggered');
    const second = await client.next('response.done', { where: ({ response }) => response.id !== first.response.id });
    expect(second.response.status).toBe('completed');
    expect((await client.next('input_audio_buffer.committed')).item_id).toBe(timeout.item_id);
    await client.close();
  });
});

describe('a bad event', () => {
  it.each([
    [{ type: 'nonsense' }, 'unknown_event_type', 'type'],
    [{ type: 'conversation.item.retrieve', item_id: 'nobody' }, 'item_not_found', 'item_id'],
    [{ type: 'conversation.item.delete', item_id: 'nobody' }, 'item_not_found', 'item_id'],
    [{ type: 'conversation.item.create', previous_item_id: 'nobody', item: userText('x') }, 'item_not_found', 'previous_item_id'],
    [{ type: 'conversation.item.create', item: { type: 'message', role: 'system', content: [{ type: 'output_text', text: 'x' }] } }, 'invalid_value', 'item.content[0].type'],
    [{ type: 'input_audio_buffer.append', audio: '***' }, 'invalid_audio', 'audio'],
    [{ type: 'input_audio_buffer.append', audio: 'AAAA' }, 'invalid_audio', 'audio'],
    [{ type: 'response.create', response: { input: [{ type: 'item_reference', id: 'nobody' }] } }, 'item_not_found', 'response.input[0].id'],
    [{ type: 'response.cancel', response_id: 'nobody' }, 'response_cancel_not_active', 'response_id'],
  ])('%j is answered with %s, and the session lives on', async (event, code, param) => {
    const client = await open();
    expect(await errorOf(client, event)).toMatchObject({ type: 'invalid_request_error', code, param });
    client.send({ type: 'conversation.item.create', item: userText('still there', 'item_x') });
    await client.next('conversation.item.done');
    expect(await errorOf(client, { type: 'conversation.item.create', item: userText('twice', 'item_x') })).toMatchObject({ code: 'item_already_exists', param: 'item.id' });
    await client.close();
  });

  it('that is no JSON, no object or binary is answered too', async () => {
    const client = await open();
    client.socket.send('{"type":');
    await client.next('error', { where: ({ error }) => error.code === 'invalid_json' });
    client.socket.send('[1]');
    await client.next('error', { where: ({ error }) => error.code === 'invalid_event' });
    client.socket.send(Buffer.alloc(16));
    await client.next('error', { where: ({ error }) => error.code === 'unexpected_binary' });
    await client.close();
  });
});
