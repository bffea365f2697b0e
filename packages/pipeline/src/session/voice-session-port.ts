import type { AudioFrame } from '../audio/audio-frame.ts';
import type { ChatMessage, LlmEngine, LlmRequest, ToolDefinition } from '../llm/llm-engine.ts';
import type { Clock } from '../stream/clock.ts';
import type { SttEngine, TranscribeOptions } from '../stt/stt-engine.ts';
import type { TtsEngine } from '../tts/tts-engine.ts';
import type { VadEngine } from '../vad/vad-engine.ts';
import type { ConversationItem } from './conversation.ts';
import type { PlayoutSink } from './playout-sink.ts';
import type { SessionEvent } from './session-event.ts';

/** The engines a session borrows; it never disposes them. */
export type VoiceEngines = {
  readonly vad: VadEngine;
  readonly stt: SttEngine;
  readonly llm: LlmEngine;
  readonly tts: TtsEngine;
};

/** How the end of the user's utterance is found. */
export type TurnDetection =
  /** Wait for a fixed silence. */
  | { readonly type: 'silence'; readonly silenceMs: number }
  /** Wait shorter when the words sound finished and longer when they do not. */
  | { readonly type: 'semantic'; readonly minSilenceMs: number; readonly maxSilenceMs: number }
  /** Push-to-talk: the caller commits. */
  | { readonly type: 'manual' };

export type SessionSettings = {
  readonly instructions: string;
  readonly turnDetection: TurnDetection;
  /** Probability above which a frame starts speech, in (0, 1). */
  readonly speechThreshold: number;
  /** Audio kept from before the start of speech. */
  readonly prefixPaddingMs: number;
  /** Answer by itself when an utterance ends. */
  readonly autoReply: boolean;
  /**
   * What interrupts a reply: nothing; any speech, at once; or real words, while
   * speech only holds the sound until it is known whether it was an echo or a mere "mm-hm".
   */
  readonly interruption: 'off' | 'speech' | 'words';
  /** Start answering at the first pause and hold the answer back until the utterance is known to be over. */
  readonly speculate: boolean;
  readonly output: 'speech' | 'text';
  readonly voice: string | undefined;
  readonly speed: number;
  readonly tools: readonly ToolDefinition[];
  /** Whether replies may, must or must not call a tool. */
  readonly toolChoice: NonNullable<LlmRequest['toolChoice']>;
  readonly maxOutputTokens: number;
  readonly temperature: number;
  readonly transcription: Pick<TranscribeOptions, 'language' | 'prompt'>;
  /** Silence after a reply that raises `idle-timeout`; undefined never. */
  readonly idleTimeoutMs: number | undefined;
  /** Final transcripts below this confidence are answered with `repromptText`. */
  readonly minConfidence: number;
  readonly repromptText: string;
};

export type VoiceSessionOptions = {
  readonly engines: VoiceEngines;
  readonly sink: PlayoutSink;
  readonly clock?: Clock;
  readonly settings?: Partial<SessionSettings>;
  /** Called synchronously for every event; must not throw. */
  readonly onEvent: (event: SessionEvent) => void;
};

export type ReplyRequest = {
  /** Replaces the session's instructions for this reply. */
  readonly instructions?: string;
  readonly output?: 'speech' | 'text';
  readonly voice?: string;
  readonly tools?: readonly ToolDefinition[];
  readonly toolChoice?: SessionSettings['toolChoice'];
  readonly maxOutputTokens?: number;
  /** Answer these messages instead of the conversation, and leave the conversation unchanged. */
  readonly outOfBand?: readonly ChatMessage[];
};

/**
 * One conversation: listens, decides when the user has finished, answers, and
 * can be spoken over. Composition only; the parts are in `vad/ stt/ llm/ tts/ turn/`.
 */
export interface VoiceSession extends AsyncDisposable {
  readonly settings: SessionSettings;
  /** Raised by every interruption; whatever carries a lower one is stale. */
  readonly epoch: number;
  readonly items: readonly ConversationItem[];
  /** Adds microphone audio of any supported rate; its samples are copied. Never waits: when listening falls behind, the oldest audio is dropped and counted in `capture-overrun`. */
  pushAudio(frame: AudioFrame): void;
  /** The same for recordings: waits for room instead of dropping. */
  writeAudio(frame: AudioFrame): Promise<void>;
  /** Ends the utterance now (push-to-talk, or the end of a recording) and resolves when it is transcribed. Rejects with VOICE_ERR_AUDIO_EMPTY when nothing was pushed. */
  commitAudio(): Promise<void>;
  /** Forgets pushed audio that was not committed. */
  clearAudio(): void;
  update(settings: Partial<SessionSettings>): void;
  /** Adds a typed message or a tool's result after `afterItemId` (default: at the end). */
  addItem(item: ConversationItem, options?: { readonly afterItemId?: string }): void;
  removeItem(itemId: string): boolean;
  /** Cuts a reply back to the words heard up to `heardMs`; returns the text that stays. */
  truncateItem(itemId: string, heardMs: number): string;
  /** Starts a reply and resolves with its id; the reply's events follow. Rejects when one is already running. */
  reply(request?: ReplyRequest): Promise<string>;
  /** Speaks `text` as it is, as a reply of the assistant. */
  say(text: string): Promise<string>;
  /** Stops the running reply, keeping only what was heard; it ends as `cancelled`. */
  interrupt(): void;
  /** Resolves when nothing is being said, thought or transcribed. */
  idle(): Promise<void>;
}
