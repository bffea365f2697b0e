import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** The network between a page and its server, which a test can cut. */
export class TcpProxy implements AsyncDisposable {
  readonly url: string;
  /** The first line of what each connection asked for. */
  readonly requests: string[];
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  readonly #state: { isCut: boolean };

  private constructor(server: Server, sockets: Set<Socket>, requests: string[], state: { isCut: boolean }) {
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.requests = requests;
    this.#server = server;
    this.#sockets = sockets;
    this.#state = state;
  }

  static async to(target: string): Promise<TcpProxy> {
    const port = Number(new URL(target).port);
    const sockets = new Set<Socket>();
    const requests: string[] = [];
    const state = { isCut: false };
    const server = createServer((near) => {
      if (state.isCut) return near.resetAndDestroy();
      near.once('data', (data) => requests.push(data.toString('latin1').split('\r\n')[0] ?? ''));
      const far = connect(port, '127.0.0.1');
      for (const [socket, other] of [[near, far], [far, near]] as const) {
        sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, sockets, requests, state);
  }

  /** Breaks every connection without a goodbye, and lets none through until {@link mend}. */
  cut(): void {
    this.#state.isCut = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  mend(): void {
    this.#state.isCut = false;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    return Promise.resolve();
  }
}
