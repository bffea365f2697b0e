import { OpenAIRealtimeWebSocket, RealtimeAgent, type RealtimeItem, RealtimeSession, type TransportEvent, tool } from '@openai/agents-realtime';
import { silenceSamples, speechSamples } from '@sotto/pipeline/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type TestServer, startTestServer } from './testing/test-server.ts';

const LONG_REPLY = 'One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen.';

let host: TestServer;
beforeAll(async () => {
  host = await startTestServer({
    texts: ['tell me a story', 'how is the weather in oslo'],
    answer: (request) => {
      const last = request.messages.at(-1);
      if (last?.role === 'tool') return `It is ${last.text}.`;
      if (last?.text.includes('weather')) {
        return [
          { type: 'tool-call', call: { callId: 'call_1', name: 'get_weather', argumentsJson: '{"city":"Oslo"}' } },
          { type: 'finish', reason: 'tool-calls', usage: { inputTokenCount: 5, cachedTokenCount: 0, outputTokenCount: 3 } },
        ];
      }
      return last?.text === 'hello' ? 'Hello to you.' : LONG_REPLY;
    },
  });
});
afterAll(() => host[Symbol.asyncDispose]());

const until = async (what: string, condition: () => boolean) => {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

/** The client as its users have it; only the address is ours. */
async function connect(config: ConstructorParameters<typeof RealtimeSession>[1] = {}) {
  const asked: string[] = [];
  const getWeather = tool({
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: z.object({ city: z.string() }),
    execute: ({ city }) => {
      asked.push(city);
      return 'sunny';
    },
  });
  const agent = new RealtimeAgent({ name: 'Kiosk', instructions: 'Be brief.', tools: [getWeather] });
  const session = new RealtimeSession(agent, { transport: new OpenAIRealtimeWebSocket(), model: 'gpt-realtime', ...config });
  const events: TransportEvent[] = [];
  const errors: unknown[] = [];
  const audio: ArrayBuffer[] = [];
  let history: RealtimeItem[] = [];
  let interruptedCount = 0;
  session.on('transport_event', (event) => events.push(event));
  session.on('error', (error) => errors.push(error));
  session.on('audio', ({ data }) => audio.push(data));
  session.on('audio_interrupted', () => interruptedCount++);
  session.on('history_updated', (items) => {
    history = items;
  });
  await session.connect({ apiKey: 'any', url: host.realtimeUrl });
  const sendAudio = (samples: Float32Array, options?: { commit: boolean }) => {
    const pcm = Int16Array.from(samples, (sample) => sample * 32767);
    session.sendAudio(pcm.buffer, options);
  };
  const seen = (type: string) => events.filter((event) => event.type === type).length;
  return { session, events, errors, audio, asked, sendAudio, seen, history: () => history, interruptedCount: () => interruptedCount };
}

describe('the agents client over ws', () => {
  it('holds a spoken conversation of several turns, with barge-in, truncation and a tool', async () => {
    const { session, errors, audio, asked, sendAudio, seen, history, interruptedCount } = await connect();
    await until('session.updated', () => seen('session.updated') >= 2);
    sendAudio(speechSamples(700, 24_000));
    sendAudio(silenceSamples(2500, 24_000));
    await until('the first reply', () => seen('response.done') === 1);
    expect(audio.reduce((sum, data) => sum + data.byteLength, 0)).toBe(16 * 200 * 48);
    await until('the transcript in the history', () => JSON.stringify(history()).includes('tell me a story'));

    await new Promise((resolve) => setTimeout(resolve, 500));
    sendAudio(speechSamples(1500, 24_000));
    await until('the interruption', () => interruptedCount() >= 1);
    await until('the truncation', () => seen('conversation.item.truncated') >= 1);
    sendAudio(silenceSamples(2500, 24_000));
    await until('the tool call', () => asked.length === 1);
    await until('the answer after the tool', () => JSON.stringify(history()).includes('It is sunny.'));

    const messages = history().flatMap((item) => (item.type === 'message' ? [item] : []));
    const told = messages.map(({ role, content }) => [role, content.map((part) => ('text' in part ? part.text : 'transcript' in part ? part.transcript : '')).join('')]);
    expect(told[0]).toEqual(['user', 'tell me a story']);
    expect(told[1]![0]).toBe('assistant');
    expect(LONG_REPLY.startsWith(told[1]![1]!)).toBe(true);
    expect(told[1]![1]!.length).toBeLessThan(LONG_REPLY.length);
    expect(told[2]).toEqual(['user', 'how is the weather in oslo']);
    expect(told[3]).toEqual(['assistant', 'It is sunny.']);
    expect(asked).toEqual(['Oslo']);
    expect(errors).toEqual([]);
    session.close();
  });

  it('talks by push-to-talk', async () => {
    const { session, errors, sendAudio, seen } = await connect({ config: { audio: { input: { turnDetection: null as never } } } });
    session.transport.updateSessionConfig({ audio: { input: { turnDetection: null as never } } });
    await until('session.updated', () => seen('session.updated') >= 2);
    sendAudio(speechSamples(700, 24_000), { commit: true });
    await until('committed', () => seen('input_audio_buffer.committed') === 1);
    session.transport.requestResponse?.();
    await until('the reply', () => seen('response.done') === 1);
    expect(errors).toEqual([]);
    session.close();
  });

  it('chats in text only', async () => {
    const { session, errors, audio, seen, history } = await connect({ config: { outputModalities: ['text'] } });
    await until('session.updated', () => seen('session.updated') >= 2);
    session.sendMessage('hello');
    await until('the answer', () => JSON.stringify(history()).includes('Hello to you.'));
    expect(audio).toEqual([]);
    expect(errors).toEqual([]);
    session.close();
  });
});
