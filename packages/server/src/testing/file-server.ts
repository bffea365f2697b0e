import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the next answers go wrong; each fault is used once, in order, then the server behaves. */
export type ServerFault =
  | { readonly type: 'break-off'; readonly afterBytes: number }
  | { readonly type: 'stall'; readonly afterBytes: number }
  | { readonly type: 'wrong-length'; readonly declaredBytes: number }
  | { readonly type: 'wrong-bytes' }
  | { readonly type: 'status'; readonly status: number }
  | { readonly type: 'redirect'; readonly location: string; readonly status?: number }
  | { readonly type: 'wrong-range' }
  /** Another file under the same name: new bytes, new tag. */
  | { readonly type: 'replace'; readonly bytes: Uint8Array };

export type ServedRequest = { readonly path: string; readonly range: string | undefined; readonly ifRange: string | undefined };

/** Serves files over HTTP with ranges and tags, and misbehaves on demand; for tests of downloads. */
export class FaultyFileServer implements AsyncDisposable {
  readonly requests: ServedRequest[] = [];
  readonly faults: ServerFault[] = [];
  /** Path (with leading slash) → contents. */
  readonly files: Map<string, Uint8Array>;
  readonly #server: Server;

  private constructor(files: Map<string, Uint8Array>) {
    this.files = files;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(files: Readonly<Record<string, Uint8Array>>): Promise<FaultyFileServer> {
    const server = new FaultyFileServer(new Map(Object.entries(files)));
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url!, this.origin).pathname;
    this.requests.push({ path, range: request.headers.range, ifRange: request.headers['if-range'] as string | undefined });
    const fault = this.faults.shift();
    if (fault?.type === 'redirect') return void response.writeHead(fault.status ?? 302, { location: fault.location }).end();
    if (fault?.type === 'status') return void response.writeHead(fault.status).end();
    if (fault?.type === 'replace') this.files.set(path, fault.bytes);
    const whole = this.files.get(path);
    if (!whole) return void response.writeHead(404).end();

    const etag = `"${whole.length}-${whole[0]}-${whole.at(-1)}"`;
    const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    const isRange = from !== undefined && request.headers['if-range'] === etag;
    const start = isRange ? Number(from) : 0;
    const body = fault?.type === 'wrong-bytes' ? whole.map((byte) => byte ^ 0xff) : whole;
    const rangeStart = fault?.type === 'wrong-range' ? start + 1 : start;
    response.writeHead(isRange ? 206 : 200, {
      'etag': etag,
      'content-length': fault?.type === 'wrong-length' ? fault.declaredBytes : body.length - start,
      ...(isRange && { 'content-range': `bytes ${rangeStart}-${body.length - 1}/${body.length}` }),
    });
    if (fault?.type !== 'break-off' && fault?.type !== 'stall') return void response.end(body.subarray(start));
    await new Promise<void>((resolve) => response.write(body.subarray(start, start + fault.afterBytes), () => resolve()));
    // The bytes must leave before the line is cut.
    if (fault.type === 'break-off') setTimeout(() => response.socket?.destroy(), 30);
  }
}
