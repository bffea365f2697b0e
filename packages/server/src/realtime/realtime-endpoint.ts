import { type Clock, type SessionEvent, type VoiceEngines, type VoiceSession, type VoiceSessionOptions, toVoiceError } from '@sotto/pipeline';
import { type CloseReason, type ServerEvent, type SessionUpdate, SOTTO_SUBPROTOCOL, defaultSessionConfig, mergeSessionConfig } from '@sotto/pipeline/protocol';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Admission, Refused } from '../operations/admission.ts';
import { AudioAllowance } from '../operations/audio-allowance.ts';
import type { Logger } from '../operations/logger.ts';
import { measuredVad } from '../operations/measured-vad.ts';
import type { ServerMetrics } from '../operations/metrics.ts';
import type { QueueDelay } from '../operations/queue-delay.ts';
import type { ServeConfig } from '../serve/serve-config.ts';
import type { LastSeen } from './event-outlet.ts';
import { RealtimeConnection } from './realtime-connection.ts';
import { RealtimeSession } from './realtime-session.ts';
import { ResumableSessions } from './resumable-sessions.ts';
import { wireId } from './wire-ids.ts';

/** How far ahead of being heard speech is sent to a client that buffers it all, and to a small device. */
const LEAD_MS = { stock: 20_000, extended: 2000 } as const;
/** Fragments of one message; more is an attack on memory rather than a client. */
const FRAGMENT_COUNT_MAX = 64;

export type RealtimeEndpointOptions = {
  readonly config: ServeConfig;
  readonly engines: { forSession(sessionKey: string): VoiceEngines };
  readonly createSession: (options: VoiceSessionOptions) => Promise<VoiceSession>;
  /** What the assistant is told to be when a client says nothing about it. */
  readonly instructions: string;
  readonly clock: Clock;
  readonly admission: Admission;
  readonly queueDelay: QueueDelay;
  readonly metrics: ServerMetrics;
  readonly logger: Logger;
};

/** A session with all that belongs to it on this server. */
type Client = {
  readonly session: RealtimeSession;
  readonly extended: boolean;
  readonly release: () => void;
  connection: RealtimeConnection | undefined;
  cancelExpiry: () => void;
};

/** `/v1/realtime`: takes connections in, gives each its session, and brings clients that dropped back to theirs. */
export class RealtimeEndpoint {
  readonly #options: RealtimeEndpointOptions;
  readonly #sockets: WebSocketServer;
  readonly #resumable: ResumableSessions<Client>;
  readonly #clients = new Set<Client>();

  constructor(options: RealtimeEndpointOptions) {
    this.#options = options;
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // Compressing speech gains nothing and costs nine times the memory of a connection.
      perMessageDeflate: false,
      maxPayload: options.config.maxMessageBytes,
      maxFragments: FRAGMENT_COUNT_MAX,
      // One message of each connection in a turn of the event loop: a backlog of one, or of all, must not keep the others' frames and the detector's answers waiting.
      allowSynchronousEvents: false,
      handleProtocols: chooseSubprotocol,
    });
    this.#resumable = new ResumableSessions({ clock: options.clock, resumeWithinMs: options.config.resumeWithinMs, onExpired: (client) => void this.#end(client) });
  }

  /** Sessions here, connected or waiting for their client. */
  get sessionCount(): number {
    return this.#clients.size;
  }

  /** Sessions whose client is away. */
  get waitingCount(): number {
    return this.#resumable.waitingCount;
  }

  /** Takes over a connection whose origin and key were found good. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, session: SessionUpdate, refuse: (refused: Refused) => void): void {
    const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
    const resumeToken = query.get('resume');
    if (resumeToken !== null) {
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#resume(webSocket, resumeToken, query));
      return;
    }
    const admitted = this.#options.admission.enter();
    if (!admitted.admitted) {
      refuse(admitted);
      return;
    }
    socket.once('close', () => {
      // A handshake that failed half-way holds no session.
      if (!upgraded) admitted.release();
    });
    let upgraded = false;
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      upgraded = true;
      void this.#open(webSocket, query, session, admitted.release);
    });
  }

  /** Tells a browser why it is refused: it cannot see the status of a refused handshake. */
  acceptToClose(request: IncomingMessage, socket: Duplex, head: Buffer, reason: CloseReason, code: number, detail: string): void {
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => {});
      webSocket.close(code, `${reason}: ${detail}`.slice(0, 120));
      const cancel = this.#options.clock.schedule(2000, () => webSocket.terminate());
      webSocket.once('close', cancel);
    });
  }

  /** Lets running turns finish, until `deadline` resolves at the latest, and ends every session. */
  async drain(deadline: Promise<void>): Promise<void> {
    await Promise.all(
      [...this.#clients].map(async (client) => {
        // Whoever is away cannot be told that the server goes.
        if (client.connection !== undefined) await Promise.race([client.session.idle(), deadline]);
        client.connection?.link.close('draining', 'the server is shutting down');
        await Promise.race([this.#end(client), deadline]);
      }),
    );
  }

  async #open(webSocket: WebSocket, query: URLSearchParams, update: SessionUpdate, release: () => void): Promise<void> {
    const { config, engines, createSession, instructions, clock, queueDelay, metrics, logger } = this.#options;
    // Nothing is read before there is a session to handle it.
    webSocket.pause();
    let gone = false;
    const onGone = () => {
      gone = true;
    };
    webSocket.once('close', onGone);
    webSocket.on('error', () => {});
    const extended = webSocket.protocol === SOTTO_SUBPROTOCOL;
    const sessionKey = wireId('client');
    const allowance = new AudioAllowance({ clock, rate: config.maxAudioRate, burstMs: config.audioBurstMs });
    let client: Client | undefined;
    try {
      const shared = engines.forSession(sessionKey);
      const measured = {
        ...shared,
        vad: measuredVad(shared.vad, clock, (delayMs) => {
          queueDelay.record(delayMs);
          metrics.queueDelay.observe({ stage: 'vad' }, delayMs / 1000);
        }),
      };
      const type = query.get('intent') === 'transcription' || update.type === 'transcription' ? 'transcription' : 'realtime';
      const initial = defaultSessionConfig(query.get('model') ?? 'sotto', measured.tts.capabilities.voices[0] ?? 'default', type);
      const session = await RealtimeSession.open({
        engines: measured,
        createSession,
        clock,
        config: mergeSessionConfig({ ...initial, instructions }, { ...update, type }),
        extended,
        expiresAtSeconds: Math.floor((Date.now() + config.maxSessionMs) / 1000),
        leadMs: extended ? LEAD_MS.extended : LEAD_MS.stock,
        keptBytesMax: extended && config.resumeWithinMs > 0 ? config.resumeBytes : 0,
        takeAudio: (durationMs) => {
          const taken = allowance.take(durationMs);
          if (!taken && allowance.abused) client?.connection?.link.close('audio_rate', `audio arrives faster than ${config.maxAudioRate} times real time`);
          return taken;
        },
        onSessionEvent: (event) => this.#onSessionEvent(sessionKey, event),
      });
      client = { session, extended, release, connection: undefined, cancelExpiry: () => {} };
    } catch (thrown) {
      const error = toVoiceError(thrown, 'session');
      logger.error({ code: error.code, err: error }, 'session could not be opened');
      metrics.errors.inc({ code: error.code });
      release();
      webSocket.resume();
      webSocket.close(1011, `internal: ${error.code}`);
      return;
    }
    this.#clients.add(client);
    metrics.sessionsTotal.inc();
    logger.info({ session: client.session.id, extended }, 'session opened');
    webSocket.off('close', onGone);
    client.cancelExpiry = clock.schedule(config.maxSessionMs, () => {
      client.connection?.link.close('session_expired', `a session lasts at most ${config.maxSessionMs} ms`);
      void this.#end(client);
    });
    const greeting: ServerEvent[] = extended ? [{ type: 'sotto.session.resumable', session_id: client.session.id, ...this.#token(client) }] : [];
    if (gone) void this.#end(client);
    else client.session.attach(this.#connect(client, webSocket).link, greeting);
    webSocket.resume();
  }

  #resume(webSocket: WebSocket, token: string, query: URLSearchParams): void {
    const client = this.#resumable.take(token);
    if (client === undefined || webSocket.protocol !== SOTTO_SUBPROTOCOL) {
      webSocket.on('error', () => {});
      this.#options.metrics.resumes.inc({ complete: 'refused' });
      webSocket.close(1008, 'session_expired: there is no session to come back to; open a new one');
      return;
    }
    client.connection?.link.close('superseded', 'the session goes on on another connection');
    const connection = this.#connect(client, webSocket);
    client.session.resume(connection.link, lastSeenOf(query), this.#token(client));
    this.#options.metrics.resumes.inc({ complete: 'resumed' });
    this.#options.logger.info({ session: client.session.id }, 'session resumed');
  }

  #token(client: Client): { readonly resume_token: string; readonly resume_within_ms: number } {
    return { resume_token: this.#resumable.issueToken(client), resume_within_ms: this.#resumable.resumeWithinMs };
  }

  #connect(client: Client, socket: WebSocket): RealtimeConnection {
    const { config, clock, metrics, logger } = this.#options;
    const connection: RealtimeConnection = new RealtimeConnection({
      socket,
      session: client.session,
      extended: client.extended,
      clock,
      limits: {
        highWaterBytes: config.sendBufferBytes,
        cutOffBytes: config.maxSendBufferBytes,
        slowReaderMs: config.slowReaderMs,
        idleMs: config.idleMs,
        eventsPerSecond: config.maxEventsPerSecond,
      },
      onClosed: ({ code, clean, bytesReceived }) => {
        metrics.closes.inc({ code: String(code) });
        logger.info({ session: client.session.id, code, bytesReceived }, 'connection closed');
        if (client.connection !== connection) return;
        client.connection = undefined;
        const mayReturn = !clean && client.extended && config.resumeWithinMs > 0 && this.#clients.has(client);
        if (!mayReturn) void this.#end(client);
        else {
          client.session.detach();
          this.#resumable.park(client);
        }
      },
    });
    client.connection = connection;
    return connection;
  }

  async #end(client: Client): Promise<void> {
    if (!this.#clients.delete(client)) return;
    client.cancelExpiry();
    this.#resumable.forget(client);
    try {
      await client.session[Symbol.asyncDispose]();
    } finally {
      client.release();
    }
  }

  #onSessionEvent(sessionKey: string, event: SessionEvent): void {
    const { metrics, logger } = this.#options;
    metrics.onSessionEvent(event);
    if (event.type === 'error') logger.warn({ client: sessionKey, code: event.error.code, stage: event.error.stage }, 'error in session');
    if (event.type === 'transcript-final') logger.debug({ client: sessionKey, turn: event.turnId, speech: event.transcript.text }, 'user turn');
    if (event.type === 'reply-end') logger.debug({ client: sessionKey, turn: event.turnId, status: event.status, speech: event.heardText }, 'reply ended');
  }
}

/** The extension where it is offered, else OpenAI's name, which browsers insist on having confirmed. */
function chooseSubprotocol(offered: Set<string>): string | false {
  if (offered.has(SOTTO_SUBPROTOCOL)) return SOTTO_SUBPROTOCOL;
  return offered.has('realtime') ? 'realtime' : false;
}

function lastSeenOf(query: URLSearchParams): LastSeen {
  const stream = Number(query.get('stream') ?? NaN);
  const position = Number(query.get('position') ?? NaN);
  return { eventId: query.get('last_event_id') ?? '', audio: Number.isInteger(stream) && Number.isInteger(position) ? { stream, position } : undefined };
}
