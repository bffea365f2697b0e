import type { VoiceError } from '@sotto/pipeline';
import type { BrowserVoiceSession } from '../browser-voice-session.ts';
import { createVoiceSession } from '../create-voice-session.ts';
import { fetchModelIndex } from '../in-tab/load-in-tab-engines.ts';
import type { InTabSession } from '../in-tab/in-tab-session.ts';
import type { VoiceEvent } from '../voice-event.ts';
import { Captions } from './captions.ts';
import { element } from './element.ts';
import { KioskMode } from './kiosk-mode.ts';
import { LevelVisual } from './level-visual.ts';
import { LoadingList, REASONS } from './loading-list.ts';
import { type ModelChoice, ModelPanel } from './model-panel.ts';
import { WaterfallPlot } from './waterfall-plot.ts';

/** Typing this long after the last key counts as done; every change re-evaluates the model's instructions. */
const FACTS_SETTLE_MS = 400;

const READY = 'Ready. Press to talk.';

type EngineChoice = 'in-tab' | 'server';

/** The demo: one session at a time, in the tab or on the server, and the page around it. */
export class AssistantPage {
  readonly #assetsUrl: string;
  readonly #talk = element<HTMLButtonElement>('talk');
  readonly #talkLabel = element('talk-label');
  readonly #state = element('state');
  readonly #facts = element<HTMLTextAreaElement>('facts');
  readonly #send = element('typed').querySelector('button') as HTMLButtonElement;
  readonly #captions = new Captions(element('captions'), element('announcer'));
  readonly #waterfall = new WaterfallPlot(element('waterfall'));
  readonly #loading = new LoadingList(element('loading'));
  readonly #levels: LevelVisual;
  readonly #models: ModelPanel;
  readonly #kiosk: KioskMode | undefined;
  #engine: EngineChoice = 'in-tab';
  #choice: ModelChoice = { models: {}, devices: { stt: 'wasm', tts: 'wasm' } };
  #gpuLimitMs: number | undefined;
  #session: BrowserVoiceSession | undefined;
  #opening = new AbortController();

  constructor(assetsUrl: string) {
    this.#assetsUrl = assetsUrl;
    this.#levels = new LevelVisual(element<HTMLCanvasElement>('level'), () => this.#session ?? { inputLevel: 0, outputLevel: 0 });
    this.#models = new ModelPanel({
      host: element('models'),
      assetsUrl,
      choose: (choice) => this.#choose(choice),
      tellRemoved: ({ title }) => this.#showState(`${title} was removed from this browser; the next start fetches it again`),
    });
    if (KioskMode.isWanted) this.#kiosk = new KioskMode({ wipe: () => void this.#wipe(), recover: () => this.#recover() });
  }

  /** The session that runs now, for tests and the curious. */
  get session(): BrowserVoiceSession | undefined {
    return this.#session;
  }

  async start(): Promise<void> {
    this.#facts.value = await (await fetch(`${this.#assetsUrl}/kiosk.txt`)).text();
    this.#talk.onclick = () => void this.#toggle();
    this.#listenToForm();
    this.#listenToFacts();
    element('engine').addEventListener('change', (event) => {
      this.#engine = (event.target as HTMLInputElement).value as EngineChoice;
      void this.#open();
    });
    // The browser may have dropped a model while nobody looked.
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible' && this.#session !== undefined) void this.#showModels();
    });
    this.#obeyAddress(new URLSearchParams(location.search));
    await this.#open();
  }

  /**
   * `?engine=server` and `?device=webgpu` choose what the page starts with, for kiosks that nobody sets up by hand.
   * `gpuLimitMs` gives slow adapters more time to pass their test.
   */
  #obeyAddress(query: URLSearchParams): void {
    this.#gpuLimitMs = Number(query.get('gpuLimitMs')) || undefined;
    if (query.get('device') === 'webgpu') this.#choice = { ...this.#choice, devices: { stt: 'webgpu', tts: 'webgpu' } };
    if (query.get('engine') !== 'server') return;
    this.#engine = 'server';
    element('engine').querySelector<HTMLInputElement>('[value=server]')!.checked = true;
  }

  #listenToForm(): void {
    element('typed').addEventListener('submit', (event) => {
      event.preventDefault();
      const input = element<HTMLInputElement>('typed-text');
      const text = input.value.trim();
      if (text === '' || this.#session === undefined) return;
      input.value = '';
      this.#captions.showTyped(text);
      this.#kiosk?.noteUse();
      this.#session.sendText(text).catch((thrown: unknown) => this.#showProblem(thrown));
    });
  }

  #listenToFacts(): void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    this.#facts.oninput = () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#session?.update({ instructions: this.#facts.value }), FACTS_SETTLE_MS);
    };
  }

  /** @param carriesOn keeps what was said, when only a model of the tab changes. */
  async #open({ carriesOn = false } = {}): Promise<void> {
    this.#opening.abort(new Error('another engine was chosen'));
    const opening = new AbortController();
    this.#opening = opening;
    const wasListening = this.#session?.isListening ?? false;
    const said = carriesOn ? ((this.#session as InTabSession | undefined)?.session.items ?? []) : [];
    await this.#close();
    this.#setReady(false);
    this.#loading.clear();
    this.#showState(this.#engine === 'in-tab' ? 'Loading the models' : 'Connecting to the server');
    try {
      const session = await createVoiceSession({
        engine: this.#engine === 'in-tab' ? 'in-tab' : { url: new URL('/', location.href).href },
        settings: { instructions: this.#facts.value },
        inTab: { assetsUrl: this.#assetsUrl, models: this.#choice.models, devices: this.#choice.devices, ...(this.#gpuLimitMs === undefined ? {} : { gpuLimitMs: this.#gpuLimitMs }) },
        signal: opening.signal,
        onEvent: (event) => this.#take(event),
      });
      if (opening.signal.aborted) return await session[Symbol.asyncDispose]();
      for (const item of said) (session as InTabSession).session.addItem(item);
      this.#session = session;
      this.#setReady(true);
      // For whoever measures how long that took.
      performance.mark('sotto-ready');
      this.#showState(READY);
      await this.#showModels();
      if (wasListening) await this.#listen();
    } catch (thrown) {
      if (!opening.signal.aborted) this.#showProblem(thrown);
    }
  }

  async #close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.[Symbol.asyncDispose]();
  }

  async #toggle(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    if (!session.isListening) return this.#listen();
    await session.stopListening();
    session.interrupt();
    this.#showListening(false);
    this.#showState('Paused. Press to talk.');
  }

  async #listen(): Promise<void> {
    try {
      await this.#session?.startListening();
      this.#showListening(true);
      this.#kiosk?.noteUse();
    } catch (thrown) {
      this.#showListening(false);
      this.#showProblem(thrown);
    }
  }

  #take(event: VoiceEvent): void {
    this.#captions.take(event);
    switch (event.type) {
      case 'loading':
        if (event.progress.again !== undefined) this.#showState(`Fetching ${event.progress.modelId} again: ${REASONS[event.progress.again]}`);
        return this.#loading.take(event.progress);
      case 'listening':
        this.#showListening(this.#session?.isListening ?? false);
        return this.#showState(this.#session?.isListening ? 'Listening' : READY);
      case 'hearing':
        this.#kiosk?.noteUse();
        return this.#showState('Hearing you');
      case 'thinking':
        this.#kiosk?.noteReply();
        return this.#showState('Thinking');
      case 'speaking':
        return this.#showState('Speaking. Talk to interrupt.');
      case 'reply-end':
        return this.#kiosk?.noteUse();
      case 'latency':
        return this.#waterfall.add(event.waterfall);
      case 'muted':
        return event.muted ? this.#showState('The microphone is muted: unmute it on the device or in the system', true) : this.#showState('Listening');
      case 'fallback':
        this.#showState(`The ${event.stage === 'tts' ? 'voice' : 'recogniser'} now computes on the processor: ${event.reason}`);
        void this.#showModels();
        return;
      case 'connection':
        if (event.state === 'reconnecting') this.#showState('Reconnecting: the connection dropped', true);
        if (event.state === 'connected' && this.#session !== undefined) this.#showState(this.#session.isListening ? 'Listening' : READY);
        if (event.state === 'closed') this.#kiosk?.noteTrouble();
        return;
      case 'error':
        return this.#showProblem(event.error);
      default:
        return;
    }
  }

  #choose(choice: ModelChoice): void {
    this.#choice = choice;
    if (this.#engine === 'in-tab') void this.#open({ carriesOn: true });
  }

  async #showModels(): Promise<void> {
    const manifests = await fetchModelIndex(this.#assetsUrl).catch(() => []);
    const devices = this.#engine === 'in-tab' ? (this.#session as InTabSession | undefined)?.engines.devices() : undefined;
    const running = devices === undefined ? {} : { vad: 'WASM', stt: nameOf(devices.stt), llm: 'WASM', tts: nameOf(devices.tts) };
    await this.#models.show(manifests, this.#choice, running);
  }

  async #wipe(): Promise<void> {
    this.#session?.interrupt();
    await this.#session?.reset();
    this.#captions.clear();
  }

  async #recover(): Promise<void> {
    if (this.#session === undefined || this.#engine === 'server') await this.#open();
    if (this.#session === undefined) throw new Error('not back yet');
    await this.#session.startListening();
    this.#showListening(true);
    // A reply that was lost on the way has no end; what is left of the conversation must go all the same.
    this.#kiosk?.noteUse();
  }

  #setReady(ready: boolean): void {
    this.#talk.disabled = !ready;
    this.#send.disabled = !ready;
    this.#showListening(false);
    if (!ready) this.#talkLabel.textContent = 'Loading';
  }

  #showListening(listening: boolean): void {
    this.#talk.setAttribute('aria-pressed', String(listening));
    this.#talkLabel.textContent = listening ? 'Pause' : 'Talk';
    this.#levels.active = listening;
  }

  #showState(text: string, problem = false): void {
    this.#state.textContent = text;
    this.#state.classList.toggle('problem', problem);
  }

  #showProblem(thrown: unknown): void {
    const { message, code } = thrown as Partial<VoiceError>;
    this.#showState(message ?? String(thrown), true);
    const isDeaf = code?.startsWith('VOICE_ERR_MICROPHONE') ?? false;
    if (isDeaf) this.#showListening(false);
    // Other errors are of one turn, and the session lives on.
    if (isDeaf || this.#session === undefined) this.#kiosk?.noteTrouble();
  }
}

function nameOf(device: 'wasm' | 'webgpu'): string {
  return device === 'wasm' ? 'WASM' : 'WebGPU';
}
