import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { type Socket, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@sotto/pipeline';
import { scriptedTts, scriptedVad, silenceSamples, speechSamples } from '@sotto/pipeline/testing';
import { describe, expect, it } from 'vitest';
import { TestClient } from '../realtime/testing/test-client.ts';
import { startTestServer } from '../realtime/testing/test-server.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What a handshake is answered with when it is refused. */
function handshake(url: string, headers: Record<string, string> = {}): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url.replace('ws', 'http'), { headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'), ...headers } });
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: '' });
    });
    request.on('response', (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    request.on('error', reject);
    request.end();
  });
}

describe('who may come in', () => {
  it('is asked for a key in every way that clients send one', async () => {
    await using host = await startTestServer({ settings: { apiKeys: ['right', 'also-right'] } });
    for (const headers of [{}, { Authorization: 'Bearer wrong' }, { Authorization: 'Basic right' }, { 'Sec-WebSocket-Protocol': 'realtime, openai-insecure-api-key.wrong' }] as Record<string, string>[]) {
      const refused = await handshake(host.realtimeUrl, headers);
      expect(refused.status).toBe(401);
      expect(JSON.parse(refused.body)).toMatchObject({ error: { code: 'VOICE_ERR_UNAUTHORIZED' } });
    }
    expect((await handshake(host.realtimeUrl, { Authorization: 'Bearer also-right' })).status).toBe(101);
    expect((await handshake(host.realtimeUrl, { 'api-key': 'right' })).status).toBe(101);
    const browser = await TestClient.connect(host.realtimeUrl, ['realtime', 'openai-insecure-api-key.right', 'openai-agents-sdk.1']);
    expect(browser.socket.protocol).toBe('realtime');
    await browser.close();
  });

  it('is not a page of another origin, unless it is allowed', async () => {
    await using host = await startTestServer({ settings: { allowedOrigins: ['https://kiosk.example'] } });
    expect((await handshake(host.realtimeUrl, { Origin: 'https://evil.example' })).status).toBe(403);
    expect((await handshake(host.realtimeUrl, { Origin: 'null' })).status).toBe(403);
    expect((await handshake(host.realtimeUrl, { Origin: 'https://kiosk.example' })).status).toBe(101);
    expect((await handshake(host.realtimeUrl, { Origin: host.server.url })).status).toBe(101);
    expect((await fetch(`${host.server.url}/v1/models`, { headers: { Origin: 'https://evil.example' } })).status).toBe(403);
    const allowed = await fetch(`${host.server.url}/v1/models`, { headers: { Origin: 'https://kiosk.example' } });
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://kiosk.example');
  });

  it('speaks a version of the extension that is spoken here', async () => {
    await using host = await startTestServer();
    const refused = await handshake(host.realtimeUrl, { 'Sec-WebSocket-Protocol': 'sotto.v9' });
    expect([refused.status, JSON.parse(refused.body)]).toMatchObject([400, { error: { code: 'VOICE_ERR_VERSION' } }]);
    const newer = await TestClient.connect(host.realtimeUrl, ['sotto.v9', 'sotto.v1']);
    expect(newer.socket.protocol).toBe('sotto.v1');
    await newer.close();
  });

  it('sends no more than is allowed at once', async () => {
    await using host = await startTestServer({ settings: { maxUploadBytes: 2048 } });
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array(4096)]), 'long.wav');
    const answer = await fetch(`${host.server.url}/v1/audio/transcriptions`, { method: 'POST', body: form });
    expect([answer.status, await answer.json()]).toMatchObject([413, { error: { code: 'VOICE_ERR_MESSAGE_TOO_LARGE' } }]);
  });

  it('finds no WebSocket elsewhere', async () => {
    await using host = await startTestServer();
    expect((await handshake(host.realtimeUrl.replace('realtime', 'elsewhere'))).status).toBe(404);
  });
});

describe('a full server', () => {
  it('refuses at once, with a reason and a time, and lets in who comes when there is room', async () => {
    await using host = await startTestServer({ settings: { maxSessions: 2 } });
    const inside = [await TestClient.connect(host.realtimeUrl), await TestClient.connect(host.realtimeUrl)];
    const refused = await handshake(host.realtimeUrl);
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect(JSON.parse(refused.body)).toMatchObject({ error: { code: 'VOICE_ERR_OVERLOADED', type: 'rate_limit_error' } });
    expect((await fetch(`${host.server.url}/readyz`)).status).toBe(503);
    const browser = new TestClient(host.realtimeUrl, ['realtime'], { origin: host.server.url });
    expect(await browser.closed).toMatchObject({ code: 1013, reason: expect.stringMatching(/^overloaded: All 2 sessions are taken; try again in 5 s/) as string });
    await inside[0]!.close();
    await pause(50);
    const late = await TestClient.connect(host.realtimeUrl);
    await late.close();
    await inside[1]!.close();
  });

  it('is rid of whom it refused, although they never close their side', async () => {
    await using host = await startTestServer({ settings: { maxSessions: 1 } });
    const inside = await TestClient.connect(host.realtimeUrl);
    const upgrade = 'GET /v1/realtime HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';
    const lingering = Array.from({ length: 10 }, () => connect({ port: host.server.port, host: '127.0.0.1', allowHalfOpen: true }, function (this: Socket) { this.write(upgrade); }));
    const answers = await Promise.all(lingering.map((socket) => new Promise<string>((resolve) => socket.once('data', (data: Buffer) => resolve(data.toString())))));
    expect(answers.map((answer) => answer.split(' ')[1])).toEqual(Array(10).fill('503'));
    for (let i = 0; i < 100 && (await host.server.connectionCount()) > 1; i++) await pause(20);
    expect(await host.server.connectionCount()).toBe(1);
    for (const socket of lingering) socket.destroy();
    await inside.close();
  });

  it('refuses a stampede', async () => {
    await using host = await startTestServer({ settings: { maxAdmissionsPerSecond: 3 } });
    const statuses = await Promise.all(Array.from({ length: 8 }, () => handshake(host.realtimeUrl).then(({ status }) => status)));
    expect(statuses.filter((status) => status === 101)).toHaveLength(3);
    expect(statuses.filter((status) => status === 503)).toHaveLength(5);
  });

  it('goes by how long audio waits, not by how many are there', async () => {
    const vad = scriptedVad({ clock: systemClock, delayMs: 40 });
    await using host = await startTestServer({ settings: { maxQueueDelayMs: 20 }, engines: { vad } });
    const client = await TestClient.connect(host.realtimeUrl);
    client.sendAudio(silenceSamples(1500, 24_000));
    await pause(2500);
    const refused = await handshake(host.realtimeUrl);
    expect(refused.status).toBe(503);
    expect(JSON.parse(refused.body)).toMatchObject({ error: { message: expect.stringMatching(/^Audio already waits \d+ ms/) as string } });
    await client.close();
  });
});

describe('each way of ending a connection', () => {
  it.each([
    ['idle', { idleMs: 150 }, 1008, async () => {}],
    ['session_expired', { maxSessionMs: 1000 }, 1008, async () => {}],
    ['message_too_large', { maxMessageBytes: 2048 }, 1009, async (client: TestClient): Promise<void> => void client.send({ type: 'input_audio_buffer.append', audio: 'A'.repeat(4096) })],
    [
      'audio_rate',
      { audioBurstMs: 1000, maxAudioRate: 1 },
      1008,
      async (client: TestClient): Promise<void> => {
        client.sendAudio(silenceSamples(1000, 24_000));
        client.sendAudio(silenceSamples(4000, 24_000));
        await client.next('error', { where: ({ error }) => error.code === 'audio_rate_exceeded' && error.type === 'rate_limit_error' });
      },
    ],
    ['protocol_error', {}, 1002, async (client: TestClient): Promise<void> => void (client.socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(Buffer.from('f1ff', 'hex'))],
    ['invalid_utf8', {}, 1007, async (client: TestClient): Promise<void> => client.socket.send(Buffer.from('ff', 'hex'), { binary: false })],
  ] as const)('%s', async (reason, settings, code, provoke) => {
    await using host = await startTestServer({ settings });
    const client = await TestClient.connect(host.realtimeUrl);
    await provoke(client);
    const closed = await client.closed;
    expect(closed.code).toBe(code);
    if (code === 1008) expect(closed.reason).toMatch(new RegExp(`^${reason}: `));
    await pause(50);
    expect(host.server.sessionCount).toBe(0);
  });

  it('normal', async () => {
    await using host = await startTestServer();
    const client = await TestClient.connect(host.realtimeUrl);
    await client.close(1000);
    expect((await client.closed).code).toBe(1000);
  });

  it('internal, when no session can be opened', async () => {
    const broken = { ...scriptedVad(), openStream: (): never => { throw new Error('no detector'); } };
    await using host = await startTestServer({ engines: { vad: broken } });
    const client = new TestClient(host.realtimeUrl);
    expect(await client.closed).toMatchObject({ code: 1011, reason: 'internal: VOICE_ERR_ENGINE_FAILED' });
    expect(host.server.sessionCount).toBe(0);
  });

  it('slow_reader, who holds up nobody else', async () => {
    await using host = await startTestServer({
      settings: { sendBufferBytes: 4096, maxSendBufferBytes: 64 * 1024, slowReaderMs: 300 },
      answer: () => 'word '.repeat(90),
    });
    const slow = await TestClient.connect(host.realtimeUrl);
    const quick = await TestClient.connect(host.realtimeUrl);
    (slow.socket as unknown as { _socket: { pause(): void } })._socket.pause();
    for (let i = 0; i < 400; i++) slow.send({ type: 'session.update', session: { instructions: 'x'.repeat(20_000) } });
    for (let i = 0; i < 40 && host.server.sessionCount === 2; i++) await pause(250);
    expect(host.server.sessionCount).toBe(1);
    quick.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'still there?' }] } });
    quick.send({ type: 'response.create', response: { output_modalities: ['text'] } });
    expect((await quick.next('response.done')).response.status).toBe('completed');
    slow.socket.terminate();
    await quick.close();
  });

  it('draining', async () => {
    await using host = await startTestServer();
    const client = await TestClient.connect(host.realtimeUrl);
    await host.server.drain();
    expect(await client.closed).toMatchObject({ code: 1001, reason: expect.stringMatching(/^draining/) as string });
  });
});

describe('shutting down', () => {
  const SENTENCE = 'One two three four five six seven eight nine ten.';

  it('lets twenty running turns finish, cuts none, and takes in nobody new', async () => {
    await using host = await startTestServer({ answer: () => SENTENCE });
    const clients = await Promise.all(Array.from({ length: 20 }, () => TestClient.connect(host.realtimeUrl)));
    for (const client of clients) {
      client.sendAudio(speechSamples(600, 24_000));
      client.sendAudio(silenceSamples(1200, 24_000));
    }
    await Promise.all(clients.map((client) => client.next('response.created')));
    const drained = host.server.drain();
    await pause(20);
    expect(await (await fetch(`${host.server.url}/readyz`)).json()).toEqual({ ready: false, reason: 'draining' });
    expect((await handshake(host.realtimeUrl)).status).toBe(503);
    expect((await fetch(`${host.server.url}/v1/audio/speech`, { method: 'POST', body: '{"input":"x"}' })).status).toBe(503);
    await drained;
    for (const client of clients) {
      const done = client.ofType('response.done');
      expect(done.map(({ response }) => response.status)).toEqual(['completed']);
      expect(done[0]?.response.output[0]).toMatchObject({ content: [{ transcript: SENTENCE }] });
      expect((await client.closed).code).toBe(1001);
    }
  });

  it('ends by the deadline although a job hangs', async () => {
    const hanging = {
      ...scriptedTts({ clock: systemClock }),
       
      async *synthesize(): AsyncGenerator<never> {
        await new Promise(() => {});
      },
    };
    await using host = await startTestServer({ settings: { drainMs: 500 }, engines: { tts: hanging } });
    const client = await TestClient.connect(host.realtimeUrl);
    client.sendAudio(speechSamples(600, 24_000));
    client.sendAudio(silenceSamples(1200, 24_000));
    await client.next('response.created');
    await host.server.drain();
    expect((await client.closed).code).toBe(1001);
  });
});

describe('what the operator sees', () => {
  it('tells health and metrics', async () => {
    await using host = await startTestServer();
    expect(await (await fetch(`${host.server.url}/livez`)).json()).toEqual({ alive: true });
    expect(await (await fetch(`${host.server.url}/readyz`)).json()).toEqual({ ready: true, reason: 'ready' });
    const client = await TestClient.connect(host.realtimeUrl);
    client.sendAudio(speechSamples(600, 24_000));
    client.sendAudio(silenceSamples(1200, 24_000));
    await client.next('response.done');
    await handshake(host.realtimeUrl, { Origin: 'https://evil.example' });
    await pause(100);
    const text = await (await fetch(`${host.server.url}/metrics`)).text();
    expect(text).toMatch(/^sotto_sessions 1$/m);
    expect(text).toMatch(/^sotto_rejects_total\{reason="VOICE_ERR_UNAUTHORIZED"\} 1$/m);
    expect(text).toMatch(/^sotto_turn_stage_seconds_count\{stage="endpointing"\} 1$/m);
    expect(text).toMatch(/^sotto_queue_delay_seconds_count\{stage="vad"\} \d\d+$/m);
    expect(text).toMatch(/^sotto_queue_delay_seconds_count\{stage="llm"\} [1-9]/m);
    expect(text).toContain('sotto_worker_restarts_total');
    await client.close();
  });

  it.each([[false], [true]])('logs what was said only when asked to (%s)', async (logSpeech) => {
    const lines: string[] = [];
    await using host = await startTestServer({ settings: { logSpeech }, onLog: (line) => lines.push(line), texts: ['my secret question'], answer: () => 'My secret answer.' });
    const client = await TestClient.connect(host.realtimeUrl);
    client.sendAudio(speechSamples(600, 24_000));
    client.sendAudio(silenceSamples(1200, 24_000));
    await client.next('response.done');
    await client.close();
    await host.server.drain();
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.every((line) => typeof JSON.parse(line) === 'object')).toBe(true);
    expect(lines.join('').includes('secret')).toBe(logSpeech);
  });

  it('serves the page isolated, and nothing outside its folder', async () => {
    const root = mkdtempSync(join(tmpdir(), 'sotto-page-'));
    const page = join(root, 'page');
    mkdirSync(join(page, 'assets'), { recursive: true });
    writeFileSync(join(root, 'secret.txt'), 'WHAT NOBODY MAY READ');
    writeFileSync(join(page, 'index.html'), '<title>Sotto</title>');
    writeFileSync(join(page, 'assets', 'app-a1b2c3d4.js'), 'export {};');
    writeFileSync(join(page, 'ort-wasm-simd-threaded.wasm'), 'of this release');
    symlinkSync(join(root, 'secret.txt'), join(page, 'link.txt'));
    await using host = await startTestServer({ settings: { pageDirectory: page } });
    const index = await fetch(`${host.server.url}/`);
    expect(await index.text()).toContain('Sotto');
    expect(Object.fromEntries(index.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'content-security-policy': expect.stringContaining("default-src 'self'") as string,
      'cache-control': 'no-cache',
    });
    expect((await fetch(`${host.server.url}/assets/app-a1b2c3d4.js`)).headers.get('cache-control')).toContain('immutable');
    // A name that stays from release to release must be asked for each time, and fetched only when it changed.
    const runtime = await fetch(`${host.server.url}/ort-wasm-simd-threaded.wasm`);
    expect(runtime.headers.get('cache-control')).toBe('no-cache');
    const again = () => fetch(`${host.server.url}/ort-wasm-simd-threaded.wasm`, { headers: { 'If-None-Match': runtime.headers.get('etag')! } });
    expect((await again()).status).toBe(304);
    writeFileSync(join(page, 'ort-wasm-simd-threaded.wasm'), 'of the next release');
    expect(await (await again()).text()).toBe('of the next release');
    for (const path of ['/secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt', '/link.txt', '/assets', '/%00', '/%zz', '/nowhere']) {
      const answer = await new Promise<number>((resolve) => {
        const socket = connect(host.server.port, '127.0.0.1', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`));
        let text = '';
        socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
        socket.on('close', () => resolve(text.includes('NOBODY') ? 0 : Number(text.split(' ')[1])));
      });
      expect([path, answer]).toEqual([path, 404]);
    }
  });
});
