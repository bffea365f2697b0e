/** Port of a chat language model. Adapters: node-llama-cpp, wllama, any OpenAI-compatible endpoint. */
export interface LlmEngine extends AsyncDisposable {
  readonly specVersion: 'v1';
  readonly capabilities: LlmCapabilities;
  /** Opens a conversation with a context of its own; waits for a free one when all are taken. */
  openSession(options?: { readonly signal?: AbortSignal }): Promise<LlmSession>;
}

export type LlmCapabilities = {
  readonly contextTokenCount: number;
  readonly tools: boolean;
  readonly jsonSchema: boolean;
  /** Whether a shared prefix of two successive requests is evaluated once. */
  readonly prefixCache: boolean;
};

/**
 * One conversation. Every request carries the whole history: the session finds
 * the longest prefix it has already evaluated and evaluates only the rest, so
 * cutting history back to what was heard costs nothing for the kept part.
 * Calls must not overlap.
 */
export interface LlmSession extends AsyncDisposable {
  /** Evaluates the prompt ahead of need (the system prompt, or a speculative turn). Abort settles within 150 ms. */
  warm(request: LlmRequest, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Streams the reply. Ends with exactly one `finish` event unless it throws; rejects with `signal.reason` on abort. */
  generate(request: LlmRequest, options?: { readonly signal?: AbortSignal }): AsyncIterable<LlmEvent>;
}

export type LlmRequest = {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly ToolDefinition[];
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly name: string };
  /** Constrains the reply to JSON of this schema. Excludes `tools`. */
  readonly jsonSchema?: Readonly<Record<string, unknown>>;
  /** @defaultValue 256 */
  readonly maxOutputTokens?: number;
  /** 0 is greedy. @defaultValue 0 */
  readonly temperature?: number;
  readonly seed?: number;
};

export type ChatMessage =
  | { readonly role: 'system'; readonly text: string }
  | { readonly role: 'user'; readonly text: string }
  | { readonly role: 'assistant'; readonly text: string; readonly toolCalls?: readonly ToolCall[] }
  | { readonly role: 'tool'; readonly callId: string; readonly name: string; readonly text: string };

export type ToolDefinition = {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
};

export type ToolCall = { readonly callId: string; readonly name: string; readonly argumentsJson: string };

export type LlmEvent =
  | { readonly type: 'text-delta'; readonly text: string }
  /** Reasoning of the model; never spoken, never kept in history. */
  | { readonly type: 'thought-delta'; readonly text: string }
  | { readonly type: 'tool-call'; readonly call: ToolCall }
  | { readonly type: 'finish'; readonly reason: LlmFinishReason; readonly usage: LlmUsage };

export type LlmFinishReason = 'stop' | 'length' | 'tool-calls';

export type LlmUsage = {
  readonly inputTokenCount: number;
  /** Part of the input that was not evaluated again. */
  readonly cachedTokenCount: number;
  readonly outputTokenCount: number;
};
