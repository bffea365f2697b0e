import type { Clock } from '@sotto/pipeline';
import { WireError, decodeBinaryFrame, parseClientEvent } from '@sotto/pipeline/protocol';
import type { RawData, WebSocket } from 'ws';
import { type LinkLimits, WebSocketLink } from './websocket-link.ts';
import type { RealtimeSession } from './realtime-session.ts';

/** How often an idle connection is pinged, so that middle boxes keep it; a missing pong proves nothing, some firmware never answers. */
const PING_INTERVAL_MS = 30_000;

export type ConnectionLimits = LinkLimits & {
  /** Silence of the client, in events and audio, after which it is sent away. */
  readonly idleMs: number;
  /** Events taken in one second; reading pauses for the rest of it. */
  readonly eventsPerSecond: number;
};

export type RealtimeConnectionOptions = {
  readonly socket: WebSocket;
  readonly session: RealtimeSession;
  readonly extended: boolean;
  readonly clock: Clock;
  readonly limits: ConnectionLimits;
  /** Called once. `clean` when the client said goodbye or this side ended the session for good. */
  readonly onClosed: (end: { readonly code: number; readonly clean: boolean; readonly bytesReceived: number }) => void;
};

/** Closes that are meant: with a code, as a page that is left, or without any code. */
const GOODBYES: readonly number[] = [1000, 1001, 1005];

/** One WebSocket of a session: reads messages, keeps the limits, notices the end. */
export class RealtimeConnection {
  readonly link: WebSocketLink;
  readonly #options: RealtimeConnectionOptions;
  #lastMessageMs: number;
  #bytesReceived = 0;
  #secondStartedMs: number;
  #eventsThisSecond = 0;
  #cancelIdleCheck = () => {};
  #cancelPing = () => {};
  #cancelThrottle = () => {};

  constructor(options: RealtimeConnectionOptions) {
    this.#options = options;
    const { socket, clock, limits } = options;
    this.link = new WebSocketLink(socket, clock, limits);
    this.#lastMessageMs = clock.nowMs();
    this.#secondStartedMs = clock.nowMs();
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    socket.on('close', (code) => this.#onClose(code));
    // A broken stream is reported by the close that follows.
    socket.on('error', () => {});
    this.#checkIdle();
    this.#ping();
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    const { session } = this.#options;
    const bytes = data as Buffer;
    this.#lastMessageMs = this.#options.clock.nowMs();
    this.#bytesReceived += bytes.length;
    this.#throttle();
    if (isBinary) this.#onBinary(bytes);
    else {
      const parsed = parseClientEvent(bytes.toString('utf8'));
      if (parsed.ok) session.handle(parsed.event);
      else session.refuse(parsed.error, parsed.eventId);
    }
  }

  #onBinary(bytes: Buffer): void {
    const { session, extended } = this.#options;
    if (!extended) {
      session.refuse(new WireError('unexpected_binary', `A binary message of ${bytes.length} bytes came without the subprotocol sotto.v1; send audio as input_audio_buffer.append`), undefined);
      return;
    }
    try {
      session.handleFrame(decodeBinaryFrame(bytes));
    } catch (thrown) {
      if (!(thrown instanceof WireError)) throw thrown;
      session.refuse(thrown, undefined);
    }
  }

  /** One client must not keep the others waiting: beyond its share of events it is read later. */
  #throttle(): void {
    const { clock, socket, limits } = this.#options;
    const nowMs = clock.nowMs();
    if (nowMs - this.#secondStartedMs >= 1000) {
      this.#secondStartedMs = nowMs;
      this.#eventsThisSecond = 0;
    }
    if (++this.#eventsThisSecond <= limits.eventsPerSecond || socket.isPaused) return;
    socket.pause();
    this.#cancelThrottle = clock.schedule(this.#secondStartedMs + 1000 - nowMs, () => socket.resume());
  }

  #checkIdle(): void {
    const { clock, limits } = this.#options;
    const leftMs = this.#lastMessageMs + limits.idleMs - clock.nowMs();
    if (leftMs <= 0) this.link.close('idle', `nothing was received for ${limits.idleMs} ms`);
    else this.#cancelIdleCheck = clock.schedule(leftMs, () => this.#checkIdle());
  }

  #ping(): void {
    const { clock, socket } = this.#options;
    this.#cancelPing = clock.schedule(PING_INTERVAL_MS, () => {
      if (socket.readyState === socket.OPEN) socket.ping();
      this.#ping();
    });
  }

  #onClose(code: number): void {
    this.#cancelIdleCheck();
    this.#cancelPing();
    this.#cancelThrottle();
    const { closing } = this.link;
    // A slow or idle reader may have a bad line; it can come back like one that just vanished.
    const ended = closing !== undefined && closing !== 'slow_reader' && closing !== 'idle';
    this.#options.onClosed({ code, clean: ended || GOODBYES.includes(code), bytesReceived: this.#bytesReceived });
  }
}
