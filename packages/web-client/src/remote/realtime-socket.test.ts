import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { encodeBinaryFrame, SOTTO_SUBPROTOCOL } from '@sotto/pipeline/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RealtimeSocket } from './realtime-socket.ts';

/** The server's own WebSocket library, from where the server has it. */
const ws = createRequire(new URL('../../../server/package.json', import.meta.url))('ws') as {
  WebSocket: typeof WebSocket;
  WebSocketServer: new (options: object) => WsServer;
};
type WsServer = { address(): AddressInfo; close(): void; on(event: 'connection', listener: (socket: WsConnection, request: { url: string; headers: Record<string, string> }) => void): void; clients: Set<WsConnection> };
type WsConnection = { send(data: string | Uint8Array): void; close(code?: number, reason?: string): void; terminate(): void; on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): void };

/** A server that greets, and keeps what it is asked and told. */
class Server {
  readonly addresses: URL[] = [];
  readonly protocols: string[] = [];
  readonly received: string[] = [];
  readonly #server: WsServer;
  current!: WsConnection;

  constructor(onConnection: (connection: WsConnection, count: number) => void) {
    this.#server = new ws.WebSocketServer({ port: 0, host: '127.0.0.1' });
    this.#server.on('connection', (connection, request) => {
      this.current = connection;
      this.addresses.push(new URL(request.url, 'http://server'));
      this.protocols.push(request.headers['sec-websocket-protocol'] ?? '');
      connection.on('message', (data, isBinary) => this.received.push(isBinary ? `${data.length} bytes` : data.toString()));
      onConnection(connection, this.addresses.length);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  close(): void {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }

  static async listening(onConnection: (connection: WsConnection, count: number) => void): Promise<Server> {
    const server = new Server(onConnection);
    await once(server.#server as never, 'listening');
    return server;
  }
}

const greeting = (type: 'resumable' | 'resumed') => JSON.stringify({ type: `sotto.session.${type}`, event_id: `event_${type}`, session_id: 'sess_1', resume_token: 'token_1', resume_within_ms: 30_000 });

let server: Server | undefined;
let socket: RealtimeSocket | undefined;
let states: string[];
let events: string[];

beforeEach(() => {
  vi.stubGlobal('WebSocket', ws.WebSocket);
});
afterEach(() => {
  socket?.close();
  server?.close();
  vi.unstubAllGlobals();
});

async function connect(onConnection: (connection: WsConnection, count: number) => void, apiKey?: string): Promise<RealtimeSocket> {
  server = await Server.listening(onConnection);
  // What the connection of the test before still tells while it closes must not come in here.
  const [toldStates, toldEvents]: [string[], string[]] = [[], []];
  [states, events] = [toldStates, toldEvents];
  socket = new RealtimeSocket({
    url: server.url,
    apiKey,
    onEvent: ({ type }) => toldEvents.push(type),
    onAudio: ({ payload }) => toldEvents.push(`${payload.length} bytes of audio`),
    onState: (state, error) => toldStates.push(error === undefined ? state : `${state}: ${error.code}`),
  });
  return socket;
}

describe('a connection', () => {
  test('asks for the realtime path and the subprotocol, with the key beside it, and is there once greeted', async () => {
    const opened = await connect((connection) => connection.send(greeting('resumable')), 'secret');
    await opened.connect();
    expect(server?.addresses[0]?.pathname).toBe('/v1/realtime');
    expect(server?.protocols[0]?.split(',')).toEqual([SOTTO_SUBPROTOCOL, 'openai-insecure-api-key.secret']);
    expect(events).toEqual(['sotto.session.resumable']);
    expect(states).toEqual(['opened']);
  });

  test('that is refused for want of room rejects with the typed error', async () => {
    const opened = await connect((connection) => connection.close(1013, 'overloaded: 8 sessions'));
    await expect(opened.connect()).rejects.toMatchObject({ code: 'VOICE_ERR_OVERLOADED', message: expect.stringContaining('8 sessions') });
  });

  test('that drops comes back to its session where it left off, and sends what waited meanwhile in order', async () => {
    const opened = await connect((connection, count) => connection.send(greeting(count === 1 ? 'resumable' : 'resumed')));
    await opened.connect();
    server?.current.send(encodeBinaryFrame({ kind: 'output-audio', last: false, stream: 3, position: 4800, payload: new Uint8Array(960) }));
    await vi.waitFor(() => expect(events).toContain('960 bytes of audio'));
    server?.current.terminate();
    await vi.waitFor(() => expect(states).toContain('reconnecting'));
    opened.send({ type: 'first' });
    opened.sendAudio(new Uint8Array(100));
    opened.send({ type: 'second' });
    await vi.waitFor(() => expect(server?.received).toHaveLength(3), { timeout: 20_000 });
    expect(server?.received).toEqual(['{"type":"first"}', '{"type":"second"}', '100 bytes']);
    // 960 bytes are 480 samples: asked to go on after the last of them, the server sends none twice.
    expect(Object.fromEntries(server!.addresses[1]!.searchParams)).toEqual({ resume: 'token_1', last_event_id: 'event_resumable', stream: '3', position: '5280' });
    expect(states).toEqual(['opened', 'reconnecting', 'resumed']);
  });

  test.each([
    ['with a goodbye that this side did not say', 1000, ''],
    ['without a code', 1005, ''],
    ['because the server shuts down', 1001, 'draining: the server is shutting down'],
    ['because nothing was said for long', 1008, 'idle: nothing was received for 300000 ms'],
  ])('that ends %s comes back', async (_, code, reason) => {
    const opened = await connect((connection, count) => connection.send(greeting(count === 1 ? 'resumable' : 'resumed')));
    await opened.connect();
    if (code === 1005) server?.current.close();
    else server?.current.close(code, reason);
    await vi.waitFor(() => expect(states).toEqual(['opened', 'reconnecting', 'resumed']), { timeout: 20_000 });
  });

  test('to a session that is over goes on in a new one, without what was meant for the old', async () => {
    const opened = await connect((connection, count) => {
      if (count === 2) connection.close(1008, 'session_expired: there is no session to come back to; open a new one');
      else connection.send(greeting('resumable'));
    });
    await opened.connect();
    server?.current.close(1000);
    await vi.waitFor(() => expect(states).toContain('reconnecting'));
    opened.send({ type: 'conversation.item.truncate' });
    await vi.waitFor(() => expect(states).toEqual(['opened', 'reconnecting', 'opened']), { timeout: 20_000 });
    opened.send({ type: 'session.update' });
    await vi.waitFor(() => expect(server?.received).toEqual(['{"type":"session.update"}']));
    expect(server?.addresses.map(({ searchParams }) => searchParams.get('resume'))).toEqual([null, 'token_1', null]);
  });

  test('that ended for a fault of this side is not brought back', async () => {
    const opened = await connect((connection) => connection.send(greeting('resumable')));
    await opened.connect();
    server?.current.close(1008, 'audio_rate: audio arrives faster than 1.5 times real time');
    await vi.waitFor(() => expect(states).toHaveLength(2));
    expect(states).toEqual(['opened', 'closed: VOICE_ERR_DOWNLOAD']);
    expect(server?.addresses).toHaveLength(1);
  });

  test('that is aborted before it was greeted rejects with the signal\'s reason', async () => {
    const opened = await connect(() => undefined);
    const controller = new AbortController();
    const connecting = opened.connect(controller.signal);
    opened.send({ type: 'waits' });
    await vi.waitFor(() => expect(server?.addresses).toHaveLength(1));
    // Node's WebSocket reports a close during the handshake as an error; a browser's does not.
    await new Promise((resolve) => setTimeout(resolve, 100));
    controller.abort(new Error('another engine was chosen'));
    await expect(connecting).rejects.toThrow('another engine was chosen');
  });
});
