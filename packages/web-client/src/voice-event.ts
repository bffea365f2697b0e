import type { TimedWord, Transcript, TurnWaterfall, VoiceError } from '@sotto/pipeline';

/** What a voice session in the browser tells, alike whether the models run in the tab or on a server. */
export type VoiceEvent =
  /** The microphone is open and nobody speaks. */
  | { readonly type: 'listening' }
  /** The user began to speak. */
  | { readonly type: 'hearing'; readonly turnId: string }
  | { readonly type: 'partial'; readonly turnId: string; readonly text: string; readonly stableText: string }
  | { readonly type: 'final'; readonly turnId: string; readonly text: string; readonly confidence: Transcript['confidence'] | undefined }
  | { readonly type: 'thinking'; readonly turnId: string; readonly replyId: string }
  | { readonly type: 'reply-text'; readonly replyId: string; readonly delta: string }
  /** A clause is about to sound; word times count from the reply's first sample. */
  | { readonly type: 'speaking'; readonly replyId: string; readonly text: string; readonly words: readonly TimedWord[] }
  | { readonly type: 'heard'; readonly replyId: string; readonly heardMs: number; readonly text: string }
  | { readonly type: 'interrupted'; readonly replyId: string; readonly heardText: string }
  | { readonly type: 'reply-end'; readonly replyId: string; readonly status: 'completed' | 'interrupted' | 'cancelled' | 'failed'; readonly text: string; readonly heardText: string }
  | { readonly type: 'latency'; readonly turnId: string; readonly waterfall: TurnWaterfall }
  | { readonly type: 'loading'; readonly progress: LoadProgress }
  | { readonly type: 'muted'; readonly muted: boolean }
  | { readonly type: 'connection'; readonly state: 'connecting' | 'connected' | 'reconnecting' | 'closed' }
  /** A stage that runs elsewhere than asked for, and why. */
  | { readonly type: 'fallback'; readonly stage: 'stt' | 'llm' | 'tts' | 'vad'; readonly from: string; readonly to: string; readonly reason: string }
  | { readonly type: 'idle-timeout' }
  | { readonly type: 'error'; readonly error: VoiceError };

export type LoadProgress = {
  /** The model that is being fetched, checked or started. */
  readonly modelId: string;
  readonly step: 'fetching' | 'checking' | 'starting' | 'testing' | 'ready';
  readonly loadedBytes: number;
  readonly totalBytes: number;
  /** Why a model is fetched that this browser had kept: it dropped the files, or they were no longer what they were. */
  readonly again?: 'evicted' | 'damaged';
};

export type VoiceEventType = VoiceEvent['type'];
export type VoiceEventOf<T extends VoiceEventType> = Extract<VoiceEvent, { readonly type: T }>;
