import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { VoiceError } from '@sotto/pipeline';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { AudioDevices } from '../audio-devices.ts';
import { RemoteSession } from './remote-session.ts';

/** The server's own WebSocket library, from where the server has it. */
const { WebSocket: NodeWebSocket, WebSocketServer } = createRequire(new URL('../../../server/package.json', import.meta.url))('ws') as {
  WebSocket: typeof WebSocket;
  WebSocketServer: new (options: object) => NodeJS.EventEmitter & { address(): AddressInfo; close(): void };
};

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** The errors that a page is told when its server says this. */
async function errorsOf(...codes: readonly string[]): Promise<VoiceError[]> {
  vi.stubGlobal('WebSocket', NodeWebSocket);
  // Sound is not the subject, and Node has none.
  vi.spyOn(AudioDevices, 'open').mockResolvedValue({ [Symbol.asyncDispose]: () => Promise.resolve(), isListening: false } as never);
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (connection: { send(text: string): void }) => {
    connection.send(JSON.stringify({ type: 'session.created', event_id: 'event_0', session: {} }));
    for (const code of codes) connection.send(JSON.stringify({ type: 'error', event_id: `event_${code}`, error: { type: 'server_error', code, message: `about ${code}`, param: null, event_id: null } }));
  });
  await once(server, 'listening');
  const errors: VoiceError[] = [];
  const session = await RemoteSession.open({ onEvent: (event) => void (event.type === 'error' && errors.push(event.error)) } as never, { url: `http://127.0.0.1:${server.address().port}` });
  await vi.waitFor(() => expect(errors).toHaveLength(codes.length));
  await session[Symbol.asyncDispose]();
  server.close();
  return errors;
}

describe('an error event of the server', () => {
  test('keeps a code of Sotto, and any other becomes one of a message that was refused', async () => {
    const errors = await errorsOf('VOICE_ERR_WORKER_CRASHED', 'invalid_value', 'rate_limit_exceeded');
    expect(errors.map(({ code }) => code)).toEqual(['VOICE_ERR_WORKER_CRASHED', 'VOICE_ERR_BAD_MESSAGE', 'VOICE_ERR_BAD_MESSAGE']);
    expect(errors[1]).toMatchObject({ stage: 'transport', message: 'about invalid_value' });
  });
});
