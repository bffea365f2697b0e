import type { VoiceEngines } from '@sotto/pipeline';
import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { handleChat } from '../http/chat-completions.ts';
import { handleClientSecret } from '../http/client-secrets.ts';
import { HttpError, toHttpError } from '../http/http-error.ts';
import type { RouteContext } from '../http/route-context.ts';
import { handleSpeech } from '../http/speech.ts';
import { handleTranscription } from '../http/transcriptions.ts';
import type { Logger } from '../operations/logger.ts';
import type { ServerMetrics } from '../operations/metrics.ts';
import { wireId } from '../realtime/wire-ids.ts';
import type { Authentication, Identity } from './authentication.ts';
import { isAllowedOrigin } from './origin-check.ts';
import { servePageFile } from './page-files.ts';
import { type ServeConfig, isLoopback } from './serve-config.ts';

/** The page as it is built in the repository; from sources and from the built server it is the same way off. */
const BUILT_PAGE_DIRECTORY = fileURLToPath(new URL('../../../web-client/dist-page', import.meta.url));

export type HttpRoutesOptions = {
  readonly config: ServeConfig;
  readonly engines: { forSession(sessionKey: string): VoiceEngines };
  readonly authentication: Authentication;
  readonly metrics: ServerMetrics;
  readonly logger: Logger;
  readonly modelNames: readonly string[];
  readonly readiness: () => { readonly ready: boolean; readonly reason: string };
  readonly refreshMetrics: () => void;
  /** Aborted when the server ends. */
  readonly ending: AbortSignal;
};

type ApiRoute = { readonly method: 'GET' | 'POST'; readonly heavy: boolean; readonly handle: (context: RouteContext, identity: Identity) => Promise<void> };

/** Everything on the port that is not a WebSocket. */
export class HttpRoutes {
  readonly #options: HttpRoutesOptions;
  readonly #api: Readonly<Record<string, ApiRoute>>;
  readonly #pageDirectory: string;
  readonly #running = new Set<Promise<void>>();
  #heavyCount = 0;

  constructor(options: HttpRoutesOptions) {
    this.#options = options;
    this.#pageDirectory = options.config.pageDirectory || BUILT_PAGE_DIRECTORY;
    this.#api = {
      '/v1/audio/transcriptions': { method: 'POST', heavy: true, handle: handleTranscription },
      '/v1/audio/speech': { method: 'POST', heavy: true, handle: handleSpeech },
      '/v1/chat/completions': { method: 'POST', heavy: true, handle: handleChat },
      '/v1/models': { method: 'GET', heavy: false, handle: (context) => this.#listModels(context) },
      '/v1/realtime/client_secrets': { method: 'POST', heavy: false, handle: (context, identity) => this.#createSecret(context, identity) },
    };
  }

  /** Answers one request; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const work = this.#answer(request, response);
    this.#running.add(work);
    await work;
    this.#running.delete(work);
  }

  /** Resolves when running requests are answered. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const known = Object.hasOwn(this.#api, path) ? path : path.startsWith('/v1/models/') ? '/v1/models/…' : /^\/(livez|readyz|metrics)$/.test(path) ? path : 'page';
    try {
      await this.#dispatch(path, request, response);
    } catch (thrown) {
      this.#fail(thrown, known, request, response);
    }
    this.#options.metrics.httpRequests.inc({ route: known, status: String(response.statusCode) });
  }

  async #dispatch(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (!isAllowedOrigin(request, this.#options.config.allowedOrigins)) throw new HttpError(403, 'VOICE_ERR_UNAUTHORIZED', 'Pages of this origin may not use this server; see allowedOrigins');
    this.#allowOrigin(request, response);
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    if (path === '/livez') return sendJson(response, 200, { alive: true });
    if (path === '/readyz') return this.#tellReadiness(response);
    if (path === '/metrics') return this.#tellMetrics(request, response);
    if (path.startsWith('/v1/models/')) return this.#tellModel(decodeURIComponent(path.slice('/v1/models/'.length)), request, response);
    const route = Object.hasOwn(this.#api, path) ? this.#api[path] : undefined;
    if (route !== undefined) return this.#callApi(route, request, response);
    if (path.startsWith('/v1/')) throw new HttpError(404, 'not_found', `There is nothing at ${path.slice(0, 100)}; see docs/protocol.md`);
    await this.#tellPage(path, request, response);
  }

  async #callApi(route: ApiRoute, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const identity = this.#identify(request);
    if (request.method !== route.method) throw new HttpError(405, 'method_not_allowed', `The method is ${request.method}; expected ${route.method}`);
    const gone = new AbortController();
    response.once('close', () => gone.abort(new Error('The client went away')));
    const context: RouteContext = {
      request,
      response,
      engines: this.#options.engines.forSession(wireId('http')),
      signal: AbortSignal.any([gone.signal, this.#options.ending]),
      maxUploadBytes: this.#options.config.maxUploadBytes,
    };
    if (!route.heavy) return route.handle(context, identity);
    if (!this.#options.readiness().ready && this.#options.readiness().reason === 'draining') throw new HttpError(503, 'VOICE_ERR_OVERLOADED', 'The server is shutting down', { retryAfterSeconds: 5 });
    if (this.#heavyCount >= this.#options.config.maxHttpRequests) throw new HttpError(503, 'VOICE_ERR_OVERLOADED', `${this.#heavyCount} requests are already being worked on`, { retryAfterSeconds: 2 });
    this.#heavyCount++;
    try {
      await route.handle(context, identity);
    } finally {
      this.#heavyCount--;
    }
  }

  #identify(request: IncomingMessage): Identity {
    const identity = this.#options.authentication.identify(request);
    if (identity === undefined) throw new HttpError(401, 'VOICE_ERR_UNAUTHORIZED', 'The API key is missing or wrong');
    return identity;
  }

  #createSecret(context: RouteContext, identity: Identity): Promise<void> {
    if (identity.kind !== 'administrator') throw new HttpError(403, 'VOICE_ERR_UNAUTHORIZED', 'A short-lived secret cannot make others');
    return handleClientSecret(context, this.#options.authentication);
  }

  #listModels({ response }: RouteContext): Promise<void> {
    sendJson(response, 200, { object: 'list', data: this.#options.modelNames.map(toModel) });
    return Promise.resolve();
  }

  /** Any name is taken, as everywhere: there is one set of models. */
  #tellModel(name: string, request: IncomingMessage, response: ServerResponse): void {
    this.#identify(request);
    sendJson(response, 200, toModel(name.slice(0, 128)));
  }

  #tellReadiness(response: ServerResponse): void {
    const readiness = this.#options.readiness();
    if (!readiness.ready) response.setHeader('Retry-After', '5');
    sendJson(response, readiness.ready ? 200 : 503, readiness);
  }

  async #tellMetrics(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isLoopback(request.socket.remoteAddress ?? '')) this.#identify(request);
    this.#options.refreshMetrics();
    const { registry } = this.#options.metrics;
    response.writeHead(200, { 'Content-Type': registry.contentType }).end(await registry.metrics());
  }

  async #tellPage(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new HttpError(405, 'method_not_allowed', `The method is ${request.method}; expected GET`);
    if (await servePageFile(this.#pageDirectory, path, response, request.method === 'HEAD')) return;
    if (path === '/' && !existsSync(this.#pageDirectory)) {
      response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Sotto is listening. WebSocket: /v1/realtime. The demo page is not built.\n');
      return;
    }
    throw new HttpError(404, 'not_found', `There is nothing at ${path.slice(0, 100)}`);
  }

  #allowOrigin(request: IncomingMessage, response: ServerResponse): void {
    const { origin } = request.headers;
    if (origin === undefined || !this.#options.config.allowedOrigins.includes(origin)) return;
    response.setHeader('Access-Control-Allow-Origin', origin);
    response.setHeader('Vary', 'Origin');
    response.setHeader('Access-Control-Allow-Headers', 'Authorization, Content-Type');
    response.setHeader('Access-Control-Allow-Methods', 'GET, POST');
  }

  #fail(thrown: unknown, route: string, request: IncomingMessage, response: ServerResponse): void {
    if (response.destroyed || response.writableEnded) return;
    const error = toHttpError(thrown);
    if (error.status >= 500) this.#options.logger.error({ route, code: error.code, err: thrown }, 'request failed');
    this.#options.metrics.errors.inc({ code: error.code });
    if (error.status === 503) this.#options.metrics.rejects.inc({ reason: 'http' });
    if (response.headersSent) {
      // Half an answer must not look like a whole one.
      response.destroy();
      return;
    }
    if (error.retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(error.retryAfterSeconds));
    // The rest of a body that nobody reads would otherwise be taken for the next request.
    if (!request.complete) response.setHeader('Connection', 'close');
    sendJson(response, error.status, error.body);
  }
}

function toModel(id: string): object {
  return { id, object: 'model', created: 0, owned_by: 'sotto' };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
