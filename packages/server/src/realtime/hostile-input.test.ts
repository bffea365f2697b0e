import { connect, type Socket } from 'node:net';
import { createVoiceSession, systemClock } from '@sotto/pipeline';
import { SOTTO_SUBPROTOCOL, type SentServerEvent, WIRE_ERROR_CODES, defaultSessionConfig, parseClientEvent } from '@sotto/pipeline/protocol';
import { scriptedEngines } from '@sotto/pipeline/testing';
import { describe, expect, it } from 'vitest';
import { RealtimeSession } from './realtime-session.ts';
import { EventFuzzer } from './testing/event-fuzzer.ts';
import { heapInUse } from './testing/memory.ts';
import { SeededRandom } from './testing/seeded-random.ts';
import { TestClient } from './testing/test-client.ts';
import { type TestServer, startTestServer } from './testing/test-server.ts';

const EVENT_COUNT = 200_000;
/** Part of them that goes over real sockets; the rest goes where sockets hand them over. */
const SOCKET_EVENT_COUNT = 20_000;
const RAW_COUNT = 20_000;
/** Sent in one go; less than what sockets and buffers hold. */
const BACKLOG_COUNT = 4000;
const ATTACKER_COUNT = 100;
const EVENTS_PER_SESSION = 5000;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A server that takes all it is given: here its limits would only hide faults. */
const fearless = () => startTestServer({ answer: () => 'Yes.', settings: { audioBurstMs: 3_600_000, maxAdmissionsPerSecond: 100_000, maxSessions: 10_000, maxSendBufferBytes: 64 * 1024 * 1024 } });

async function healthy(host: TestServer): Promise<void> {
  const client = await TestClient.connect(host.realtimeUrl);
  client.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'well?' }] } });
  client.send({ type: 'response.create', response: { output_modalities: ['text'] } });
  expect((await client.next('response.done')).response.status).toBe('completed');
  await client.close();
}

async function untilEmpty(host: TestServer): Promise<void> {
  for (let i = 0; i < 100 && host.server.sessionCount > 0; i++) await pause(50);
  expect(host.server.sessionCount).toBe(0);
}

describe('hostile input', () => {
  it(`survives ${EVENT_COUNT - SOCKET_EVENT_COUNT} fuzzed events and ends with the memory it began with`, { timeout: 900_000 }, async () => {
    const random = new SeededRandom(10);
    await attackSession(random, 5000);
    const before = await heapInUse();
    const faults = new Set<string>();
    for (let sent = 0; sent < EVENT_COUNT - SOCKET_EVENT_COUNT; sent += EVENTS_PER_SESSION) for (const fault of await attackSession(random, EVENTS_PER_SESSION)) faults.add(fault);
    expect([...faults]).toEqual([]);
    expect((await heapInUse()) / before).toBeLessThan(1.3);
  });

  it(`survives ${SOCKET_EVENT_COUNT} fuzzed events over sockets and loses none of the others' turns`, { timeout: 900_000 }, async () => {
    await using host = await fearless();
    const random = new SeededRandom(11);
    const faults = new Set<string>();
    const attack = async (extended: boolean) => {
      const client = await TestClient.connect(host.realtimeUrl, extended ? [SOTTO_SUBPROTOCOL] : []);
      const fuzzer = new EventFuzzer(random);
      for (let sent = 0; sent < EVENTS_PER_SESSION; ) {
        for (let i = 0; i < 250; i++, sent++) {
          if (extended && random.next() < 0.2) client.socket.send(random.bytes(random.below(64)));
          else client.socket.send(fuzzer.next());
        }
        // Everything sent was read once this is answered.
        const marker = client.send({ type: 'conversation.item.retrieve', item_id: 'marker' });
        await client.next('error', { where: ({ error }) => error.event_id === marker });
        for (const { error } of client.ofType('error')) noteFault(faults, error);
        client.events.length = 0;
        client.frames.length = 0;
      }
      client.socket.close();
      await client.closed;
    };
    for (let sent = 0; sent < SOCKET_EVENT_COUNT; sent += 2 * EVENTS_PER_SESSION) await Promise.all([attack(false), attack(true), healthy(host)]);
    expect([...faults]).toEqual([]);
    await untilEmpty(host);
  });

  it('lets nobody wait for the backlog of another', async () => {
    await using host = await fearless();
    const flooding = await TestClient.connect(host.realtimeUrl);
    const patient = await TestClient.connect(host.realtimeUrl);
    for (let i = 0; i < BACKLOG_COUNT; i++) flooding.send({ type: 'conversation.item.retrieve', item_id: 'none' });
    patient.send({ type: 'conversation.item.retrieve', item_id: 'none' });
    await patient.next('error');
    const answeredBefore = flooding.ofType('error').length;
    for (let i = 0; i < 200 && flooding.ofType('error').length < BACKLOG_COUNT; i++) await pause(50);
    expect(flooding.ofType('error')).toHaveLength(BACKLOG_COUNT);
    expect(answeredBefore).toBeLessThan(BACKLOG_COUNT / 4);
    await Promise.all([flooding.close(), patient.close()]);
  });

  it(`survives ${RAW_COUNT} malformed handshakes and frames without leaking a socket`, { timeout: 600_000 }, async () => {
    await using host = await fearless();
    const random = new SeededRandom(12);
    const rawAttack = () => attackOnce(host.server.port, random);
    await Promise.all(Array.from({ length: 200 }, rawAttack));
    const before = await heapInUse();
    const attackers = Array.from({ length: ATTACKER_COUNT }, async () => {
      for (let i = 0; i < RAW_COUNT / ATTACKER_COUNT; i++) await rawAttack();
    });
    await Promise.all(attackers);
    await untilEmpty(host);
    await healthy(host);
    await untilEmpty(host);
    expect(await connectionCount(host)).toBe(0);
    expect((await heapInUse()) / before).toBeLessThan(1.5);
  });
});

function noteFault(faults: Set<string>, { type, code, message }: { readonly type: string; readonly code: string; readonly message: string }): void {
  const known = type === 'server_error' ? code === 'VOICE_ERR_CAPTURE_OVERRUN' : (WIRE_ERROR_CODES as readonly string[]).includes(code);
  if (!known) faults.add(`${type} ${code}: ${message}`);
}

/** Drives one session to its end with events as they come from a socket. @returns what should not have been said. */
async function attackSession(random: SeededRandom, eventCount: number): Promise<Set<string>> {
  const faults = new Set<string>();
  const engines = scriptedEngines(systemClock, { texts: ['what'], answer: () => 'Yes.' });
  await using session = await RealtimeSession.open({
    engines,
    createSession: createVoiceSession,
    clock: systemClock,
    config: defaultSessionConfig('any', 'tone'),
    extended: random.next() < 0.5,
    expiresAtSeconds: 0,
    leadMs: 20_000,
    keptBytesMax: 100_000,
    takeAudio: () => true,
    onSessionEvent: () => {},
  });
  const link = {
    sendText: (message: string) => {
      const event = JSON.parse(message) as SentServerEvent;
      if (event.type === 'error') noteFault(faults, event.error);
    },
    sendBinary: () => {},
    drained: () => Promise.resolve(),
  };
  session.attach(link, []);
  const fuzzer = new EventFuzzer(random);
  for (let sent = 0; sent < eventCount; sent++) {
    const parsed = parseClientEvent(fuzzer.next());
    if (parsed.ok) session.handle(parsed.event);
    else session.refuse(parsed.error, parsed.eventId);
    if (sent % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return faults;
}

async function connectionCount(host: TestServer): Promise<number> {
  for (let i = 0; i < 40; i++) {
    const count = await host.server.connectionCount();
    if (count === 0) return 0;
    await pause(100);
  }
  return host.server.connectionCount();
}

const GOOD_HANDSHAKE = ['GET /v1/realtime HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${Buffer.alloc(16, 1).toString('base64')}`];

/** One connection that breaks the rules in one way, up to its end. */
function attackOnce(port: number, random: SeededRandom): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    // Whatever the server thinks of it, no attacker stays for ever.
    const timer = setTimeout(() => socket.destroy(), 150);
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.on('connect', () => (random.next() < 0.4 ? badHandshake(socket, random) : badFrames(socket, random)));
    socket.on('end', () => socket.destroy());
    socket.resume();
  });
}

function badHandshake(socket: Socket, random: SeededRandom): void {
  const lines = [...GOOD_HANDSHAKE];
  const at = random.below(lines.length);
  const flaw = random.below(6);
  if (flaw === 0) lines.splice(at, 1);
  else if (flaw === 1) lines[at] = random.bytes(20).toString('latin1');
  else if (flaw === 2) lines[5] = `Sec-WebSocket-Key: ${'k'.repeat(random.below(40))}`;
  else if (flaw === 3) lines[4] = `Sec-WebSocket-Version: ${random.below(20)}`;
  else if (flaw === 4) lines.push(`Sec-WebSocket-Protocol: ${random.pick([',,', 'a b', '\u0001', 'x'.repeat(5000)])}`);
  else lines.push(`X-Long: ${'y'.repeat(random.below(40_000))}`);
  const text = `${lines.join('\r\n')}\r\n\r\n`;
  socket.write(random.next() < 0.2 ? text.slice(0, random.below(text.length)) : text);
  if (random.next() < 0.3) socket.end();
}

function badFrames(socket: Socket, random: SeededRandom): void {
  socket.write(`${GOOD_HANDSHAKE.join('\r\n')}\r\n\r\n`);
  const masked = (first: number, payload: Buffer) => Buffer.concat([Buffer.of(first, 0x80 | payload.length), Buffer.alloc(4), payload]);
  socket.once('data', () => {
    socket.write(
      random.pick([
        () => Buffer.of(0x81, 0x05, 1, 2, 3, 4, 5),
        () => masked(0xf1, Buffer.from('{}')),
        () => masked(0x83, Buffer.from('{}')),
        () => masked(0x80, Buffer.from('x')),
        () => masked(0x81, Buffer.of(0xff, 0xfe)),
        () => masked(0x88, Buffer.of(0x03)),
        () => masked(0x88, Buffer.of(0x03, 0xed)),
        () => masked(0x88, Buffer.of(0x03, 0xe8, 0xff)),
        () => Buffer.of(0x89, 0xfe, 0x00, 0x80, 0, 0, 0, 0),
        () => masked(0x09, Buffer.from('ping')),
        () => Buffer.concat([Buffer.of(0x81, 0xff), Buffer.alloc(8, 0xff), Buffer.alloc(4)]),
        () => Buffer.concat([Buffer.of(0x81, 0xff, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff), Buffer.alloc(4)]),
        () => Buffer.concat([masked(0x01, Buffer.from('{')), masked(0x81, Buffer.from('}'))]),
        () => Buffer.concat(Array.from({ length: 100 }, () => masked(0x01, Buffer.from('{')).fill(0x00, 0, 1))),
        () => random.bytes(random.below(300)),
      ])(),
    );
    if (random.next() < 0.5) socket.end();
  });
}
