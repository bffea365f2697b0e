import { createVoiceSession as createPipelineSession, type VoiceSession } from '@sotto/pipeline';
import { AudioDevices } from '../audio-devices.ts';
import type { BrowserVoiceSession, BrowserVoiceSessionOptions, BrowserVoiceSettings } from '../browser-voice-session.ts';
import { EventHub } from '../event-hub.ts';
import { voiceEventsOf } from '../session-event-translation.ts';
import type { VoiceEvent } from '../voice-event.ts';
import { type InTabEngines, loadInTabEngines } from './load-in-tab-engines.ts';

/** A conversation whose models all run in this tab. */
export class InTabSession implements BrowserVoiceSession {
  readonly engines: InTabEngines;
  readonly #hub: EventHub;
  readonly #devices: AudioDevices;
  #session: VoiceSession;
  #settings: BrowserVoiceSettings;
  #typedCount = 0;

  private constructor(hub: EventHub, engines: InTabEngines, devices: AudioDevices, session: VoiceSession, settings: BrowserVoiceSettings) {
    this.#hub = hub;
    this.engines = engines;
    this.#devices = devices;
    this.#session = session;
    this.#settings = settings;
  }

  static async open(options: BrowserVoiceSessionOptions): Promise<InTabSession> {
    const hub = new EventHub();
    if (options.onEvent !== undefined) hub.on('*', options.onEvent);
    const engines = await loadInTabEngines({ ...options.inTab, signal: options.signal, onEvent: (event) => hub.emit(event) });
    let opened: InTabSession | undefined;
    const devices = await AudioDevices.open({
      worklets: options.worklets ?? {},
      deviceId: options.deviceId,
      onFrame: (frame) => opened?.session.pushAudio(frame),
      onLost: (error) => hub.emit({ type: 'error', error }),
      onMuted: (muted) => hub.emit({ type: 'muted', muted }),
    });
    const session = await openConversation(engines, devices, hub, options.settings ?? {});
    const inTab = new InTabSession(hub, engines, devices, session, options.settings ?? {});
    opened = inTab;
    options.signal?.addEventListener('abort', () => void inTab[Symbol.asyncDispose](), { once: true });
    return inTab;
  }

  /** The pipeline's session, for items, tools and settings beyond the page's. */
  get session(): VoiceSession {
    return this.#session;
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
    // Nothing said yet is no error of whoever let go of a button.
    this.#session.commitAudio().catch(() => undefined);
  }

  async sendText(text: string): Promise<void> {
    await this.#devices.wake();
    this.#session.interrupt();
    this.#session.addItem({ id: `item_typed_${++this.#typedCount}`, type: 'user', text });
    await this.#session.reply();
  }

  interrupt(): void {
    this.#session.interrupt();
  }

  update(settings: BrowserVoiceSettings): void {
    this.#settings = { ...this.#settings, ...settings };
    this.#session.update(settings);
  }

  async reset(): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
    this.#session = await openConversation(this.engines, this.#devices, this.#hub, this.#settings);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#devices.stopListening();
    await this.#session[Symbol.asyncDispose]();
    await this.#devices[Symbol.asyncDispose]();
    await this.engines[Symbol.asyncDispose]();
    this.#hub.clear();
  }
}

function openConversation(engines: InTabEngines, devices: AudioDevices, hub: EventHub, settings: BrowserVoiceSettings): Promise<VoiceSession> {
  const emitAll = (events: readonly VoiceEvent[]) => {
    for (const event of events) hub.emit(event);
  };
  return createPipelineSession({ engines, sink: devices.loudspeaker, settings, onEvent: (event) => emitAll(voiceEventsOf(event)) });
}
