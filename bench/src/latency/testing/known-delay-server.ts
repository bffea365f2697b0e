import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TurnWaterfall } from '@sotto/pipeline';
import { decodeBinaryFrame, encodeBinaryFrame, encodeWireAudio, SOTTO_SUBPROTOCOL } from '@sotto/pipeline/protocol';
import { type WebSocket, WebSocketServer } from 'ws';

const FORMAT = { type: 'audio/pcm', rate: 24_000 } as const;

export type KnownDelays = {
  /** When in each connection's audio the question ends. */
  readonly speechEndMs: number;
  readonly thinkingMs: number;
  /** Of the reply's audio before its first audible sample. */
  readonly leadingSilenceMs: number;
  /** A wait before the reply is sent that the server's own account leaves out. */
  readonly hiddenStallMs?: number;
};

/** A Realtime server over real sockets that answers after known delays and keeps what they really were. */
export class KnownDelayServer implements AsyncDisposable {
  readonly url: string;
  /** For each turn, last speech sample received → first audible sample sent, by this server's clock. */
  readonly trueLatenciesMs: number[] = [];
  readonly #server: WebSocketServer;
  readonly #delays: KnownDelays;

  private constructor(server: WebSocketServer, delays: KnownDelays) {
    this.#server = server;
    this.#delays = delays;
    this.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (socket) => this.#serve(socket));
  }

  static async start(delays: KnownDelays): Promise<KnownDelayServer> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => SOTTO_SUBPROTOCOL });
    await once(server, 'listening');
    return new KnownDelayServer(server, delays);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: WebSocket): void {
    const speechEndSample = (this.#delays.speechEndMs * FORMAT.rate) / 1000;
    let hasHeard = false;
    tell(socket, { type: 'session.created' });
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (!isBinary) return tell(socket, { type: 'session.updated' });
      const { position, payload } = decodeBinaryFrame(new Uint8Array(data));
      if (position === 0) tell(socket, { type: 'input_audio_buffer.speech_started' });
      if (hasHeard || position + payload.length / 2 < speechEndSample) return;
      hasHeard = true;
      tell(socket, { type: 'input_audio_buffer.speech_stopped' });
      void this.#answer(socket, performance.now());
    });
  }

  async #answer(socket: WebSocket, heardMs: number): Promise<void> {
    const { thinkingMs, leadingSilenceMs, hiddenStallMs = 0 } = this.#delays;
    await sleep(thinkingMs);
    const thoughtMs = performance.now() - heardMs;
    if (hiddenStallMs > 0) await sleep(hiddenStallMs);
    const samples = Float32Array.from({ length: ((leadingSilenceMs + 20) * FORMAT.rate) / 1000 }, (_, i) => (i < (leadingSilenceMs * FORMAT.rate) / 1000 ? 0 : 0.5));
    this.trueLatenciesMs.push(performance.now() - heardMs + leadingSilenceMs);
    socket.send(encodeBinaryFrame({ kind: 'output-audio', last: true, stream: 1, position: 0, payload: encodeWireAudio(samples, FORMAT) }));
    const waterfall: TurnWaterfall = { totalMs: thoughtMs + leadingSilenceMs, stages: [{ name: 'thinking', startMs: 0, durationMs: thoughtMs }, { name: 'playout', startMs: thoughtMs, durationMs: leadingSilenceMs }], unattributedMs: 0 };
    tell(socket, { type: 'sotto.turn.latency', waterfall });
    tell(socket, { type: 'response.done', response: { status: 'completed' } });
  }
}

function tell(socket: WebSocket, event: Readonly<Record<string, unknown>>): void {
  socket.send(JSON.stringify(event));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
