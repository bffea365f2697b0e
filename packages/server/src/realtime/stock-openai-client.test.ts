import OpenAI, { toFile } from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import type { RealtimeServerEvent } from 'openai/resources/realtime/realtime';
import { silenceSamples, speechSamples } from '@sotto/pipeline/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSelfSignedCertificate } from '../serve/testing/self-signed-certificate.ts';
import { type TestServer, startTestServer } from './testing/test-server.ts';

const LONG_REPLY = 'One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen.';
const WEATHER = { type: 'function' as const, name: 'get_weather', description: 'Weather of a city', parameters: { type: 'object', properties: { city: { type: 'string' } } } };

let host: TestServer;
let certificate: string;
beforeAll(async () => {
  const tls = writeSelfSignedCertificate();
  certificate = tls.certificate;
  host = await startTestServer({
    settings: { tlsCert: tls.certFile, tlsKey: tls.keyFile, apiKeys: ['test-key'] },
    texts: ['tell me a story', 'how is the weather'],
    answer: (request) => {
      const last = request.messages.at(-1);
      if (last?.role === 'tool') return `It is ${last.text}.`;
      if (last?.text.includes('weather') && (request.tools?.length ?? 0) > 0) {
        return [
          { type: 'tool-call', call: { callId: 'call_1', name: 'get_weather', argumentsJson: '{"city":"Oslo"}' } },
          { type: 'finish', reason: 'tool-calls', usage: { inputTokenCount: 5, cachedTokenCount: 0, outputTokenCount: 3 } },
        ];
      }
      return LONG_REPLY;
    },
  });
});
afterAll(() => host[Symbol.asyncDispose]());

/** The client as its users have it: only the address, the key and the certificate are ours. */
function connect(query: { model: string } | { intent: 'transcription' } = { model: 'gpt-realtime' }) {
  const client = new OpenAI({ apiKey: 'test-key', baseURL: `https://localhost:${host.server.port}/v1` });
  const realtime = new OpenAIRealtimeWS({ ...query, options: { ca: certificate } }, client);
  const events: RealtimeServerEvent[] = [];
  const waiting = new Set<() => void>();
  realtime.on('event', (event) => {
    events.push(event);
    for (const look of waiting) look();
  });
  const errors: Error[] = [];
  realtime.on('error', (error) => errors.push(error));
  const next = <T extends RealtimeServerEvent['type']>(type: T, since = 0): Promise<Extract<RealtimeServerEvent, { type: T }>> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`No ${type}. Got ${events.map((event) => event.type).join(', ')}; errors ${errors.join('; ')}`)), 20_000);
      const look = () => {
        const found = events.slice(since).find((event) => event.type === type);
        if (found === undefined) return;
        clearTimeout(timer);
        waiting.delete(look);
        resolve(found as never);
      };
      waiting.add(look);
      look();
    });
  const sendAudio = (samples: Float32Array) => {
    const pcm = Buffer.from(Int16Array.from(samples, (sample) => sample * 32767).buffer);
    for (let offset = 0; offset < pcm.length; offset += 4800) realtime.send({ type: 'input_audio_buffer.append', audio: pcm.subarray(offset, offset + 4800).toString('base64') });
  };
  return { realtime, events, errors, next, sendAudio };
}

describe('the openai client over wss', () => {
  it('holds a spoken conversation of several turns, with barge-in and truncation', async () => {
    const { realtime, events, errors, next, sendAudio } = connect();
    await next('session.created');
    realtime.send({ type: 'session.update', session: { type: 'realtime', instructions: 'Be brief.', audio: { input: { turn_detection: { type: 'server_vad' } } }, tools: [WEATHER] } });
    await next('session.updated');
    sendAudio(speechSamples(700, 24_000));
    sendAudio(silenceSamples(1200, 24_000));
    const first = await next('response.done');
    expect((await next('conversation.item.input_audio_transcription.completed')).transcript).toBe('tell me a story');
    expect(events.filter((event) => event.type === 'response.output_audio.delta').length).toBeGreaterThan(5);

    await new Promise((resolve) => setTimeout(resolve, 700));
    const since = events.length;
    sendAudio(speechSamples(700, 24_000));
    await next('input_audio_buffer.speech_started', since);
    const itemId = first.response.output![0]!.id!;
    realtime.send({ type: 'conversation.item.truncate', item_id: itemId, content_index: 0, audio_end_ms: 600 });
    realtime.send({ type: 'conversation.item.retrieve', item_id: itemId });
    const { item } = await next('conversation.item.retrieved', since);
    expect(item).toMatchObject({ content: [{ transcript: 'One two three' }] });
    sendAudio(silenceSamples(1200, 24_000));
    const call = await next('response.output_item.done', since);
    expect(call.item).toMatchObject({ type: 'function_call', name: 'get_weather', status: 'completed' });
    await next('response.done', since);
    const afterCall = events.length;
    realtime.send({ type: 'conversation.item.create', item: { type: 'function_call_output', call_id: 'call_1', output: 'sunny' } });
    realtime.send({ type: 'response.create' });
    const answer = await next('response.done', afterCall);
    expect(answer.response.output![0]).toMatchObject({ content: [{ transcript: 'It is sunny.' }] });
    expect(errors).toEqual([]);
    realtime.close();
  });

  it('talks by push-to-talk and in text', async () => {
    const { realtime, next, events, errors, sendAudio } = connect({ model: 'some-model-of-the-future' });
    await next('session.created');
    realtime.send({ type: 'session.update', session: { type: 'realtime', output_modalities: ['text'], audio: { input: { turn_detection: null } } } });
    await next('session.updated');
    sendAudio(speechSamples(700, 24_000));
    realtime.send({ type: 'input_audio_buffer.commit' });
    await next('input_audio_buffer.committed');
    realtime.send({ type: 'response.create' });
    await next('response.output_text.done');
    await next('response.done');
    expect(events.some((event) => event.type === 'response.output_audio.delta')).toBe(false);
    expect(errors).toEqual([]);
    realtime.close();
  });

  it('transcribes in a transcription session', async () => {
    const { realtime, next, errors, sendAudio } = connect({ intent: 'transcription' });
    await next('session.created');
    realtime.send({ type: 'session.update', session: { type: 'transcription', audio: { input: { transcription: { model: 'gpt-4o-transcribe', language: 'en' } } } } });
    await next('session.updated');
    sendAudio(speechSamples(700, 24_000));
    sendAudio(silenceSamples(1200, 24_000));
    await next('conversation.item.input_audio_transcription.completed');
    expect(errors).toEqual([]);
    realtime.close();
  });

  it('is told what it did wrong and goes on', async () => {
    const { realtime, next, errors } = connect();
    await next('session.created');
    realtime.send({ type: 'conversation.item.retrieve', item_id: 'nobody', event_id: 'mine' });
    const { error } = await next('error');
    expect(error).toMatchObject({ code: 'item_not_found', event_id: 'mine' });
    expect(errors).toHaveLength(1);
    realtime.close();
  });
});

describe('the openai client over HTTP', () => {
  let plain: TestServer;
  let client: OpenAI;
  beforeAll(async () => {
    plain = await startTestServer({ settings: { apiKeys: ['test-key'] }, texts: ['tell me a story'], answer: () => 'Once upon a time.' });
    client = new OpenAI({ apiKey: 'test-key', baseURL: `${plain.server.url}/v1`, maxRetries: 0 });
  });
  afterAll(() => plain[Symbol.asyncDispose]());

  const recording = async () => {
    const speech = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'One two three.', response_format: 'wav' });
    const bytes = Buffer.from(await speech.arrayBuffer());
    // The stream's header does not know its length; a file's does.
    bytes.writeUInt32LE(bytes.length - 8, 4);
    bytes.writeUInt32LE(bytes.length - 44, 40);
    return bytes;
  };

  it('speaks, as WAV and as PCM', async () => {
    const wav = await recording();
    expect(wav.subarray(0, 4).toString()).toBe('RIFF');
    expect(wav.length).toBe(44 + 3 * 200 * 48);
    const pcm = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'One two three. Four.', response_format: 'pcm' });
    expect((await pcm.arrayBuffer()).byteLength).toBe(4 * 200 * 48);
  });

  it('transcribes in every format', async () => {
    const file = await toFile(await recording(), 'question.wav');
    expect((await client.audio.transcriptions.create({ model: 'whisper-1', file })).text).toBe('tell me a story');
    const verbose = await client.audio.transcriptions.create({ model: 'whisper-1', file, response_format: 'verbose_json', timestamp_granularities: ['word', 'segment'] });
    expect(verbose.duration).toBeCloseTo(0.6);
    expect(verbose.words?.map(({ word }) => word)).toEqual(['tell', 'me', 'a', 'story']);
    expect(verbose.segments).toHaveLength(1);
    expect(await client.audio.transcriptions.create({ model: 'whisper-1', file, response_format: 'text' })).toBe('tell me a story\n');
    expect(await client.audio.transcriptions.create({ model: 'whisper-1', file, response_format: 'srt' })).toBe('1\n00:00:00,000 --> 00:00:00,600\ntell me a story\n');
    expect(await client.audio.transcriptions.create({ model: 'whisper-1', file, response_format: 'vtt' })).toBe('WEBVTT\n\n00:00:00.000 --> 00:00:00.600\ntell me a story\n');
  });

  it('chats, whole and streamed', async () => {
    const whole = await client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Tell me a story.' }] });
    expect(whole.choices[0]).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant', content: 'Once upon a time.' } });
    expect(whole.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 });
    const stream = await client.chat.completions.create({ model: 'gpt-4o', stream: true, stream_options: { include_usage: true }, stop: 'a time', messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: [{ type: 'text', text: 'Tell me.' }] }] });
    let text = '';
    let finish: string | null = null;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      finish = chunk.choices[0]?.finish_reason ?? finish;
    }
    expect([text, finish]).toEqual(['Once upon ', 'stop']);
  });

  it('lists models and makes short-lived secrets that open a session with their settings', async () => {
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['sotto']);
    expect((await client.models.retrieve('gpt-4o')).id).toBe('gpt-4o');
    const secret = await client.realtime.clientSecrets.create({ expires_after: { anchor: 'created_at', seconds: 60 }, session: { type: 'realtime', instructions: 'Be a pirate.' } });
    expect(secret.value).toMatch(/^ek_/);
    expect(secret.expires_at * 1000 - Date.now()).toBeLessThan(61_000);
    expect(secret.session).toMatchObject({ type: 'realtime', instructions: 'Be a pirate.' });
    const { TestClient } = await import('./testing/test-client.ts');
    const session = await TestClient.connect(plain.realtimeUrl, ['realtime', `openai-insecure-api-key.${secret.value}`]);
    expect(session.socket.protocol).toBe('realtime');
    expect((await session.next('session.created')).session).toMatchObject({ instructions: 'Be a pirate.' });
    await session.close();
    const guest = new OpenAI({ apiKey: secret.value, baseURL: `${plain.server.url}/v1`, maxRetries: 0 });
    await expect(guest.realtime.clientSecrets.create({})).rejects.toMatchObject({ status: 403 });
  });

  it('gets precise errors', async () => {
    const stranger = new OpenAI({ apiKey: 'wrong', baseURL: `${plain.server.url}/v1`, maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toMatchObject({ status: 401, code: 'VOICE_ERR_UNAUTHORIZED' });
    await expect(client.audio.transcriptions.create({ model: 'whisper-1', file: await toFile(Buffer.from('no audio'), 'x.wav') })).rejects.toMatchObject({ status: 400, code: 'VOICE_ERR_AUDIO_FORMAT' });
    await expect(client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'x', response_format: 'mp3' })).rejects.toMatchObject({ status: 400, code: 'invalid_value', param: 'response_format' });
    await expect(client.chat.completions.create({ model: 'gpt-4o', messages: [] })).rejects.toMatchObject({ status: 400, param: 'messages' });
    await expect(client.get('/nowhere')).rejects.toMatchObject({ status: 404, code: 'not_found' });
  });
});
