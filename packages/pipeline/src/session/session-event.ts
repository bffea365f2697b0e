import type { TimedWord } from '../audio/timed-word.ts';
import type { VoiceError } from '../errors.ts';
import type { LlmFinishReason, LlmUsage, ToolCall } from '../llm/llm-engine.ts';
import type { TurnWaterfall } from '../metrics/turn-waterfall.ts';
import type { Transcript } from '../stt/stt-engine.ts';

/**
 * Everything a session tells. `turnId` names one exchange, user's utterance and
 * reply alike; `replyId` one reply. `…Ms` positions called `audio…Ms` count from
 * the first microphone sample pushed.
 */
export type SessionEvent =
  | { readonly type: 'speech-start'; readonly turnId: string; readonly audioStartMs: number }
  | { readonly type: 'speech-pause'; readonly turnId: string; readonly audioEndMs: number }
  | { readonly type: 'speech-resume'; readonly turnId: string }
  | { readonly type: 'speech-misfire'; readonly turnId: string }
  /** Endpointing decided that the utterance is over. */
  | { readonly type: 'speech-end'; readonly turnId: string; readonly itemId: string; readonly audioStartMs: number; readonly audioEndMs: number }
  | { readonly type: 'transcript-partial'; readonly turnId: string; readonly text: string; readonly stableText: string }
  | { readonly type: 'transcript-final'; readonly turnId: string; readonly itemId: string; readonly transcript: Transcript }
  /** Speech over the reply that was an echo of it or a mere "mm-hm"; the reply goes on. */
  | { readonly type: 'backchannel'; readonly turnId: string; readonly text: string }
  | { readonly type: 'reply-start'; readonly turnId: string; readonly replyId: string; readonly itemId: string }
  | { readonly type: 'reply-text-delta'; readonly replyId: string; readonly text: string }
  /** One clause was synthesised and handed to the sink. */
  | { readonly type: 'reply-speech'; readonly replyId: string; readonly text: string; readonly startMs: number; readonly words: readonly TimedWord[] }
  | { readonly type: 'tool-call'; readonly replyId: string; readonly itemId: string; readonly call: ToolCall }
  /** The language model has said all of this reply, before its last speech was synthesised or heard. */
  | { readonly type: 'reply-generated'; readonly replyId: string; readonly text: string; readonly finishReason: LlmFinishReason; readonly usage: LlmUsage }
  | { readonly type: 'heard'; readonly replyId: string; readonly heardMs: number; readonly text: string }
  | { readonly type: 'reply-end'; readonly replyId: string; readonly turnId: string; readonly itemId: string; readonly status: ReplyStatus; readonly text: string; readonly heardText: string; readonly heardMs: number; readonly finishReason: LlmFinishReason | undefined; readonly usage: LlmUsage | undefined }
  | { readonly type: 'turn-latency'; readonly turnId: string; readonly waterfall: TurnWaterfall }
  | { readonly type: 'capture-overrun'; readonly droppedSampleCount: number }
  | { readonly type: 'idle-timeout'; readonly audioEndMs: number }
  | { readonly type: 'error'; readonly error: VoiceError; readonly turnId: string | undefined };

/** `interrupted` by speech over it, `cancelled` because somebody asked for it. */
export type ReplyStatus = 'completed' | 'interrupted' | 'cancelled' | 'failed';

export type SessionEventType = SessionEvent['type'];
export type SessionEventOf<T extends SessionEventType> = Extract<SessionEvent, { readonly type: T }>;

/**
 * What an interruption does to an event of the interrupted turn: `drop` means
 * that it must not come after the interruption, `keep` that it is a closing or
 * independent event and still comes.
 */
export const EVENT_FATE_ON_INTERRUPTION = {
  'speech-start': 'keep',
  'speech-pause': 'keep',
  'speech-resume': 'keep',
  'speech-misfire': 'keep',
  'speech-end': 'keep',
  'transcript-partial': 'keep',
  'transcript-final': 'keep',
  'backchannel': 'keep',
  'reply-start': 'drop',
  'reply-text-delta': 'drop',
  'reply-speech': 'drop',
  'tool-call': 'drop',
  'reply-generated': 'drop',
  'heard': 'drop',
  'reply-end': 'keep',
  'turn-latency': 'keep',
  'capture-overrun': 'keep',
  'idle-timeout': 'keep',
  'error': 'keep',
} as const satisfies Record<SessionEventType, 'keep' | 'drop'>;
