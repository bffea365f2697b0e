import { decodeBinaryFrame } from '@sotto/pipeline/protocol';
import type { Page } from 'playwright-core';

type ClientMessage = { readonly type: string; readonly item?: { readonly role: string; readonly content: readonly { readonly text: string }[] } };

/** What a page and its server say to each other, over all connections. */
export class WireRecording {
  readonly sent: ClientMessage[] = [];
  /** Speech from the server: frames in the order in which they came. */
  readonly frames: { readonly stream: number; readonly position: number; readonly sampleCount: number }[] = [];

  constructor(page: Page) {
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => {
        if (typeof payload === 'string') this.sent.push(JSON.parse(payload) as ClientMessage);
      });
      socket.on('framereceived', ({ payload }) => {
        if (typeof payload === 'string') return;
        const frame = decodeBinaryFrame(new Uint8Array(payload));
        if (frame.payload.length > 0) this.frames.push({ stream: frame.stream, position: frame.position, sampleCount: frame.payload.length / 2 });
      });
    });
  }
}
