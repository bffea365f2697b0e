import type { SentServerEvent, ServerEventOf, ServerEventType } from '@sotto/pipeline/protocol';
import { type ClientOptions, WebSocket } from 'ws';

/** Longest wait for an event; far beyond what a loaded machine needs. */
const WAIT_MS = 20_000;

type Waiter = { readonly matches: (event: SentServerEvent) => boolean; readonly resolve: (event: SentServerEvent) => void };

/** A plain client that keeps everything it was sent. */
export class TestClient {
  readonly socket: WebSocket;
  readonly events: SentServerEvent[] = [];
  readonly frames: Buffer[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  #waiters: Waiter[] = [];
  #eventId = 0;

  constructor(url: string, protocols: readonly string[] = [], options: ClientOptions = {}) {
    this.socket = new WebSocket(url, [...protocols], options);
    this.closed = new Promise((resolve) => this.socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })));
    this.socket.on('error', () => {});
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.frames.push(data);
      else this.#take(JSON.parse(data.toString()) as SentServerEvent);
    });
  }

  /** Connects and waits for the session. */
  static async connect(url: string, protocols?: readonly string[], options?: ClientOptions): Promise<TestClient> {
    const client = new TestClient(url, protocols, options);
    await client.next('session.created');
    return client;
  }

  /** Sends an event with an id of its own. @returns the id. */
  send(event: Readonly<Record<string, unknown>>): string {
    const event_id = `client_${++this.#eventId}`;
    this.socket.send(JSON.stringify({ event_id, ...event }));
    return event_id;
  }

  /** The first event of this type, past or coming, from index `since` on. */
  async next<T extends ServerEventType>(type: T, options: { readonly since?: number; readonly where?: (event: ServerEventOf<T> & { event_id: string }) => boolean } = {}): Promise<ServerEventOf<T> & { event_id: string }> {
    const matches = (event: SentServerEvent) => event.type === type && (options.where?.(event) ?? true);
    const past = this.events.slice(options.since ?? 0).find(matches);
    if (past !== undefined) return past;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        reject(new Error(`No ${type} came. Got: ${this.types().join(', ')}`));
      }, WAIT_MS);
      const waiter: Waiter = {
        matches,
        resolve: (event) => {
          clearTimeout(timer);
          resolve(event);
        },
      };
      this.#waiters.push(waiter);
    });
  }

  ofType<T extends ServerEventType>(type: T): (ServerEventOf<T> & { event_id: string })[] {
    return this.events.filter((event) => event.type === type);
  }

  /** Types in order of arrival, deltas of one kind folded into one. */
  types(since = 0): string[] {
    const types: string[] = [];
    for (const { type } of this.events.slice(since)) if (!(type.endsWith('.delta') && types.includes(type))) types.push(type);
    return types;
  }

  /** Sends PCM16 24 kHz audio in the pieces of a microphone. */
  sendAudio(samples: Float32Array, pieceMs = 100): void {
    const pcm = Int16Array.from(samples, (sample) => Math.round(Math.max(-1, Math.min(1, sample)) * 32767));
    const pieceLength = (24_000 * pieceMs) / 1000;
    for (let offset = 0; offset < pcm.length; offset += pieceLength) {
      const piece = pcm.slice(offset, offset + pieceLength);
      this.send({ type: 'input_audio_buffer.append', audio: Buffer.from(piece.buffer).toString('base64') });
    }
  }

  async close(code = 1000): Promise<void> {
    this.socket.close(code);
    await this.closed;
  }

  #take(event: SentServerEvent): void {
    this.events.push(event);
    const ready = this.#waiters.filter(({ matches }) => matches(event));
    this.#waiters = this.#waiters.filter((waiter) => !ready.includes(waiter));
    for (const { resolve } of ready) resolve(event);
  }
}
