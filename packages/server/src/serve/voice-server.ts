import { type Clock, type VoiceEngines, type VoiceSession, type VoiceSessionOptions, ConfigError, systemClock } from '@sotto/pipeline';
import { SOTTO_SUBPROTOCOL } from '@sotto/pipeline/protocol';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, type Server as HttpServer, createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { Admission, type Refused } from '../operations/admission.ts';
import { type Logger, createLogger } from '../operations/logger.ts';
import { ServerMetrics } from '../operations/metrics.ts';
import { QueueDelay } from '../operations/queue-delay.ts';
import { SharedLlm } from '../operations/shared-llm.ts';
import { RealtimeEndpoint } from '../realtime/realtime-endpoint.ts';
import { Authentication } from './authentication.ts';
import { HttpRoutes } from './http-routes.ts';
import { isAllowedOrigin } from './origin-check.ts';
import type { ServeConfig } from './serve-config.ts';

/** Connections beyond the sessions: returning clients, health checks, page loads. */
const SPARE_CONNECTION_COUNT = 256;
/** How long connections that were asked to close may take; each is cut after less. */
const CLOSE_GRACE_MS = 2500;
/** How long a client may take over its request's headers. */
const HEADERS_TIMEOUT_MS = 10_000;

export type VoiceServerOptions = {
  readonly config: ServeConfig;
  /** Borrowed: whoever loaded the engines disposes them. */
  readonly engines: { forSession(sessionKey: string): VoiceEngines };
  readonly createSession: (options: VoiceSessionOptions) => Promise<VoiceSession>;
  /** What the assistant is told to be when a client says nothing about it. @defaultValue '' */
  readonly instructions?: string;
  /** Names shown at `/v1/models`. @defaultValue ['sotto'] */
  readonly modelNames?: readonly string[];
  readonly clock?: Clock;
  readonly metrics?: ServerMetrics;
  readonly logger?: Logger;
};

/** `sotto serve`: one port for Realtime connections, HTTP, health, metrics and the page. */
export class VoiceServer implements AsyncDisposable {
  readonly #config: ServeConfig;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #http: HttpServer;
  readonly #admission: Admission;
  readonly #authentication: Authentication;
  readonly #endpoint: RealtimeEndpoint;
  readonly #metrics: ServerMetrics;
  readonly #queueDelay: QueueDelay;
  readonly #llm: SharedLlm;
  readonly #routes: HttpRoutes;
  readonly #ending = new AbortController();
  #port = 0;
  #ended: Promise<void> | undefined;

  private constructor(options: VoiceServerOptions) {
    const { config } = options;
    this.#config = config;
    this.#clock = options.clock ?? systemClock;
    this.#metrics = options.metrics ?? new ServerMetrics({ processMetrics: true });
    this.#logger = options.logger ?? createLogger({ level: config.logLevel, logSpeech: config.logSpeech });
    this.#queueDelay = new QueueDelay(this.#clock);
    this.#admission = new Admission({
      clock: this.#clock,
      queueDelay: this.#queueDelay,
      sessionCountMax: config.maxSessions,
      queueDelayMaxMs: config.maxQueueDelayMs,
      admissionsPerSecond: config.maxAdmissionsPerSecond,
    });
    this.#authentication = new Authentication({ apiKeys: config.apiKeys, now: () => Date.now() });
    this.#llm = new SharedLlm(options.engines.forSession('shared').llm, config.llmContexts, (waitedMs) => this.#metrics.queueDelay.observe({ stage: 'llm' }, waitedMs / 1000));
    const engines = { forSession: (sessionKey: string) => ({ ...options.engines.forSession(sessionKey), llm: this.#llm }) };
    this.#endpoint = new RealtimeEndpoint({
      config,
      engines,
      createSession: options.createSession,
      instructions: options.instructions ?? '',
      clock: this.#clock,
      admission: this.#admission,
      queueDelay: this.#queueDelay,
      metrics: this.#metrics,
      logger: this.#logger,
    });
    this.#routes = new HttpRoutes({
      config,
      engines,
      authentication: this.#authentication,
      metrics: this.#metrics,
      logger: this.#logger,
      modelNames: options.modelNames ?? ['sotto'],
      readiness: () => this.#readiness(),
      refreshMetrics: () => this.#refreshMetrics(),
      ending: this.#ending.signal,
    });
    this.#http = createServer(config);
    this.#http.maxConnections = config.maxSessions + SPARE_CONNECTION_COUNT;
    this.#http.headersTimeout = HEADERS_TIMEOUT_MS;
    this.#http.on('request', (request, response) => void this.#routes.handle(request, response));
    this.#http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#upgrade(request, socket, head));
    this.#http.on('clientError', (_error: Error, socket: Duplex) => answerRaw(socket, 400, 'bad_request', 'The request is not HTTP'));
  }

  /** Listens. @throws {ConfigError} VOICE_ERR_INVALID_OPTION when the address or the TLS files cannot be used. */
  static async start(options: VoiceServerOptions): Promise<VoiceServer> {
    const server = new VoiceServer(options);
    const { host, port } = options.config;
    await new Promise<void>((resolve, reject) => {
      server.#http.once('error', (cause: NodeJS.ErrnoException) => {
        reject(new ConfigError('VOICE_ERR_INVALID_OPTION', `Cannot listen on ${host}:${port}: ${cause.code === 'EADDRINUSE' ? 'the port is in use; choose another with --port' : cause.message}`));
      });
      server.#http.listen(port, host, resolve);
    });
    server.#port = (server.#http.address() as AddressInfo).port;
    server.#logger.info({ url: server.url }, 'listening');
    return server;
  }

  get port(): number {
    return this.#port;
  }

  /** Where the page and the HTTP routes are; the Realtime endpoint is the same with `ws`. */
  get url(): string {
    const { host, tlsCert } = this.#config;
    return `${tlsCert === '' ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
  }

  get sessionCount(): number {
    return this.#endpoint.sessionCount;
  }

  /** Open TCP connections, WebSockets among them. */
  connectionCount(): Promise<number> {
    return new Promise((resolve, reject) => this.#http.getConnections((error, count) => (error ? reject(error) : resolve(count))));
  }

  get metrics(): ServerMetrics {
    return this.#metrics;
  }

  /** Refuses new sessions, lets running turns finish, and ends; by `drainMs` in any case. */
  async drain(): Promise<void> {
    this.#admission.drain();
    this.#logger.info({ sessions: this.#endpoint.sessionCount }, 'draining');
    await this.#end(this.#config.drainMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#admission.drain();
    await this.#end(0);
  }

  #end(withinMs: number): Promise<void> {
    this.#ended ??= this.#finish(withinMs);
    return this.#ended;
  }

  async #finish(withinMs: number): Promise<void> {
    const timers = new AbortController();
    const within = (ms: number) => this.#clock.sleep(ms, { signal: timers.signal }).catch(() => {});
    const deadline = within(withinMs);
    // Still listening, so that whoever comes is told to try elsewhere.
    await this.#endpoint.drain(deadline);
    await Promise.race([this.#routes.idle(), deadline]);
    this.#ending.abort();
    const stopped = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    this.#http.closeAllConnections();
    // Upgraded sockets are no longer the HTTP server's; those still open were asked to close.
    await Promise.race([stopped, within(CLOSE_GRACE_MS)]);
    timers.abort();
    await this.#llm[Symbol.asyncDispose]();
    this.#logger.info('ended');
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => {});
    const path = (request.url ?? '').split('?', 1)[0];
    if (path !== '/v1/realtime') return this.#refuse(socket, 404, 'not_found', `There is no WebSocket at ${JSON.stringify((path ?? '').slice(0, 100))}; expected /v1/realtime`);
    if (!isAllowedOrigin(request, this.#config.allowedOrigins)) return this.#refuse(socket, 403, 'VOICE_ERR_UNAUTHORIZED', 'Pages of this origin may not connect; see allowedOrigins');
    const strangeVersion = strangeVersionOf(request);
    if (strangeVersion !== undefined) return this.#refuse(socket, 400, 'VOICE_ERR_VERSION', `The subprotocol ${strangeVersion} is not spoken here; expected ${SOTTO_SUBPROTOCOL} or realtime`);
    const identity = this.#authentication.identify(request);
    if (identity === undefined) return this.#refuse(socket, 401, 'VOICE_ERR_UNAUTHORIZED', 'The API key is missing or wrong');
    const session = identity.kind === 'guest' ? identity.session : {};
    this.#endpoint.accept(request, socket, head, session, (refused) => this.#refuseOverloaded(request, socket, head, refused));
  }

  #refuse(socket: Duplex, status: number, code: string, message: string): void {
    this.#metrics.rejects.inc({ reason: code });
    answerRaw(socket, status, code, message);
  }

  /** A browser learns nothing from a refused handshake, so it gets one and then a close with the reason. */
  #refuseOverloaded(request: IncomingMessage, socket: Duplex, head: Buffer, { reason, message, retryAfterSeconds }: Refused): void {
    this.#metrics.rejects.inc({ reason });
    if (request.headers.origin !== undefined) this.#endpoint.acceptToClose(request, socket, head, 'overloaded', 1013, `${message}; try again in ${retryAfterSeconds} s`);
    else answerRaw(socket, 503, 'VOICE_ERR_OVERLOADED', message, retryAfterSeconds);
  }

  #readiness(): { readonly ready: boolean; readonly reason: string } {
    if (this.#admission.draining) return { ready: false, reason: 'draining' };
    return this.#admission.open ? { ready: true, reason: 'ready' } : { ready: false, reason: 'full' };
  }

  #refreshMetrics(): void {
    this.#metrics.sessions.set(this.#endpoint.sessionCount);
    this.#metrics.sessionsWaiting.set(this.#endpoint.waitingCount);
  }
}

/** A version of the extension that is not ours, when it is all that the client offers. */
function strangeVersionOf({ headers }: IncomingMessage): string | undefined {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  if (offered.includes(SOTTO_SUBPROTOCOL) || offered.includes('realtime')) return undefined;
  return offered.find((name) => /^sotto\.v\d{1,6}$/.test(name));
}

function createServer(config: ServeConfig): HttpServer {
  if (config.tlsCert === '') return createHttpServer();
  const read = (name: 'tlsCert' | 'tlsKey') => {
    try {
      return readFileSync(config[name]);
    } catch (cause) {
      throw new ConfigError('VOICE_ERR_INVALID_OPTION', `${name} is "${config[name]}", which could not be read: ${(cause as Error).message}`);
    }
  };
  const files = { cert: read('tlsCert'), key: read('tlsKey') };
  try {
    return createHttpsServer(files);
  } catch (cause) {
    throw new ConfigError('VOICE_ERR_INVALID_OPTION', `tlsCert and tlsKey cannot be used: ${(cause as Error).message}`);
  }
}

const STATUS_TEXTS: Readonly<Record<number, string>> = { 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 503: 'Service Unavailable' };

/** Answers on a bare socket, before there is a response to write to. */
function answerRaw(socket: Duplex, status: number, code: string, message: string, retryAfterSeconds?: number): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify({ error: { type: status === 503 ? 'rate_limit_error' : 'invalid_request_error', code, message, param: null } });
  const retry = retryAfterSeconds === undefined ? '' : `Retry-After: ${retryAfterSeconds}\r\n`;
  // Gone once told: a client that never closes its side would hold a place among the connections.
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_TEXTS[status]}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${retry}\r\n${body}`);
}

