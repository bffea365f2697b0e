import type { SessionSettings } from '@sotto/pipeline';
import type { InTabEngineOptions } from './in-tab/load-in-tab-engines.ts';
import type { EventHub } from './event-hub.ts';

export type ServerEngine = {
  /** Address of a Sotto server, `http(s)://` or `ws(s)://`; `/v1/realtime` is added if missing. */
  readonly url: string;
  readonly apiKey?: string;
};

export type BrowserVoiceSettings = Partial<Pick<SessionSettings, 'instructions' | 'turnDetection' | 'interruption' | 'voice' | 'speed' | 'idleTimeoutMs'>>;

export type BrowserVoiceSessionOptions = {
  /** Everything in this tab, or on a server. */
  readonly engine: 'in-tab' | ServerEngine;
  readonly settings?: BrowserVoiceSettings;
  /** Only for `in-tab`. */
  readonly inTab?: Omit<InTabEngineOptions, 'signal' | 'onEvent'>;
  /** Addresses of the two audio worklets, where a bundler moved them. */
  readonly worklets?: { readonly capture?: string | URL; readonly playback?: string | URL };
  readonly deviceId?: string;
  /** Ends loading and the session. */
  readonly signal?: AbortSignal;
  /** Hears the events of loading, which come before the session can be listened to. */
  readonly onEvent?: Parameters<EventHub['emit']> extends [infer E] ? (event: E) => void : never;
};

/** One conversation in a page. Everything it tells comes as {@link EventHub} events. */
export interface BrowserVoiceSession extends AsyncDisposable {
  readonly on: EventHub['on'];
  /**
   * Opens the microphone. Call it from a click or key press, or the browser keeps the sound off.
   * @throws {DeviceError} VOICE_ERR_MICROPHONE_DENIED, VOICE_ERR_MICROPHONE_MISSING, VOICE_ERR_MICROPHONE_LOST
   */
  startListening(): Promise<void>;
  /** Closes the microphone; the conversation stays. */
  stopListening(): Promise<void>;
  readonly isListening: boolean;
  /** Ends the utterance now, as releasing a talk button does. */
  commit(): void;
  /** Answers typed text like speech. Interrupts a running reply. */
  sendText(text: string): Promise<void>;
  /** Silences the running reply; the conversation keeps what was heard. */
  interrupt(): void;
  update(settings: BrowserVoiceSettings): void;
  /** Forgets everything that was said. */
  reset(): Promise<void>;
  /** Level of the microphone now, RMS in [0, 1]. */
  readonly inputLevel: number;
  /** Level of the loudspeaker now, RMS in [0, 1]. */
  readonly outputLevel: number;
}
