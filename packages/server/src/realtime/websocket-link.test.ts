import { EventEmitter } from 'node:events';
import { CLOSE_CODES } from '@sotto/pipeline/protocol';
import { FakeClock } from '@sotto/pipeline/testing';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { WebSocketLink } from './websocket-link.ts';

/** A connection whose peer reads nothing. */
class UnreadSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  readonly closes: { readonly code: number; readonly reason: string }[] = [];
  terminated = false;

  send(message: string | Uint8Array): void {
    this.bufferedAmount += message.length;
  }

  close(code: number, reason: string): void {
    this.closes.push({ code, reason });
    this.readyState = 2;
  }

  terminate(): void {
    this.terminated = true;
    this.emit('close');
  }
}

function setUp() {
  const socket = new UnreadSocket();
  const clock = new FakeClock();
  const link = new WebSocketLink(socket as unknown as WebSocket, clock, { highWaterBytes: 100, cutOffBytes: 1000, slowReaderMs: 500 });
  return { socket, clock, link };
}
const slowReader = { code: CLOSE_CODES.slow_reader, reason: expect.stringMatching(/^slow_reader: /) as string };

describe('a client that does not read', () => {
  it('is cut off when too much waits for it, and is sent nothing more', async () => {
    const { socket, clock, link } = setUp();
    link.sendText('x'.repeat(1000));
    expect(socket.closes).toEqual([]);
    link.sendText('x');
    link.sendText('x');
    expect(socket.closes).toEqual([slowReader]);
    expect([link.closing, socket.bufferedAmount]).toEqual(['slow_reader', 1001]);
    await clock.advance(0);
    expect(socket.terminated).toBe(true);
  });

  it('is cut off when it stays behind for too long', async () => {
    const { socket, clock, link } = setUp();
    link.sendText('x'.repeat(200));
    const drained = link.drained();
    await clock.advance(400);
    expect(socket.closes).toEqual([]);
    await clock.advance(200);
    await drained;
    expect(socket.closes).toEqual([slowReader]);
  });

  it('is waited for while it catches up in time', async () => {
    const { socket, clock, link } = setUp();
    link.sendText('x'.repeat(200));
    const drained = link.drained();
    await clock.advance(300);
    socket.bufferedAmount = 0;
    await clock.advance(300);
    await drained;
    expect(socket.closes).toEqual([]);
  });
});

it('a peer that does not answer a close is cut after a while', async () => {
  const { socket, clock, link } = setUp();
  link.close('idle', 'é'.repeat(200));
  expect(Buffer.byteLength(socket.closes[0]!.reason)).toBeLessThanOrEqual(123);
  expect(socket.closes[0]!.reason).toMatch(/^idle: é+$/);
  await clock.advance(1900);
  expect(socket.terminated).toBe(false);
  await clock.advance(200);
  expect(socket.terminated).toBe(true);
});
