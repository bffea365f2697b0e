import type { TimedWord } from '../audio/timed-word.ts';
import type { ToolCall } from '../llm/llm-engine.ts';

/** One entry of the conversation's history. */
export type ConversationItem =
  | { readonly id: string; readonly type: 'system'; readonly text: string }
  | { readonly id: string; readonly type: 'user'; readonly text: string }
  | {
      readonly id: string;
      readonly type: 'assistant';
      /** What the conversation remembers: all of it, or what was heard before an interruption. */
      readonly text: string;
      /** Spoken words with times from the reply's first sample; empty for a text reply. */
      readonly words: readonly TimedWord[];
      readonly status: 'in-progress' | 'completed' | 'incomplete';
    }
  | { readonly id: string; readonly type: 'tool-call'; readonly call: ToolCall }
  | { readonly id: string; readonly type: 'tool-result'; readonly callId: string; readonly name: string; readonly text: string };
