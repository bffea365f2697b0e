import type { VoiceError } from '@sotto/pipeline';
import { ProtocolError } from '@sotto/pipeline';
import { decodeBinaryFrame, type BinaryFrame, CLOSE_CODES, type SentServerEvent, SOTTO_SUBPROTOCOL } from '@sotto/pipeline/protocol';

export type RealtimeSocketOptions = {
  /** `http(s)://` or `ws(s)://` address of the server; `/v1/realtime` is added if missing. */
  readonly url: string;
  readonly apiKey?: string | undefined;
  readonly onEvent: (event: SentServerEvent) => void;
  readonly onAudio: (frame: BinaryFrame) => void;
  readonly onState: (state: SocketState, error?: VoiceError) => void;
};

/**
 * `opened`: in a session that knows nothing yet; `resumed`: back in the session of before, which lost nothing;
 * `reconnecting`: dropped and being brought back; `closed`: over, by this side or for a reason that would come again.
 */
export type SocketState = 'opened' | 'resumed' | 'reconnecting' | 'closed';

/** Messages that may wait while a connection is brought back; older ones are of no use by then. */
const UNSENT_MESSAGE_COUNT_MAX = 64;
const RECONNECT_DELAYS_MS = [250, 500, 1000, 2000, 4000];
/** Unsent bytes above which microphone audio is dropped rather than delayed: two seconds of 24 kHz PCM16. */
const BUFFERED_BYTES_MAX = 96_000;
/** Microphone audio that is kept while a connection is brought back, so that a short drop loses no word: five seconds of it. */
const KEPT_AUDIO_BYTES_MAX = 240_000;
/** PCM16, which a session speaks unless it is told otherwise. */
const BYTES_PER_SAMPLE = 2;
/** Closes that tell of a fault of this side, which would be made again. Others of the same codes say more in their reason. */
const FINAL_CLOSES: ReadonlySet<number> = new Set([CLOSE_CODES.protocol_error, CLOSE_CODES.invalid_utf8, CLOSE_CODES.message_too_large]);
const FINAL_REASON = /^(audio_rate|superseded)\b|unauthori[sz]ed|api key/i;

/**
 * A connection to `/v1/realtime` that comes back by itself whenever it ends and
 * this side did not want it to: into the session of before while the server
 * keeps it, else into a new one, which has to be told everything again.
 */
export class RealtimeSocket {
  readonly #options: RealtimeSocketOptions;
  #socket: WebSocket | undefined;
  #unsent: string[] = [];
  #unsentAudio: Uint8Array<ArrayBuffer>[] = [];
  #unsentAudioBytes = 0;
  #resumeToken: string | undefined;
  #lastEventId = '';
  /** The stream that was heard last, and the position after its last sample. */
  #lastAudio: { stream: number; position: number } | undefined;
  #attempt = 0;
  #closed = false;
  #cancelRetry = () => {};

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

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Sends an event, or keeps it until the session is back; a new session does not get what the old one was to be told. */
  send(event: Readonly<Record<string, unknown>>): void {
    const message = JSON.stringify(event);
    if (this.isOpen) this.#socket?.send(message);
    else if (this.#unsent.length < UNSENT_MESSAGE_COUNT_MAX) this.#unsent.push(message);
  }

  /** Sends one binary frame; dropped when the connection is too slow, and the oldest when it is away for long. */
  sendAudio(frame: Uint8Array<ArrayBuffer>): void {
    if (this.isOpen) {
      if (this.#socket!.bufferedAmount < BUFFERED_BYTES_MAX) this.#socket!.send(frame);
      return;
    }
    this.#unsentAudio.push(frame);
    this.#unsentAudioBytes += frame.length;
    while (this.#unsentAudioBytes > KEPT_AUDIO_BYTES_MAX) this.#unsentAudioBytes -= this.#unsentAudio.shift()!.length;
  }

  /** Gives up the session that a dropped connection would come back to. */
  forgetSession(): void {
    this.#resumeToken = undefined;
    this.#lastAudio = undefined;
    this.#unsent = [];
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetry();
    this.#socket?.close(CLOSE_CODES.normal);
  }

  /** @param settleFirst of the first connection: refused, it is not tried again. */
  #open(settleFirst?: (error?: VoiceError) => void): void {
    const { apiKey, url, onState } = this.#options;
    const protocols = [SOTTO_SUBPROTOCOL, ...(apiKey === undefined ? [] : [`openai-insecure-api-key.${apiKey}`])];
    const resumes = this.#resumeToken !== undefined;
    const socket = new WebSocket(this.#address(), protocols);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    let greeted = false;
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      this.#take(data);
      if (greeted) return;
      greeted = true;
      this.#onGreeted(resumes);
      settleFirst?.();
    };
    socket.onclose = (event) => {
      if (this.#closed) return onState('closed');
      if (greeted || settleFirst === undefined) this.#onDropped(event);
      else settleFirst(refusalOf(event, url));
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

  #onGreeted(resumed: boolean): void {
    this.#attempt = 0;
    const { onState } = this.#options;
    const messages = resumed ? this.#unsent : [];
    const audio = this.#unsentAudio;
    this.#unsent = [];
    this.#unsentAudio = [];
    this.#unsentAudioBytes = 0;
    onState(resumed ? 'resumed' : 'opened');
    for (const message of [...messages, ...audio]) this.#socket?.send(message);
  }

  #onDropped(event: CloseEvent): void {
    if (FINAL_CLOSES.has(event.code) || FINAL_REASON.test(event.reason)) {
      this.#closed = true;
      this.#options.onState('closed', refusalOf(event, this.#options.url));
      return;
    }
    if (/^(session_expired|internal)\b/.test(event.reason)) this.forgetSession();
    if (this.#attempt === 0) this.#options.onState('reconnecting');
    const delayMs = RECONNECT_DELAYS_MS[Math.min(this.#attempt++, RECONNECT_DELAYS_MS.length - 1)] ?? 4000;
    this.#retryAfter(delayMs * (0.5 + Math.random()));
  }

  /** Waits, but not longer than until the network is there again. */
  #retryAfter(delayMs: number): void {
    const retry = () => {
      this.#cancelRetry();
      this.#open();
    };
    const timer = setTimeout(retry, delayMs);
    globalThis.addEventListener?.('online', retry);
    this.#cancelRetry = () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.('online', retry);
    };
  }

  #take(data: string | ArrayBuffer): void {
    if (typeof data !== 'string') {
      const frame = decodeBinaryFrame(new Uint8Array(data));
      this.#lastAudio = { stream: frame.stream, position: (frame.position + frame.payload.length / BYTES_PER_SAMPLE) >>> 0 };
      this.#options.onAudio(frame);
      return;
    }
    const event = JSON.parse(data) as SentServerEvent;
    this.#lastEventId = event.event_id;
    if (event.type === 'sotto.session.resumable' || event.type === 'sotto.session.resumed') this.#resumeToken = event.resume_token;
    this.#options.onEvent(event);
  }
}

function refusalOf({ code, reason }: CloseEvent, url: string): VoiceError {
  if (code === CLOSE_CODES.overloaded) return new ProtocolError('VOICE_ERR_OVERLOADED', `The server is full${reason === '' ? '' : ` (${reason})`}; try again in a moment`, { stage: 'transport', retryable: true });
  if (/unauthori[sz]ed|api key/i.test(reason)) return new ProtocolError('VOICE_ERR_UNAUTHORIZED', `The server wants a key: ${reason}`, { stage: 'transport' });
  return new ProtocolError('VOICE_ERR_DOWNLOAD', `The connection to ${url} ended (${code}${reason === '' ? '' : `: ${reason}`}); check that the server runs`, { stage: 'transport', retryable: true });
}
