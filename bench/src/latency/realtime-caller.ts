import { EngineError, type TurnWaterfall } from '@sotto/pipeline';
import { decodeBinaryFrame, decodeWireAudio, encodeBinaryFrame, encodeWireAudio, type SentServerEvent, SOTTO_SUBPROTOCOL } from '@sotto/pipeline/protocol';
import { WebSocket } from 'ws';

const FORMAT = { type: 'audio/pcm', rate: 24_000 } as const;
/** Audio sent at a time. */
const FRAME_MS = 20;
/** What counts as audible: -50 dBFS. */
const AUDIBLE_LEVEL = 10 ** (-50 / 20);
/** Room noise after the question, -66 dBFS: real rooms are never digitally silent. */
const ROOM_NOISE_LEVEL = 0.0005;

export type CallerEvent = { readonly atMs: number; readonly event: SentServerEvent };

export type CalledTurn = {
  /** When the question's last speech sample was handed to the socket. */
  readonly speechEndMs: number;
  /** When the first audible sample of the reply would sound at a client that plays what arrives; undefined without a reply. */
  readonly firstAudibleMs: number | undefined;
  readonly waterfall: TurnWaterfall | undefined;
  readonly transcript: string;
  readonly reply: string;
  /** `speech_stopped` events before the last speech sample: turns cut off in the middle. */
  readonly cutOffCount: number;
};

export type CallerOptions = {
  readonly url: string;
  readonly instructions: string;
  /** Seeded, for the room noise. */
  readonly random: () => number;
  readonly signal: AbortSignal;
};

/** A client that speaks recordings to a server in real time and times what comes back. */
export class RealtimeCaller implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #options: CallerOptions;
  #events: CallerEvent[] = [];
  #audio: { atMs: number; samples: Float32Array }[] = [];
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
    caller.#send({ type: 'session.update', session: { type: 'realtime', instructions: options.instructions, audio: { input: { transcription: { model: 'sotto' } } } } });
    await caller.#until(() => caller.#events.some(({ event }) => event.type === 'session.updated'), 30_000);
    return caller;
  }

  /**
   * Speaks one recording (24 kHz) and waits for the whole answer, the room being quiet meanwhile.
   * @param speechEndMs the last speech sample by the recording's labels.
   */
  async ask(samples: Float32Array, speechEndMs: number): Promise<CalledTurn> {
    this.#events = [];
    this.#audio = [];
    const frameLength = (FRAME_MS * FORMAT.rate) / 1000;
    const startMs = performance.now();
    let spokenEndMs = startMs + speechEndMs;
    let frameCount = 0;
    const timeoutMs = speechEndMs + 30_000;
    while (!this.#isAnswered() && performance.now() - startMs < timeoutMs) {
      this.#options.signal.throwIfAborted();
      if (this.#closed) throw new EngineError('VOICE_ERR_ENGINE_FAILED', 'The server closed the connection in the middle of a turn', { stage: 'transport' });
      const from = frameCount * frameLength;
      this.#sendAudio(this.#frame(samples, from, frameLength));
      if (from * 1000 < speechEndMs * FORMAT.rate && (from + frameLength) * 1000 >= speechEndMs * FORMAT.rate) spokenEndMs = performance.now();
      frameCount++;
      // Against the start, not the last frame: a late timer must not slow the speaker down.
      const dueMs = startMs + frameCount * FRAME_MS;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
    }
    return this.#describe(spokenEndMs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#socket.terminate();
    return Promise.resolve();
  }

  #describe(speechEndMs: number): CalledTurn {
    const eventsOf = <T extends SentServerEvent['type']>(type: T) => this.#events.filter(({ event }) => event.type === type) as { atMs: number; event: Extract<SentServerEvent, { type: T }> }[];
    const transcripts = eventsOf('conversation.item.input_audio_transcription.completed').map(({ event }) => event.transcript);
    return {
      speechEndMs,
      firstAudibleMs: this.#firstAudibleMs(),
      waterfall: eventsOf('sotto.turn.latency').at(-1)?.event.waterfall,
      transcript: transcripts.join(' ').trim(),
      reply: eventsOf('response.output_audio_transcript.done').at(-1)?.event.transcript ?? '',
      cutOffCount: eventsOf('input_audio_buffer.speech_stopped').filter(({ atMs }) => atMs < speechEndMs).length,
    };
  }

  /** A client plays the first frame when it arrives, so leading silence delays what is heard. */
  #firstAudibleMs(): number | undefined {
    const first = this.#audio[0];
    if (first === undefined) return undefined;
    let before = 0;
    for (const { samples } of this.#audio) {
      const index = samples.findIndex((sample) => Math.abs(sample) > AUDIBLE_LEVEL);
      if (index !== -1) return first.atMs + ((before + index) * 1000) / FORMAT.rate;
      before += samples.length;
    }
    return undefined;
  }

  /** Answered and heard: the reply's audio would have been played by now. */
  #isAnswered(): boolean {
    const done = this.#events.findLast(({ event }) => event.type === 'response.done');
    const first = this.#audio[0];
    if (done === undefined) return false;
    const audioMs = this.#audio.reduce((sum, { samples }) => sum + (samples.length * 1000) / FORMAT.rate, 0);
    return first === undefined || performance.now() > first.atMs + audioMs + 400;
  }

  #frame(samples: Float32Array, from: number, length: number): Float32Array {
    const frame = Float32Array.from({ length }, () => (this.#options.random() * 2 - 1) * ROOM_NOISE_LEVEL);
    const speech = samples.subarray(from, from + length);
    for (let i = 0; i < speech.length; i++) frame[i] = speech[i]!;
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
      const { payload } = decodeBinaryFrame(new Uint8Array(data));
      if (payload.length > 0) this.#audio.push({ atMs, samples: decodeWireAudio(payload, FORMAT) });
    } else {
      this.#events.push({ atMs, event: JSON.parse(data.toString()) as SentServerEvent });
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
