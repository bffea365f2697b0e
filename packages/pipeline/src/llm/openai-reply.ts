import { EngineError } from '../errors.ts';
import type { LlmEvent, LlmFinishReason, LlmUsage } from './llm-engine.ts';
import { ThoughtFilter } from './thought-filter.ts';

type Delta = {
  readonly content?: string | null;
  /** DeepSeek and vLLM's name for what others inline as `<think>`; Ollama and OpenRouter say `reasoning`. */
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
  readonly tool_calls?: readonly ToolCallDelta[] | null;
};

type ToolCallDelta = {
  readonly index?: number;
  readonly id?: string | null;
  readonly function?: { readonly name?: string | null; readonly arguments?: string | null };
};

type Chunk = {
  readonly choices?: readonly { readonly delta?: Delta; readonly message?: Delta; readonly finish_reason?: string | null }[];
  readonly usage?: { readonly prompt_tokens?: number; readonly completion_tokens?: number; readonly prompt_tokens_details?: { readonly cached_tokens?: number } | null } | null;
  readonly error?: unknown;
};

const DONE = '[DONE]';

/** Assembles the chunks of a streamed `chat.completion` into the port's events. */
export class OpenAiReply {
  readonly #thoughts = new ThoughtFilter();
  readonly #calls = new Map<number, { callId: string; name: string; argumentsJson: string }>();
  readonly #makeCallId: () => string;
  #finishReason: string | undefined;
  #usage: LlmUsage = { inputTokenCount: 0, cachedTokenCount: 0, outputTokenCount: 0 };
  #isDone = false;

  constructor(makeCallId: () => string) {
    this.#makeCallId = makeCallId;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** @throws {EngineError} VOICE_ERR_ENGINE_FAILED when the data is no JSON or reports an error. */
  push(data: string): LlmEvent[] {
    if (data.trim() === DONE) {
      this.#isDone = true;
      return [];
    }
    const chunk = parseChunk(data);
    if (chunk.error !== undefined && chunk.error !== null) throw new EngineError('VOICE_ERR_ENGINE_FAILED', `The endpoint failed while replying: ${describe(chunk.error)}`, { stage: 'llm', retryable: true });
    this.#readUsage(chunk);
    const choice = chunk.choices?.[0];
    if (choice === undefined) return [];
    if (typeof choice.finish_reason === 'string') this.#finishReason = choice.finish_reason;
    return this.#readDelta(choice.delta ?? choice.message ?? {});
  }

  /** @throws {EngineError} VOICE_ERR_ENGINE_FAILED when the connection ended before the reply did. */
  finish(): LlmEvent[] {
    if (this.#finishReason === undefined && !this.#isDone) {
      throw new EngineError('VOICE_ERR_ENGINE_FAILED', 'The endpoint closed the connection in the middle of its reply', { stage: 'llm', retryable: true });
    }
    const events: LlmEvent[] = this.#thoughts.flush().map(({ type, text }) => ({ type: type === 'text' ? 'text-delta' : 'thought-delta', text }));
    // A call cut off by the token limit is half a call and must not be made.
    const isCutOff = this.#finishReason === 'length';
    const calls = isCutOff ? [] : [...this.#calls.entries()].sort(([left], [right]) => left - right).map(([, call]) => call);
    for (const call of calls) events.push({ type: 'tool-call', call: { ...call, argumentsJson: call.argumentsJson === '' ? '{}' : call.argumentsJson } });
    const reason: LlmFinishReason = calls.length > 0 ? 'tool-calls' : isCutOff ? 'length' : 'stop';
    events.push({ type: 'finish', reason, usage: this.#usage });
    return events;
  }

  #readDelta(delta: Delta): LlmEvent[] {
    const events: LlmEvent[] = [];
    const thought = delta.reasoning_content ?? delta.reasoning;
    if (typeof thought === 'string' && thought !== '') events.push({ type: 'thought-delta', text: thought });
    if (typeof delta.content === 'string') {
      for (const { type, text } of this.#thoughts.push(delta.content)) events.push({ type: type === 'text' ? 'text-delta' : 'thought-delta', text });
    }
    for (const [position, part] of (delta.tool_calls ?? []).entries()) this.#readCall(part, position);
    return events;
  }

  /** The first delta of a call names it; the arguments follow in pieces. Some servers number the calls, some send each whole. */
  #readCall(part: ToolCallDelta, position: number): void {
    const index = part.index ?? (part.id !== undefined && part.id !== null ? this.#calls.size : position);
    const call = this.#calls.get(index) ?? { callId: part.id ?? this.#makeCallId(), name: '', argumentsJson: '' };
    call.name += part.function?.name ?? '';
    call.argumentsJson += part.function?.arguments ?? '';
    this.#calls.set(index, call);
  }

  #readUsage({ usage }: Chunk): void {
    if (usage === undefined || usage === null) return;
    this.#usage = {
      inputTokenCount: usage.prompt_tokens ?? 0,
      cachedTokenCount: usage.prompt_tokens_details?.cached_tokens ?? 0,
      outputTokenCount: usage.completion_tokens ?? 0,
    };
  }
}

function parseChunk(data: string): Chunk {
  try {
    const chunk: unknown = JSON.parse(data);
    if (typeof chunk === 'object' && chunk !== null) return chunk;
  } catch {
    // Reported below.
  }
  throw new EngineError('VOICE_ERR_ENGINE_FAILED', `Expected a JSON object from the endpoint, got ${JSON.stringify(data.slice(0, 80))}`, { stage: 'llm', retryable: true });
}

function describe(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  return typeof error === 'string' ? error : JSON.stringify(error);
}
