import { type AudioFrame, ERROR_CODES, Resampler, type TimedWord, VoiceError } from '@sotto/pipeline';
import { type BinaryFrame, decodeWireAudio, encodeBinaryFrame, encodeWireAudio, type SentServerEvent } from '@sotto/pipeline/protocol';
import { AudioDevices } from '../audio-devices.ts';
import type { BrowserVoiceSession, BrowserVoiceSessionOptions, BrowserVoiceSettings, ServerEngine } from '../browser-voice-session.ts';
import { EventHub } from '../event-hub.ts';
import { HeardTextEstimate } from './heard-text-estimate.ts';
import { RealtimeSocket, type SocketState } from './realtime-socket.ts';
import { RemoteHistory } from './remote-history.ts';
import { sessionUpdateOf } from './session-update.ts';

const WIRE_FORMAT = { type: 'audio/pcm', rate: 24_000 } as const;
/** How often a playing reply tells how much of it was heard. */
const HEARD_INTERVAL_MS = 100;

/** A reply of the server, while it is made or heard. */
type RemoteReply = {
  readonly replyId: string;
  readonly itemId: string;
  readonly turnId: string;
  readonly epoch: number;
  text: string;
  writtenMs: number;
  /** All of its audio has arrived. */
  isComplete: boolean;
  status: 'completed' | 'cancelled' | 'failed' | undefined;
};

/** A conversation whose models run on a Sotto server; microphone and loudspeaker are this page's. */
export class RemoteSession implements BrowserVoiceSession {
  readonly #hub: EventHub;
  readonly #socket: RealtimeSocket;
  #devices!: AudioDevices;
  #settings: BrowserVoiceSettings;
  #resampler: Resampler | undefined;
  #sentSampleCount = 0;
  #replies = new Map<string, RemoteReply>();
  #playing: RemoteReply | undefined;
  #streams = new Map<number, RemoteReply>();
  #epoch = 0;
  /** Resolves when the loudspeaker has taken the last piece of speech that arrived. */
  #written: Promise<void> = Promise.resolve();
  #turnId = '';
  #partial = { itemId: '', text: '' };
  readonly #history = new RemoteHistory();
  /** Typed text that the server has not confirmed, by the id of its item. */
  readonly #unconfirmed = new Map<string, string>();
  #typedCount = 0;
  #cancelTicker: (() => void) | undefined;
  readonly #estimate = new HeardTextEstimate();
  readonly #closing = new AbortController();

  private constructor(options: BrowserVoiceSessionOptions, server: ServerEngine) {
    this.#hub = new EventHub();
    if (options.onEvent !== undefined) this.#hub.on('*', options.onEvent);
    this.#settings = options.settings ?? {};
    this.#socket = new RealtimeSocket({
      url: server.url,
      apiKey: server.apiKey,
      onEvent: (event) => this.#take(event),
      onAudio: (frame) => this.#hearFrame(frame),
      onState: (state, error) => this.#onState(state, error),
    });
  }

  static async open(options: BrowserVoiceSessionOptions, server: ServerEngine): Promise<RemoteSession> {
    const session = new RemoteSession(options, server);
    session.#devices = await AudioDevices.open({
      worklets: options.worklets ?? {},
      deviceId: options.deviceId,
      onFrame: (frame) => session.#sendFrame(frame),
      onLost: (error) => session.#hub.emit({ type: 'error', error }),
      onMuted: (muted) => session.#hub.emit({ type: 'muted', muted }),
    });
    session.#hub.emit({ type: 'connection', state: 'connecting' });
    try {
      await session.#socket.connect(options.signal);
    } catch (thrown) {
      await session[Symbol.asyncDispose]();
      throw thrown;
    }
    options.signal?.addEventListener('abort', () => void session[Symbol.asyncDispose](), { once: true });
    return session;
  }

  get on(): EventHub['on'] {
    return this.#hub.on.bind(this.#hub);
  }

  get isListening(): boolean {
    return this.#devices.isListening;
  }

  get inputLevel(): number {
    return this.#devices.inputLevel;
  }

  get outputLevel(): number {
    return this.#devices.outputLevel;
  }

  async startListening(): Promise<void> {
    await this.#devices.startListening();
    this.#hub.emit({ type: 'listening' });
  }

  stopListening(): Promise<void> {
    return this.#devices.stopListening();
  }

  commit(): void {
    this.#socket.send({ type: 'input_audio_buffer.commit' });
  }

  async sendText(text: string): Promise<void> {
    await this.#devices.wake();
    this.interrupt();
    const itemId = `item_typed_${++this.#typedCount}`;
    this.#unconfirmed.set(itemId, text);
    if (this.#socket.isOpen) this.#sendTyped(itemId, text);
  }

  interrupt(): void {
    const reply = this.#playing;
    if (reply === undefined) return;
    if (reply.status === undefined) this.#socket.send({ type: 'response.cancel', response_id: reply.replyId });
    this.#cut(reply, 'cancelled');
  }

  update(settings: BrowserVoiceSettings): void {
    this.#settings = { ...this.#settings, ...settings };
    this.#socket.send(sessionUpdateOf(settings));
  }

  reset(): Promise<void> {
    this.interrupt();
    if (this.#socket.isOpen) for (const itemId of this.#history.itemIds) this.#socket.send({ type: 'conversation.item.delete', item_id: itemId });
    else this.#socket.forgetSession();
    this.#history.clear();
    this.#unconfirmed.clear();
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new VoiceError('VOICE_ERR_DISPOSED', 'The session was closed'));
    this.#cancelTicker?.();
    this.#socket.close();
    await this.#devices[Symbol.asyncDispose]();
    this.#hub.clear();
  }

  #onState(state: SocketState, error: VoiceError | undefined): void {
    if (state === 'opened') this.#tellEverything();
    if (state === 'opened' || state === 'resumed') for (const [itemId, text] of this.#unconfirmed) this.#sendTyped(itemId, text);
    this.#hub.emit({ type: 'connection', state: state === 'opened' || state === 'resumed' ? 'connected' : state });
    if (error !== undefined) this.#hub.emit({ type: 'error', error });
  }

  /** Brings a session that knows nothing to where the one before was. */
  #tellEverything(): void {
    const lost = this.#playing;
    const heardText = lost === undefined ? '' : this.#silence(lost, 'interrupted');
    this.#streams.clear();
    this.#socket.send(sessionUpdateOf(this.#settings));
    for (const event of this.#history.retelling) this.#socket.send(event);
    // A question of whose answer nothing was heard is still open.
    if (lost !== undefined && heardText === '') this.#socket.send({ type: 'response.create' });
  }

  #sendTyped(itemId: string, text: string): void {
    this.#socket.send({ type: 'conversation.item.create', item: { id: itemId, type: 'message', role: 'user', content: [{ type: 'input_text', text }] } });
  }

  #sendFrame(frame: AudioFrame): void {
    if (this.#resampler?.fromRate !== frame.sampleRate) this.#resampler = new Resampler(frame.sampleRate, WIRE_FORMAT.rate);
    const samples = this.#resampler.push(frame.samples);
    if (samples.length === 0) return;
    const payload = encodeWireAudio(samples, WIRE_FORMAT);
    this.#socket.sendAudio(encodeBinaryFrame({ kind: 'input-audio', last: false, stream: 0, position: this.#sentSampleCount, payload }) as Uint8Array<ArrayBuffer>);
    this.#sentSampleCount += samples.length;
  }

  #take(event: SentServerEvent): void {
    this.#history.take(event);
    switch (event.type) {
      case 'conversation.item.added':
        if (this.#unconfirmed.delete(event.item.id)) this.#socket.send({ type: 'response.create' });
        return;
      case 'input_audio_buffer.speech_started':
        this.#turnId = event.item_id;
        // The server tells of speech over a reply only once it counts as an interruption.
        if (this.#playing !== undefined) this.#cut(this.#playing, 'interrupted');
        this.#hub.emit({ type: 'hearing', turnId: event.item_id });
        return;
      case 'conversation.item.input_audio_transcription.delta':
        this.#partial = { itemId: event.item_id, text: this.#partial.itemId === event.item_id ? this.#partial.text + event.delta : event.delta };
        this.#hub.emit({ type: 'partial', turnId: event.item_id, text: this.#partial.text, stableText: this.#partial.text });
        return;
      case 'conversation.item.input_audio_transcription.completed':
        this.#hub.emit({ type: 'final', turnId: event.item_id, text: event.transcript, confidence: undefined });
        return;
      case 'response.output_item.added':
        if (event.item.type === 'message') this.#begin(event.response_id, event.item.id);
        return;
      case 'response.output_audio_transcript.delta': {
        const reply = this.#replies.get(event.response_id);
        if (reply === undefined) return;
        reply.text += event.delta;
        this.#hub.emit({ type: 'reply-text', replyId: reply.replyId, delta: event.delta });
        return;
      }
      case 'sotto.output_audio.started': {
        const reply = this.#replies.get(event.response_id);
        if (reply !== undefined) this.#streams.set(event.stream, reply);
        return;
      }
      case 'sotto.output_audio.paused':
        return this.#devices.loudspeaker.pause();
      case 'sotto.output_audio.resumed':
        return this.#devices.loudspeaker.resume();
      case 'output_audio_buffer.cleared':
        if (this.#playing?.replyId === event.response_id) this.#cut(this.#playing, 'interrupted');
        return;
      case 'response.done':
        return this.#onDone(event.response.id, event.response.status, event.response.status_details?.error?.message);
      case 'sotto.turn.latency':
        this.#hub.emit({ type: 'latency', turnId: this.#turnId, waterfall: event.waterfall });
        return;
      case 'input_audio_buffer.timeout_triggered':
        this.#hub.emit({ type: 'idle-timeout' });
        return;
      case 'error':
        // Typed text was sent again though it had arrived: the confirmation is under way.
        if (event.error.code === 'item_already_exists') return;
        this.#hub.emit({ type: 'error', error: new VoiceError(ERROR_CODES.find((code) => code === event.error.code) ?? 'VOICE_ERR_BAD_MESSAGE', event.error.message, { stage: 'transport' }) });
        return;
      default:
        return;
    }
  }

  #begin(replyId: string, itemId: string): void {
    for (const [id, { status }] of this.#replies) if (status !== undefined) this.#replies.delete(id);
    const reply: RemoteReply = { replyId, itemId, turnId: this.#turnId, epoch: this.#epoch, text: '', writtenMs: 0, isComplete: false, status: undefined };
    this.#replies.set(replyId, reply);
    this.#playing = reply;
    this.#hub.emit({ type: 'thinking', turnId: this.#turnId, replyId });
  }

  #hearFrame(frame: BinaryFrame): void {
    const reply = this.#streams.get(frame.stream);
    if (reply === undefined || reply.epoch < this.#epoch) return;
    if (frame.last) {
      this.#streams.delete(frame.stream);
      reply.isComplete = true;
      return this.#drain(reply);
    }
    const samples = decodeWireAudio(frame.payload, WIRE_FORMAT);
    if (reply.writtenMs === 0) {
      this.#hub.emit({ type: 'speaking', replyId: reply.replyId, text: reply.text, words: NO_WORDS });
      this.#tellHeard(reply);
    }
    const startMs = reply.writtenMs;
    reply.writtenMs += (samples.length * 1000) / WIRE_FORMAT.rate;
    const chunk = { replyId: reply.replyId, turnId: reply.turnId, epoch: reply.epoch, samples, sampleRate: WIRE_FORMAT.rate, startMs, text: '', words: NO_WORDS };
    // The server paces itself, so nothing has to be held back here.
    this.#written = this.#devices.loudspeaker.write(chunk, { signal: this.#closing.signal }).catch(() => undefined);
  }

  #drain(reply: RemoteReply): void {
    const drained = this.#written.then(() => this.#devices.loudspeaker.drain(reply.replyId, { signal: this.#closing.signal }));
    drained.then(
      () => {
        if (this.#playing !== reply) return;
        this.#playing = undefined;
        this.#cancelTicker?.();
        this.#history.setText(reply.itemId, reply.text);
        this.#estimate.learn({ text: reply.text, arrivedMs: reply.writtenMs, isComplete: true });
        this.#hub.emit({ type: 'reply-end', replyId: reply.replyId, status: 'completed', text: reply.text, heardText: reply.text });
        this.#hub.emit({ type: 'listening' });
      },
      () => undefined,
    );
  }

  #onDone(replyId: string, status: string, message: string | undefined): void {
    const reply = this.#replies.get(replyId);
    if (reply === undefined) return;
    reply.status = status === 'completed' || status === 'incomplete' ? 'completed' : status === 'failed' ? 'failed' : 'cancelled';
    if (this.#playing !== reply || reply.status === 'completed') return;
    if (reply.status === 'failed') this.#hub.emit({ type: 'error', error: new VoiceError('VOICE_ERR_ENGINE_FAILED', message ?? 'The server could not answer', { stage: 'transport', retryable: true }) });
    this.#cut(reply, reply.status === 'failed' ? 'failed' : 'interrupted');
  }

  /** Silences a reply here, and tells the server how much of it was heard. */
  #cut(reply: RemoteReply, status: 'interrupted' | 'cancelled' | 'failed'): void {
    const heardMs = this.#heardMs(reply);
    if (reply.writtenMs > 0) this.#socket.send({ type: 'conversation.item.truncate', item_id: reply.itemId, content_index: 0, audio_end_ms: Math.round(heardMs) });
    this.#silence(reply, status);
  }

  /** @returns the words that were heard. */
  #silence(reply: RemoteReply, status: 'interrupted' | 'cancelled' | 'failed'): string {
    const heardText = this.#heardText(reply, this.#heardMs(reply));
    this.#playing = undefined;
    this.#cancelTicker?.();
    this.#epoch++;
    this.#devices.loudspeaker.clear(this.#epoch);
    this.#devices.loudspeaker.resume();
    this.#history.setText(reply.itemId, heardText);
    if (status !== 'failed') this.#hub.emit({ type: 'interrupted', replyId: reply.replyId, heardText });
    this.#hub.emit({ type: 'reply-end', replyId: reply.replyId, status, text: reply.text, heardText });
    return heardText;
  }

  #heardMs(reply: RemoteReply): number {
    return Math.min(this.#devices.loudspeaker.heardMs(reply.replyId), reply.writtenMs);
  }

  #tellHeard(reply: RemoteReply): void {
    this.#cancelTicker?.();
    const timer = setInterval(() => {
      const heardMs = this.#devices.loudspeaker.heardMs(reply.replyId);
      this.#hub.emit({ type: 'heard', replyId: reply.replyId, heardMs, text: this.#heardText(reply, heardMs) });
      if (this.#playing !== reply) this.#cancelTicker?.();
    }, HEARD_INTERVAL_MS);
    this.#cancelTicker = () => clearInterval(timer);
  }

  #heardText(reply: RemoteReply, heardMs: number): string {
    return this.#estimate.heardText({ text: reply.text, arrivedMs: reply.writtenMs, isComplete: reply.isComplete }, heardMs);
  }
}

const NO_WORDS: readonly TimedWord[] = [];
