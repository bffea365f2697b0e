import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname } from 'node:path';
import { readBody, servePageFile } from '@sotto/server';
import type { CorpusUtterance } from '../corpus/utterance.ts';
import type { BrowserBenchReport, BrowserBenchSetup } from './browser-result.ts';
import type { BuiltBenchPage } from './build-bench-page.ts';
import type { OfferedModels } from './offered-models.ts';

/** A result of ten thousand recordings has a tenth of this. */
const REPORT_BYTES_MAX = 64_000_000;

export type BenchPageServerOptions = {
  readonly page: Pick<BuiltBenchPage, 'folder' | 'assetsFolder'>;
  readonly models: OfferedModels;
  readonly utterances: readonly CorpusUtterance[];
  readonly setup: Omit<BrowserBenchSetup, 'utterances'>;
  readonly onReport: (report: BrowserBenchReport) => void;
};

/** Serves the page, its models and the recordings to browsers on this machine, isolated from other origins, and takes the page's reports. */
export class BenchPageServer implements AsyncDisposable {
  readonly #options: BenchPageServerOptions;
  readonly #http: Server;

  private constructor(options: BenchPageServerOptions) {
    this.#options = options;
    // A path that cannot be decoded names nothing.
    this.#http = createServer((request, response) => void this.#answer(request, response).catch(() => end(response, 404)));
  }

  static async start(options: BenchPageServerOptions): Promise<BenchPageServer> {
    const server = new BenchPageServer(options);
    await new Promise<void>((resolve, reject) => {
      server.#http.once('error', reject);
      server.#http.listen(0, '127.0.0.1', resolve);
    });
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `${this.origin}/bench.html`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    this.#http.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    // Under another name this could be a page of elsewhere whose name was pointed at this machine.
    if (`http://${request.headers.host}` !== this.origin) return end(response, 403);
    if (path === '/report') return this.#takeReport(request, response);
    if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405);
    if (path === '/setup.json') return sendJson(response, this.#setup());
    if (path === '/sotto/models/index.json') return sendJson(response, this.#options.models.manifests);
    const [folder, file] = this.#locate(path);
    if (folder === undefined || !(await servePageFile(folder, file, response, request.method === 'HEAD'))) end(response, 404);
  }

  /** The folder that serves a path, and the path in it. */
  #locate(path: string): readonly [folder: string | undefined, file: string] {
    const { page, models, utterances } = this.#options;
    const model = /^\/sotto\/models\/([^/]+)\/(.+)$/.exec(path);
    if (model !== null) return [models.folders.get(decodeURIComponent(model[1]!)), model[2]!];
    const audio = /^\/audio\/(\d+)$/.exec(path);
    const audioPath = audio === null ? undefined : utterances[Number(audio[1])]?.audioPath;
    if (audioPath !== undefined) return [dirname(audioPath), encodeURIComponent(basename(audioPath))];
    if (path.startsWith('/sotto/')) return [page.assetsFolder, path.slice('/sotto/'.length)];
    return [page.folder, path === '/' ? 'bench.html' : path.slice(1)];
  }

  #setup(): BrowserBenchSetup {
    const utterances = this.#options.utterances.map(({ audioPath: _path, ...spoken }, index) => ({ ...spoken, audioUrl: `./audio/${index}` }));
    return { ...this.#options.setup, utterances };
  }

  /** Only from the page itself: any page may send to an address on this machine. */
  async #takeReport(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST' || request.headers.origin !== this.origin) return end(response, 403);
    try {
      const body = await readBody(request, REPORT_BYTES_MAX);
      const report = JSON.parse(body.toString('utf8')) as BrowserBenchReport;
      end(response, 204);
      this.#options.onReport(report);
    } catch {
      end(response, 400);
    }
  }
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-cache', 'Cross-Origin-Resource-Policy': 'same-origin', 'X-Content-Type-Options': 'nosniff' }).end(JSON.stringify(value));
}

function end(response: ServerResponse, status: number): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status).end();
}
