import { EngineError } from '@sotto/pipeline';
import { decodeBinaryFrame, decodeWireAudio, encodeBinaryFrame, encodeWireAudio, type SentServerEvent, SOTTO_SUBPROTOCOL } from '@sotto/pipeline/protocol';
import { WebSocket } from 'ws';
import { type CalledInterruption, type CalledTurn, END_BOUND_MS, type TurnFate } from './called-turn.ts';
import { HeardReplies } from './heard-replies.ts';
import type { ReplyLoudspeaker } from './reply-loudspeaker.ts';

const FORMAT = { type: 'audio/pcm', rate: 24_000 } as const;
/** Audio sent at a time. */
const FRAME_MS = 20;
const FRAME_SAMPLE_COUNT = (FRAME_MS * FORMAT.rate) / 1000;
/** Room noise around the speech, -66 dBFS: real rooms are never digitally silent. */
const ROOM_NOISE_LEVEL = 0.0005;
/** Silence after a reply before the turn counts as over. */
const QUIET_MS = 400;
/** How long after its last speech sample a turn may take in all. */
const TURN_BOUND_MS = 30_000;

export type TurnDetection = 'server_vad' | 'semantic_vad';

export type CallerOptions = {
  readonly url: string;
  readonly instructions: string;
  /** @defaultValue the server's own */
  readonly turnDetection?: TurnDetection;
  /** Seeded, for the room noise. */
  readonly random: () => number;
  readonly signal: AbortSignal;
};

/** A recording at 24 kHz with the labels of its speech. */
export type SpokenRecording = { readonly samples: Float32Array; readonly speechStartMs: number; readonly speechEndMs: number };

type EventOf<T extends SentServerEvent['type']> = { readonly atMs: number; readonly event: Extract<SentServerEvent, { type: T }> };

/** A client that speaks recordings to a server in real time and times what comes back. */
export class RealtimeCaller implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #options: CallerOptions;
  #events: { readonly atMs: number; readonly event: SentServerEvent }[] = [];
  #replies = new HeardReplies(FORMAT.rate);
  #sentSampleCount = 0;
  #waiters = new Set<() => void>();
  #closed = false;

  private constructor(options: CallerOptions, socket: WebSocket) {
    this.#options = options;
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#take(data, isBinary));
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
    socket.on('error', () => undefined);
  }

  static async open(options: CallerOptions): Promise<RealtimeCaller> {
    const caller = new RealtimeCaller(options, new WebSocket(options.url, [SOTTO_SUBPROTOCOL]));
    await caller.#until(() => caller.#events.some(({ event }) => event.type === 'session.created'), 30_000);
    const detection = options.turnDetection === undefined ? {} : { turn_detection: { type: options.turnDetection } };
    caller.#send({ type: 'session.update', session: { type: 'realtime', instructions: options.instructions, audio: { input: { transcription: { model: 'sotto' }, ...detection } } } });
    await caller.#until(() => caller.#events.some(({ event }) => event.type === 'session.updated'), 30_000);
    return caller;
  }

  /**
   * Speaks one recording (24 kHz) and waits for the whole answer, the room being quiet meanwhile.
   * @param speechEndMs the last speech sample by the recording's labels.
   */
  async ask(samples: Float32Array, speechEndMs: number): Promise<CalledTurn> {
    this.#begin();
    const sending = this.#speak(samples, speechEndMs);
    await this.#listenWhile(sending, (nowMs) => !this.#isOver(sending.spokenMs, nowMs) && nowMs < sending.startMs + speechEndMs + TURN_BOUND_MS);
    return this.#describe(sending.spokenMs ?? sending.startMs + speechEndMs);
  }

  /** Speaks `question`, and `interruption` over the reply once that has sounded for `afterMs`. */
  async askAndInterrupt(question: SpokenRecording, interruption: SpokenRecording, afterMs: number): Promise<CalledInterruption> {
    this.#begin();
    const asking = this.#speak(question.samples, question.speechEndMs);
    const replySounds = (nowMs: number) => asking.spokenMs !== undefined && nowMs >= (this.#replies.latest?.firstAudibleMs ?? Infinity) + afterMs;
    await this.#listenWhile(asking, (nowMs) => !replySounds(nowMs) && nowMs < asking.startMs + question.speechEndMs + TURN_BOUND_MS);
    const reply = this.#replies.latest;
    if (reply === undefined || !replySounds(performance.now())) return NO_REPLY;
    const sinceCount = this.#events.length;
    const speaking = this.#speak(interruption.samples.subarray((interruption.speechStartMs * FORMAT.rate) / 1000), 0);
    await this.#listenWhile(speaking, (nowMs) => !isQuiet(reply, nowMs) && nowMs < speaking.startMs + TURN_BOUND_MS);
    const onsetMs = speaking.spokenMs ?? speaking.startMs;
    const noticedMs = this.#events.slice(sinceCount).find(({ event }) => event.type === 'input_audio_buffer.speech_started' || event.type === 'sotto.output_audio.paused')?.atMs;
    const silentMs = reply.lastPlayedMs;
    const wasOverBefore = (silentMs ?? 0) < (noticedMs ?? onsetMs + interruption.speechEndMs - interruption.speechStartMs);
    return { fate: reply.wasCutOff ? 'stopped' : wasOverBefore ? 'over-before' : 'played-on', onsetMs, noticedMs, silentMs, lastArrivalMs: reply.lastArrivalMs, heldMs: reply.heldMs };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#socket.terminate();
    return Promise.resolve();
  }

  #begin(): void {
    this.#events = [];
    this.#replies = new HeardReplies(FORMAT.rate);
  }

  /** A recording about to be spoken; `spokenMs` is when the sample at `markMs` was handed to the socket. */
  #speak(samples: Float32Array, markMs: number): Sending {
    return { samples, markSample: Math.max(0, Math.ceil((markMs * FORMAT.rate) / 1000) - 1), startMs: performance.now(), spokenMs: undefined };
  }

  /** Sends the recording and then the room's noise in real time for as long as the condition holds. */
  async #listenWhile(sending: Sending, condition: (nowMs: number) => boolean): Promise<void> {
    for (let frameCount = 0; condition(performance.now()); frameCount++) {
      this.#options.signal.throwIfAborted();
      if (this.#closed) throw new EngineError('VOICE_ERR_ENGINE_FAILED', 'The server closed the connection in the middle of a turn', { stage: 'transport' });
      const from = frameCount * FRAME_SAMPLE_COUNT;
      this.#sendAudio(this.#frame(sending.samples, from));
      if (from <= sending.markSample && sending.markSample < from + FRAME_SAMPLE_COUNT) sending.spokenMs = performance.now();
      // Against the start, not the last frame: a late timer must not slow the speaker down.
      const dueMs = sending.startMs + (frameCount + 1) * FRAME_MS;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
    }
  }

  #describe(speechEndMs: number): CalledTurn {
    const endToldMs = this.#lastMs('input_audio_buffer.speech_stopped');
    const reply = this.#replies.latest;
    return {
      fate: this.#fate(),
      speechEndMs,
      firstAudibleMs: reply?.firstAudibleMs,
      endpointDelayMs: endToldMs === undefined || endToldMs < speechEndMs ? undefined : endToldMs - speechEndMs,
      replyMs: reply?.playedMs ?? 0,
      waterfall: this.#eventsOf('sotto.turn.latency').at(-1)?.event.waterfall,
      transcript: this.#eventsOf('conversation.item.input_audio_transcription.completed').map(({ event }) => event.transcript).join(' ').trim(),
      reply: this.#eventsOf('response.output_audio_transcript.done').at(-1)?.event.transcript ?? '',
      cutOffCount: this.#eventsOf('input_audio_buffer.speech_stopped').filter(({ atMs }) => atMs < speechEndMs).length,
    };
  }

  #fate(): TurnFate {
    const wasNoticed = this.#eventsOf('input_audio_buffer.speech_started').length > 0;
    if (wasNoticed && this.#isWaitingForEnd) return 'missed-end';
    if (this.#replies.latest?.firstAudibleMs !== undefined) return 'answered';
    return wasNoticed ? 'unanswered' : 'unheard';
  }

  /** As far as the server told, speech has not begun or not ended. */
  get #isWaitingForEnd(): boolean {
    const startedMs = this.#lastMs('input_audio_buffer.speech_started');
    return startedMs === undefined || startedMs > (this.#lastMs('input_audio_buffer.speech_stopped') ?? -Infinity);
  }

  /** The question is spoken and its answer heard, or no end of the question was told in time. */
  #isOver(spokenMs: number | undefined, nowMs: number): boolean {
    if (spokenMs === undefined) return false;
    if (this.#isWaitingForEnd) return nowMs > spokenMs + END_BOUND_MS;
    const doneMs = this.#lastMs('response.done');
    if (doneMs === undefined || doneMs < (this.#lastMs('input_audio_buffer.speech_stopped') ?? Infinity)) return false;
    return this.#replies.latest === undefined || isQuiet(this.#replies.latest, nowMs);
  }

  #eventsOf<T extends SentServerEvent['type']>(type: T): EventOf<T>[] {
    return this.#events.filter(({ event }) => event.type === type) as EventOf<T>[];
  }

  #lastMs(type: SentServerEvent['type']): number | undefined {
    return this.#events.findLast(({ event }) => event.type === type)?.atMs;
  }

  #frame(samples: Float32Array, from: number): Float32Array {
    const frame = Float32Array.from({ length: FRAME_SAMPLE_COUNT }, () => (this.#options.random() * 2 - 1) * ROOM_NOISE_LEVEL);
    frame.set(samples.subarray(from, from + FRAME_SAMPLE_COUNT));
    return frame;
  }

  #sendAudio(samples: Float32Array): void {
    const payload = encodeWireAudio(samples, FORMAT);
    this.#socket.send(encodeBinaryFrame({ kind: 'input-audio', last: false, stream: 0, position: this.#sentSampleCount, payload }));
    this.#sentSampleCount += samples.length;
  }

  #send(event: Readonly<Record<string, unknown>>): void {
    this.#socket.send(JSON.stringify(event));
  }

  #take(data: Buffer, isBinary: boolean): void {
    const atMs = performance.now();
    if (isBinary) {
      const frame = decodeBinaryFrame(new Uint8Array(data));
      this.#replies.takeAudio(frame, decodeWireAudio(frame.payload, FORMAT), atMs);
    } else {
      const event = JSON.parse(data.toString()) as SentServerEvent;
      this.#events.push({ atMs, event });
      this.#replies.takeEvent(event, atMs);
    }
    this.#wake();
  }

  #until(condition: () => boolean, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(new EngineError('VOICE_ERR_ENGINE_TIMEOUT', `The server did not answer within ${timeoutMs} ms`, { stage: 'transport' })), timeoutMs);
      const settle = (error?: Error) => {
        clearTimeout(timer);
        this.#waiters.delete(check);
        if (error === undefined) resolve();
        else reject(error);
      };
      const check = () => {
        if (condition()) settle();
        else if (this.#closed) settle(new EngineError('VOICE_ERR_ENGINE_FAILED', `${this.#options.url} closed the connection; is it a Sotto server?`, { stage: 'transport' }));
      };
      this.#waiters.add(check);
      check();
    });
  }

  #wake(): void {
    for (const check of [...this.#waiters]) check();
  }
}

const NO_REPLY: CalledInterruption = { fate: 'no-reply', onsetMs: NaN, noticedMs: undefined, silentMs: undefined, lastArrivalMs: undefined, heldMs: 0 };

/** The reply is over and has been for a while. */
function isQuiet(reply: ReplyLoudspeaker, nowMs: number): boolean {
  return reply.isOverAt(nowMs) && nowMs > (reply.lastPlayedMs ?? 0) + QUIET_MS;
}

type Sending = { readonly samples: Float32Array; readonly markSample: number; readonly startMs: number; spokenMs: number | undefined };
