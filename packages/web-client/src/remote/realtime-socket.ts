import type { VoiceError } from '@sotto/pipeline';
import { ProtocolError } from '@sotto/pipeline';
import { decodeBinaryFrame, type BinaryFrame, CLOSE_CODES, type SentServerEvent, SOTTO_SUBPROTOCOL } from '@sotto/pipeline/protocol';

export type RealtimeSocketOptions = {
  /** `http(s)://` or `ws(s)://` address of the server; `/v1/realtime` is added if missing. */
  readonly url: string;
  readonly apiKey?: string | undefined;
  readonly onEvent: (event: SentServerEvent) => void;
  readonly onAudio: (frame: BinaryFrame) => void;
  /** `reconnecting` while a dropped connection is being brought back; `closed` when it is given up. */
  readonly onState: (state: 'connected' | 'reconnecting' | 'closed', error?: VoiceError) => void;
};

/** Messages that may wait while a connection is brought back; older ones are of no use by then. */
const UNSENT_MESSAGE_COUNT_MAX = 64;
const RECONNECT_DELAYS_MS = [250, 500, 1000, 2000, 4000];
/** Unsent bytes above which microphone audio is dropped rather than delayed: two seconds of 24 kHz PCM16. */
const BUFFERED_BYTES_MAX = 96_000;

/** A connection to `/v1/realtime` that comes back to its session when it drops. */
export class RealtimeSocket {
  readonly #options: RealtimeSocketOptions;
  #socket: WebSocket | undefined;
  #unsent: string[] = [];
  #resumeToken: string | undefined;
  #resumeWithinMs = 0;
  #lastEventId = '';
  #lastAudio: { stream: number; position: number } | undefined;
  #droppedMs: number | undefined;
  #attempt = 0;
  #closed = false;

  constructor(options: RealtimeSocketOptions) {
    this.#options = options;
  }

  /** Resolves when the server has greeted. Rejects with a typed error when it cannot be reached or refuses. */
  connect(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.close();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#open((error) => {
        signal?.removeEventListener('abort', onAbort);
        if (error === undefined) resolve();
        else reject(error);
      });
    });
  }

  send(event: Readonly<Record<string, unknown>>): void {
    const message = JSON.stringify(event);
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(message);
    else if (this.#unsent.length < UNSENT_MESSAGE_COUNT_MAX) this.#unsent.push(message);
  }

  /** Sends one binary frame; dropped while there is no connection or it is too slow. */
  sendAudio(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#socket?.readyState === WebSocket.OPEN && this.#socket.bufferedAmount < BUFFERED_BYTES_MAX) this.#socket.send(frame);
  }

  close(): void {
    this.#closed = true;
    this.#socket?.close(CLOSE_CODES.normal);
  }

  #open(settle: (error?: VoiceError) => void): void {
    const { apiKey } = this.#options;
    const protocols = [SOTTO_SUBPROTOCOL, ...(apiKey === undefined ? [] : [`openai-insecure-api-key.${apiKey}`])];
    const socket = new WebSocket(this.#address(), protocols);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    let greeted = false;
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      this.#take(data);
      if (greeted) return;
      greeted = true;
      this.#onGreeted();
      settle();
    };
    socket.onclose = (event) => {
      if (this.#closed) return this.#options.onState('closed');
      if (greeted || this.#droppedMs !== undefined) this.#onDropped(event);
      else settle(refusalOf(event, this.#options.url));
    };
  }

  #address(): string {
    const address = new URL(this.#options.url, globalThis.location?.href);
    address.protocol = address.protocol === 'https:' || address.protocol === 'wss:' ? 'wss:' : 'ws:';
    if (!address.pathname.endsWith('/v1/realtime')) address.pathname = `${address.pathname.replace(/\/$/, '')}/v1/realtime`;
    if (this.#resumeToken !== undefined) {
      address.searchParams.set('resume', this.#resumeToken);
      address.searchParams.set('last_event_id', this.#lastEventId);
      if (this.#lastAudio !== undefined) {
        address.searchParams.set('stream', String(this.#lastAudio.stream));
        address.searchParams.set('position', String(this.#lastAudio.position));
      }
    }
    return address.href;
  }

  #onGreeted(): void {
    this.#attempt = 0;
    this.#droppedMs = undefined;
    const unsent = this.#unsent;
    this.#unsent = [];
    for (const message of unsent) this.#socket?.send(message);
    this.#options.onState('connected');
  }

  #onDropped(event: CloseEvent): void {
    const nowMs = performance.now();
    this.#droppedMs ??= nowMs;
    const tooLate = this.#resumeToken === undefined || nowMs - this.#droppedMs > this.#resumeWithinMs;
    const meant = event.code === CLOSE_CODES.session_expired && event.reason !== '';
    if (tooLate || meant) {
      this.#closed = true;
      this.#options.onState('closed', refusalOf(event, this.#options.url));
      return;
    }
    this.#options.onState('reconnecting');
    const delayMs = RECONNECT_DELAYS_MS[Math.min(this.#attempt++, RECONNECT_DELAYS_MS.length - 1)] ?? 4000;
    setTimeout(() => {
      if (!this.#closed) this.#open(() => undefined);
    }, delayMs * (0.5 + Math.random()));
  }

  #take(data: string | ArrayBuffer): void {
    if (typeof data !== 'string') {
      const frame = decodeBinaryFrame(new Uint8Array(data));
      this.#lastAudio = { stream: frame.stream, position: frame.position };
      this.#options.onAudio(frame);
      return;
    }
    const event = JSON.parse(data) as SentServerEvent;
    this.#lastEventId = event.event_id;
    if (event.type === 'sotto.session.resumable' || event.type === 'sotto.session.resumed') {
      this.#resumeToken = event.resume_token;
      this.#resumeWithinMs = event.resume_within_ms;
    }
    this.#options.onEvent(event);
  }
}

function refusalOf({ code, reason }: CloseEvent, url: string): VoiceError {
  if (code === CLOSE_CODES.overloaded) return new ProtocolError('VOICE_ERR_OVERLOADED', `The server is full${reason === '' ? '' : ` (${reason})`}; try again in a moment`, { stage: 'transport', retryable: true });
  if (/unauthori[sz]ed|api key/i.test(reason)) return new ProtocolError('VOICE_ERR_UNAUTHORIZED', `The server wants a key: ${reason}`, { stage: 'transport' });
  return new ProtocolError('VOICE_ERR_DOWNLOAD', `The connection to ${url} ended (${code}${reason === '' ? '' : `: ${reason}`}); check that the server runs`, { stage: 'transport', retryable: true });
}
