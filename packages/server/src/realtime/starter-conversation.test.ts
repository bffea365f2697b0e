import { readFileSync } from 'node:fs';
import { OpenAIRealtimeWebSocket, RealtimeAgent, type RealtimeItem, RealtimeSession, type TransportEvent } from '@openai/agents-realtime';
import OpenAI, { toFile } from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import type { RealtimeServerEvent } from 'openai/resources/realtime/realtime';
import { encodePcm16, resample } from '@sotto/pipeline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAudioFile } from '../audio-files/read-audio-file.ts';
import { startServer } from '../commands/serve.ts';
import { type LoadedEngines, loadEngines } from '../engines/load-engines.ts';
import { resolveServeConfig } from '../serve/serve-config.ts';
import { writeSelfSignedCertificate } from '../serve/testing/self-signed-certificate.ts';
import type { VoiceServer } from '../serve/voice-server.ts';

const FIXTURES = new URL('../../../../audio-fixtures/', import.meta.url);
const FRAME_MS = 20;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Fixture = { readonly name: string; readonly file: string; readonly kind: string; readonly transcript: string; readonly expectedFact?: string };
const fixtures = (JSON.parse(readFileSync(new URL('index.json', FIXTURES), 'utf8')) as { fixtures: Fixture[] }).fixtures;
const fixture = (name: string) => fixtures.find((other) => other.name === name)!;

let engines: LoadedEngines;
let plain: VoiceServer;
let secure: VoiceServer;
let certificate: string;
beforeAll(async () => {
  engines = await loadEngines({ sessionCount: 2 });
  const tls = writeSelfSignedCertificate();
  certificate = tls.certificate;
  // Two servers share the engines here, so each takes half of the contexts.
  plain = await startServer(resolveServeConfig({ flags: { port: 0, logLevel: 'silent', llmContexts: 1 } }), engines);
  secure = await startServer(resolveServeConfig({ flags: { port: 0, logLevel: 'silent', llmContexts: 1, tlsCert: tls.certFile, tlsKey: tls.keyFile } }), engines);
});
afterAll(async () => {
  await plain[Symbol.asyncDispose]();
  await secure[Symbol.asyncDispose]();
  await engines[Symbol.asyncDispose]();
});

/** 24 kHz PCM16 of a fixture and then silence, in the frames and at the pace of a microphone. */
async function speak(name: string, silenceMs: number, send: (pcm: Buffer) => void, untilDone: () => boolean = () => false): Promise<void> {
  const { samples, sampleRate } = await readAudioFile(new URL(fixture(name).file, FIXTURES).pathname);
  const speech = resample(samples, sampleRate, 24_000);
  const audio = new Float32Array(speech.length + silenceMs * 24);
  audio.set(speech);
  const startedMs = performance.now();
  const frameLength = FRAME_MS * 24;
  for (let offset = 0; offset < audio.length && !untilDone(); offset += frameLength) {
    send(Buffer.from(encodePcm16(audio.subarray(offset, offset + frameLength))));
    const aheadMs = offset / 24 - (performance.now() - startedMs);
    if (aheadMs > 5) await pause(aheadMs);
  }
}

/** Share of the expected words that were understood, in whatever order. */
function understood(transcript: string, expected: string): number {
  const words = new Set(transcript.toLowerCase().match(/[a-z']+/g) ?? []);
  const wanted = expected.toLowerCase().match(/[a-z']+/g) ?? [];
  return wanted.filter((word) => words.has(word)).length / wanted.length;
}

describe('the openai client and the starter models', () => {
  it('hold a spoken conversation with barge-in, push-to-talk and text', { timeout: 240_000 }, async () => {
    const client = new OpenAI({ apiKey: 'any', baseURL: `https://localhost:${secure.port}/v1` });
    const realtime = new OpenAIRealtimeWS({ model: 'gpt-realtime', options: { ca: certificate } }, client);
    const events: RealtimeServerEvent[] = [];
    const errors: Error[] = [];
    realtime.on('event', (event) => events.push(event));
    realtime.on('error', (error) => errors.push(error));
    const seen = (type: string, since = 0) => events.slice(since).find((event) => event.type === type) as never;
    const next = async <T extends RealtimeServerEvent['type']>(type: T, since = 0): Promise<Extract<RealtimeServerEvent, { type: T }>> => {
      for (let i = 0; i < 3000 && seen(type, since) === undefined; i++) await pause(20);
      if (seen(type, since) === undefined) throw new Error(`No ${type}; got ${events.slice(since).map((event) => event.type).join(', ')}`);
      return seen(type, since);
    };
    const send = (pcm: Buffer) => realtime.send({ type: 'input_audio_buffer.append', audio: pcm.toString('base64') });
    await next('session.created');

    await speak('question-001-clean', 15_000, send, () => seen('response.output_audio.delta') !== undefined);
    const first = await next('conversation.item.input_audio_transcription.completed');
    expect(understood(first.transcript, fixture('question-001-clean').transcript)).toBeGreaterThan(0.5);
    const audioBytes = () => events.reduce((sum, event) => sum + (event.type === 'response.output_audio.delta' ? Buffer.from(event.delta, 'base64').length : 0), 0);
    const done = await next('response.done');
    expect(done.response.status).toBe('completed');
    expect(audioBytes()).toBeGreaterThan(0.5 * 48_000);

    // Speak over the reply while it plays.
    const beforeBargeIn = events.length;
    await speak('question-001-clean', 15_000, send, () => seen('response.output_audio.delta', beforeBargeIn) !== undefined);
    await next('input_audio_buffer.speech_started', beforeBargeIn);
    await next('conversation.item.truncated', beforeBargeIn);
    const cut = done.response.output![0]!;
    const whole = cut.type === 'message' ? (cut.content[0] as { transcript: string }).transcript : '';
    realtime.send({ type: 'conversation.item.truncate', item_id: cut.id!, content_index: 0, audio_end_ms: 500 });
    realtime.send({ type: 'conversation.item.retrieve', item_id: cut.id! });
    const { item: heard } = await next('conversation.item.retrieved', beforeBargeIn);
    const kept = heard.type === 'message' ? (heard.content[0] as { transcript: string }).transcript : whole;
    expect(kept.length).toBeLessThan(whole.length);
    const second = await next('response.done', beforeBargeIn);
    expect(second.response.output?.length).toBeGreaterThan(0);

    const beforePushToTalk = events.length;
    realtime.send({ type: 'session.update', session: { type: 'realtime', output_modalities: ['text'], audio: { input: { turn_detection: null } } } });
    await next('session.updated', beforePushToTalk);
    await speak('question-001-clean', 100, send);
    realtime.send({ type: 'input_audio_buffer.commit' });
    realtime.send({ type: 'response.create' });
    const written = await next('response.output_text.done', beforePushToTalk);
    expect(written.text).not.toBe('');
    await next('response.done', beforePushToTalk);

    // The starter model was not raised on tools, so it is told to use one.
    const beforeTool = events.length;
    const tools = [{ type: 'function' as const, name: 'get_weather', description: 'Weather', parameters: { type: 'object', properties: { city: { type: 'string', enum: ['oslo', 'paris'] } }, required: ['city'] } }];
    realtime.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'what is the weather in oslo' }] } });
    realtime.send({ type: 'response.create', response: { tools, tool_choice: 'required' } });
    const { item: call } = await next('response.output_item.done', beforeTool);
    expect(call).toMatchObject({ type: 'function_call', name: 'get_weather', status: 'completed' });
    if (call.type !== 'function_call') return;
    expect(['oslo', 'paris']).toContain((JSON.parse(call.arguments) as { city: string }).city);
    await next('response.done', beforeTool);

    // And once more, spoken to: a session that requires a call answers by itself with one.
    const beforeSpokenTool = events.length;
    realtime.send({ type: 'session.update', session: { type: 'realtime', tools, tool_choice: 'required', audio: { input: { turn_detection: { type: 'server_vad' } } } } });
    await speak('question-001-clean', 15_000, send, () => seen('response.done', beforeSpokenTool) !== undefined);
    const { response: calling } = await next('response.done', beforeSpokenTool);
    expect(calling.output).toMatchObject([{ type: 'function_call', name: 'get_weather', status: 'completed' }]);
    expect(['oslo', 'paris']).toContain((JSON.parse((calling.output![0] as { arguments: string }).arguments) as { city: string }).city);
    realtime.send({ type: 'session.update', session: { type: 'realtime', tool_choice: 'auto', audio: { input: { turn_detection: null } } } });

    const beforeAnswer = events.length;
    realtime.send({ type: 'conversation.item.create', item: { type: 'function_call_output', call_id: call.call_id!, output: 'sunny' } });
    realtime.send({ type: 'response.create', response: { tool_choice: 'none' } });
    expect((await next('response.done', beforeAnswer)).response.status).toBe('completed');
    expect(errors).toEqual([]);
    realtime.close();
  });

  it('transcribe, speak and chat over HTTP', { timeout: 120_000 }, async () => {
    const client = new OpenAI({ apiKey: 'any', baseURL: `${plain.url}/v1`, maxRetries: 0 });
    const question = fixture('question-001-clean');
    const file = await toFile(readFileSync(new URL(question.file, FIXTURES)), question.file);
    const transcription = await client.audio.transcriptions.create({ model: 'whisper-1', file, response_format: 'verbose_json' });
    expect(understood(transcription.text, question.transcript)).toBeGreaterThan(0.5);
    expect(transcription.words?.length).toBeGreaterThan(3);
    const speech = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'The visitor centre opens at nine.', response_format: 'pcm' });
    expect((await speech.arrayBuffer()).byteLength).toBeGreaterThan(48_000);
    const chat = await client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hello' }], max_tokens: 32 });
    expect(chat.choices[0]?.message.content).not.toBe('');
  });
});

describe('the agents client and the starter models', () => {
  it('hold a spoken conversation with barge-in', { timeout: 240_000 }, async () => {
    const session = new RealtimeSession(new RealtimeAgent({ name: 'Kiosk' }), { transport: new OpenAIRealtimeWebSocket(), model: 'gpt-realtime' });
    const events: TransportEvent[] = [];
    const errors: unknown[] = [];
    let history: RealtimeItem[] = [];
    let audioBytes = 0;
    session.on('transport_event', (event) => events.push(event));
    session.on('error', (error) => errors.push(error));
    session.on('audio', ({ data }) => (audioBytes += data.byteLength));
    session.on('history_updated', (items) => (history = items));
    await session.connect({ apiKey: 'any', url: `${plain.url.replace('http', 'ws')}/v1/realtime` });
    const count = (type: string) => events.filter((event) => event.type === type).length;
    const send = (pcm: Buffer) => session.sendAudio(Uint8Array.from(pcm).buffer);

    await speak('question-001-clean', 20_000, send, () => count('response.output_audio.delta') > 0);
    expect(events.map((event) => event.type).join(' ')).toContain('response.output_audio.delta');
    for (let i = 0; i < 500 && count('response.done') < 1; i++) await pause(20);
    expect(audioBytes).toBeGreaterThan(0);
    const replies = count('response.created');
    await speak('question-001-clean', 20_000, send, () => count('response.created') > replies);
    expect(count('response.created')).toBeGreaterThan(replies);
    for (let i = 0; i < 1000 && count('response.done') < 2; i++) await pause(20);
    const users = history.flatMap((item) => (item.type === 'message' && item.role === 'user' ? [JSON.stringify(item.content)] : []));
    expect(users).toHaveLength(2);
    expect(understood(users[0]!, fixture('question-001-clean').transcript)).toBeGreaterThan(0.5);
    expect(errors).toEqual([]);
    session.close();
  });
});
