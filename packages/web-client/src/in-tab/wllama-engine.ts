import type { ChatCompletionChunk, ChatCompletionMessage, ChatCompletionParams, ChatCompletionTool, Wllama } from '@wllama/wllama';
import { BoundedQueue, type ChatMessage, ContextWindow, DisposedError, EngineError, type LlmEngine, type LlmEvent, type LlmFinishReason, type LlmRequest, type LlmSession, type LlmUsage, ModelError, type ToolCall } from '@sotto/pipeline';

export type WllamaEngineOptions = {
  /** The model's bytes, checked already. */
  readonly gguf: Uint8Array;
  /** llama.cpp's WASM on the page's origin. */
  readonly wasmUrl: string;
  /** @defaultValue 2048 */
  readonly contextTokenCount?: number;
  readonly threadCount: number;
  /** Layers on the GPU; 0 keeps everything in WASM. @defaultValue 0 */
  readonly gpuLayerCount?: number;
};

/** Characters of English per token of a byte-level tokenizer, low so that estimates of length err upwards. */
const CHARACTERS_PER_TOKEN = 2.5;
/** Tokens that a chat template adds around one message. */
const TEMPLATE_TOKEN_COUNT = 8;
/** Chunks beside those with a token: the first, the last, the usage, pieces of a tool call. */
const SPARE_CHUNK_COUNT = 64;
const NO_USAGE: LlmUsage = { inputTokenCount: 0, cachedTokenCount: 0, outputTokenCount: 0 };

/**
 * The tab's language model: llama.cpp in WASM, in a Worker of its own, from the same GGUF as the server's.
 * One conversation at a time; its shared prefix stays evaluated between turns.
 * @throws {ModelError} VOICE_ERR_MODEL_LOAD
 */
export async function createWllamaEngine(options: WllamaEngineOptions): Promise<LlmEngine> {
  const { LoggerWithoutDebug, Wllama } = await import('@wllama/wllama');
  const wllama = new Wllama({ default: options.wasmUrl }, { logger: LoggerWithoutDebug, suppressNativeLog: true, allowOffline: true });
  // The default falls back to a copy on a CDN for browsers that lack a feature.
  wllama.setCompat(null);
  const contextTokenCount = options.contextTokenCount ?? 2048;
  try {
    await wllama.loadModel([new Blob([options.gguf as Uint8Array<ArrayBuffer>])], {
      n_ctx: contextTokenCount,
      n_threads: globalThis.crossOriginIsolated ? options.threadCount : 1,
      n_gpu_layers: options.gpuLayerCount ?? 0,
      n_parallel: 1,
      n_batch: 128,
      reasoning_budget_tokens: 0,
    });
  } catch (cause) {
    await wllama.exit().catch(() => undefined);
    throw new ModelError('VOICE_ERR_MODEL_LOAD', `The language model could not be started: ${cause instanceof Error ? cause.message : String(cause)}`, { stage: 'llm', cause });
  }
  return {
    specVersion: 'v1',
    capabilities: { contextTokenCount, tools: true, jsonSchema: true, prefixCache: true },
    openSession: () => Promise.resolve(new WllamaSession(wllama, contextTokenCount)),
    [Symbol.asyncDispose]: () => wllama.exit(),
  };
}

class WllamaSession implements LlmSession {
  readonly #wllama: Wllama;
  readonly #window: ContextWindow;

  constructor(wllama: Wllama, contextTokenCount: number) {
    this.#wllama = wllama;
    this.#window = new ContextWindow({ contextTokenCount, countTokens: estimateTokens });
  }

  async warm(request: LlmRequest, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    // A model answers something; one token of it is thrown away, the evaluated prompt stays.
    for await (const _event of this.generate({ ...request, maxOutputTokens: 1 }, signal === undefined ? {} : { signal })) void _event;
  }

  async *generate(request: LlmRequest, { signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<LlmEvent, void, undefined> {
    signal?.throwIfAborted();
    const maxOutputTokens = request.maxOutputTokens ?? 256;
    const messages = this.#window.fit(request.messages, maxOutputTokens + TEMPLATE_TOKEN_COUNT);
    const calls = new ToolCallAssembler();
    let usage = NO_USAGE;
    let reason: LlmFinishReason = 'stop';
    const chunks = this.#complete(paramsOf(request, messages, maxOutputTokens), signal);
    try {
      for await (const chunk of chunks) {
        signal?.throwIfAborted();
        usage = usageOf(chunk) ?? usage;
        const [choice] = chunk.choices;
        if (choice === undefined) continue;
        if (choice.delta.content) yield { type: 'text-delta', text: choice.delta.content };
        calls.add(choice.delta.tool_calls ?? []);
        if (choice.finish_reason === 'length') reason = 'length';
      }
    } catch (thrown) {
      signal?.throwIfAborted();
      throw new EngineError('VOICE_ERR_ENGINE_FAILED', `The language model failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { stage: 'llm', retryable: true, cause: thrown });
    } finally {
      chunks.abort(new DisposedError('The completion'));
    }
    for (const call of calls.finished()) {
      reason = 'tool-calls';
      yield { type: 'tool-call', call };
    }
    yield { type: 'finish', reason, usage };
  }

  /**
   * Starts a completion. Its chunks come through a queue of our own: wllama's iterator rejects where nobody listens once
   * the completion is aborted and its consumer gone. Aborting the queue ends the completion at its next chunk.
   */
  #complete(params: ChatCompletionParams, signal: AbortSignal | undefined): BoundedQueue<ChatCompletionChunk> {
    const chunks = new BoundedQueue<ChatCompletionChunk>({ name: 'completion', capacity: 2 * (params.max_tokens ?? 0) + SPARE_CHUNK_COUNT, policy: 'fail' });
    this.#wllama
      .createChatCompletion({ ...params, stream: true, onData: (chunk) => void chunks.offer(chunk), ...(signal === undefined ? {} : { abortSignal: signal }) })
      .then(() => chunks.close(), (thrown: unknown) => chunks.abort(thrown));
    return chunks;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** Puts together calls whose arguments arrive in pieces. */
class ToolCallAssembler {
  readonly #calls = new Map<number, { callId: string; name: string; argumentsJson: string }>();

  add(deltas: NonNullable<ChatCompletionChunk['choices'][number]['delta']['tool_calls']>): void {
    for (const { index, id, function: part } of deltas) {
      const call = this.#calls.get(index) ?? { callId: id ?? `call_${index}`, name: '', argumentsJson: '' };
      call.name += part?.name ?? '';
      call.argumentsJson += part?.arguments ?? '';
      this.#calls.set(index, call);
    }
  }

  finished(): readonly ToolCall[] {
    return [...this.#calls.values()];
  }
}

function paramsOf(request: LlmRequest, messages: readonly ChatMessage[], maxOutputTokens: number): ChatCompletionParams {
  const { tools = [], toolChoice, jsonSchema, temperature = 0, seed } = request;
  return {
    messages: messages.map(toWireMessage),
    max_tokens: maxOutputTokens,
    temperature,
    cache_prompt: true,
    ...(seed === undefined ? {} : { seed }),
    ...(tools.length === 0 ? {} : { tools: tools.map((tool) => ({ type: 'function', function: tool }) as unknown as ChatCompletionTool) }),
    ...(toolChoice === undefined ? {} : { tool_choice: typeof toolChoice === 'string' ? toolChoice : { type: 'function' as const, function: { name: toolChoice.name } } }),
    ...(jsonSchema === undefined ? {} : { response_format: { type: 'json_schema' as const, json_schema: { name: 'reply', schema: jsonSchema, strict: true } } }),
    chat_template_kwargs: { enable_thinking: false },
  };
}

function toWireMessage(message: ChatMessage): ChatCompletionMessage {
  switch (message.role) {
    case 'system':
    case 'user':
      return { role: message.role, content: message.text };
    case 'assistant':
      return {
        role: 'assistant',
        content: message.text,
        ...(message.toolCalls === undefined ? {} : { tool_calls: message.toolCalls.map(({ callId, name, argumentsJson }) => ({ id: callId, type: 'function' as const, function: { name, arguments: argumentsJson } })) }),
      };
    case 'tool':
      return { role: 'tool', tool_call_id: message.callId, content: message.text };
  }
}

function estimateTokens(message: ChatMessage): number {
  const calls = message.role === 'assistant' ? (message.toolCalls ?? []).map(({ argumentsJson }) => argumentsJson).join('') : '';
  return Math.ceil((message.text.length + calls.length) / CHARACTERS_PER_TOKEN) + TEMPLATE_TOKEN_COUNT;
}

function usageOf({ usage, timings }: ChatCompletionChunk): LlmUsage | undefined {
  if (usage) return { inputTokenCount: usage.prompt_tokens, cachedTokenCount: usage.prompt_tokens_details?.cached_tokens ?? timings?.cache_n ?? 0, outputTokenCount: usage.completion_tokens };
  if (timings) return { inputTokenCount: timings.prompt_n + timings.cache_n, cachedTokenCount: timings.cache_n, outputTokenCount: timings.predicted_n };
  return undefined;
}
