import type { Clock } from '@sotto/pipeline';
import { type CloseReason, CLOSE_CODES } from '@sotto/pipeline/protocol';
import type { WebSocket } from 'ws';
import type { ClientLink } from './event-outlet.ts';

/** How often a full connection is looked at again. */
const DRAIN_CHECK_INTERVAL_MS = 20;
/** How long a peer may take to answer a close before the connection is cut. */
const CLOSE_GRACE_MS = 2000;

export type LinkLimits = {
  /** Bytes waiting for the client beyond which speech waits too. */
  readonly highWaterBytes: number;
  /** Bytes waiting for the client beyond which it is cut off. */
  readonly cutOffBytes: number;
  /** How long a client may stay above the high-water mark. */
  readonly slowReaderMs: number;
};

/** Sends over one WebSocket, and ends it when its reader is too slow. */
export class WebSocketLink implements ClientLink {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #limits: LinkLimits;
  #closing: CloseReason | undefined;

  constructor(socket: WebSocket, clock: Clock, limits: LinkLimits) {
    this.#socket = socket;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Why this side ended the connection; undefined while it has not. */
  get closing(): CloseReason | undefined {
    return this.#closing;
  }

  sendText(message: string): void {
    this.#send(message);
  }

  sendBinary(message: Uint8Array): void {
    this.#send(message);
  }

  async drained(): Promise<void> {
    const startedMs = this.#clock.nowMs();
    while (this.#open && this.#socket.bufferedAmount > this.#limits.highWaterBytes) {
      if (this.#clock.nowMs() - startedMs > this.#limits.slowReaderMs) {
        this.close('slow_reader', `${this.#socket.bufferedAmount} bytes were not read for ${this.#limits.slowReaderMs} ms`);
        return;
      }
      await this.#clock.sleep(DRAIN_CHECK_INTERVAL_MS);
    }
  }

  /** Ends the connection; a peer that does not answer the close is cut. */
  close(reason: CloseReason, detail: string): void {
    if (this.#closing !== undefined) return;
    this.#closing = reason;
    // A close frame carries at most 123 bytes of reason.
    this.#socket.close(CLOSE_CODES[reason], Buffer.from(`${reason}: ${detail}`).subarray(0, 123).toString('utf8').replace(/\uFFFD+$/, ''));
    const cut = reason === 'slow_reader' ? 0 : CLOSE_GRACE_MS;
    const cancel = this.#clock.schedule(cut, () => this.#socket.terminate());
    this.#socket.once('close', cancel);
  }

  get #open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN && this.#closing === undefined;
  }

  #send(message: string | Uint8Array): void {
    if (!this.#open) return;
    this.#socket.send(message);
    if (this.#socket.bufferedAmount > this.#limits.cutOffBytes) this.close('slow_reader', `${this.#socket.bufferedAmount} bytes wait to be read`);
  }
}
