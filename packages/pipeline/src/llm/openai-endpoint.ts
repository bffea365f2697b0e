import { BackendError, ConfigError, DisposedError, EngineError, ModelError, VoiceError } from '../errors.ts';
import { type Clock, systemClock } from '../stream/clock.ts';
import { ContextWindow } from './context-window.ts';
import type { ChatMessage, LlmCapabilities, LlmEngine, LlmEvent, LlmRequest, LlmSession } from './llm-engine.ts';
import { OpenAiReply } from './openai-reply.ts';
import { toOpenAiBody } from './openai-request.ts';
import { SseReader } from './sse.ts';

/** The part of `fetch` that is used; a browser, Node and a test each bring their own. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export type OpenAiEndpointOptions = {
  /** Up to and with the version, such as `http://localhost:8080/v1`. */
  readonly baseUrl: string;
  /** As the endpoint names it. */
  readonly model: string;
  readonly fetch: Fetch;
  /** Sent as a bearer token. */
  readonly apiKey?: string;
  /** Tokens the endpoint's model can hold; not told by the protocol. @defaultValue 8192 */
  readonly contextTokenCount?: number;
  /** Longest wait for the first byte, prompt evaluation included. @defaultValue 30000 */
  readonly firstByteTimeoutMs?: number;
  /** Longest silence between two bytes of a reply. @defaultValue 15000 */
  readonly idleTimeoutMs?: number;
  /** A busy endpoint that asks for a longer pause than this is not asked again. @defaultValue 2000 */
  readonly maxRetryDelayMs?: number;
  /** Further fields of the request, such as `{ chat_template_kwargs: { enable_thinking: false } }` for Qwen3 on vLLM or llama-server. */
  readonly extraBody?: Readonly<Record<string, unknown>>;
  /** One line for the model in place of turns that no longer fit; without it they are dropped without a word. */
  readonly summarize?: (dropped: readonly ChatMessage[]) => string | undefined;
  readonly clock?: Clock;
};

const DEFAULTS = { contextTokenCount: 8192, firstByteTimeoutMs: 30_000, idleTimeoutMs: 15_000, maxRetryDelayMs: 2000 };
const DEFAULT_RETRY_DELAY_MS = 250;
const DEFAULT_MAX_OUTPUT_TOKENS = 256;
/** The endpoint counts tokens better than our estimate; each time it refuses, so much more room is left. */
const OVERFLOW_STEP_RATIO = 0.25;
const MAX_OVERFLOWS = 3;

/**
 * A language model behind any OpenAI-compatible `/chat/completions` endpoint: vLLM, llama-server,
 * Ollama, LM Studio. Streams; an abort cancels the request, which makes these servers stop too.
 *
 * A request that fails before its first byte because the endpoint is busy or unreachable is
 * repeated once; after the first byte nothing is repeated, for it may have been spoken already.
 * @throws {ConfigError} VOICE_ERR_INVALID_OPTION when `baseUrl` is no address.
 */
export function createOpenAiEndpoint(options: OpenAiEndpointOptions): LlmEngine {
  if (!URL.canParse(options.baseUrl)) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `baseUrl must be an address such as "http://localhost:8080/v1", got ${JSON.stringify(options.baseUrl)}`, { stage: 'llm' });
  return new OpenAiEndpoint({ ...DEFAULTS, clock: systemClock, ...options });
}

type Settings = OpenAiEndpointOptions & typeof DEFAULTS & { readonly clock: Clock };

class OpenAiEndpoint implements LlmEngine {
  readonly specVersion = 'v1';
  readonly capabilities: LlmCapabilities;
  readonly #settings: Settings;
  readonly #sessions = new Set<OpenAiSession>();
  #isDisposed = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.capabilities = { contextTokenCount: settings.contextTokenCount, tools: true, jsonSchema: true, prefixCache: false };
  }

  openSession({ signal }: { readonly signal?: AbortSignal } = {}): Promise<LlmSession> {
    if (this.#isDisposed) return Promise.reject(new DisposedError('LlmEngine'));
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    const session = new OpenAiSession(this.#settings, () => this.#sessions.delete(session));
    this.#sessions.add(session);
    return Promise.resolve(session);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await Promise.all([...this.#sessions].map((session) => session[Symbol.asyncDispose]()));
  }
}

class OpenAiSession implements LlmSession {
  readonly #settings: Settings;
  readonly #window: ContextWindow;
  readonly #running = new Set<AbortController>();
  readonly #onDispose: () => void;
  #isDisposed = false;

  constructor(settings: Settings, onDispose: () => void) {
    this.#settings = settings;
    this.#onDispose = onDispose;
    const { contextTokenCount, summarize } = settings;
    this.#window = new ContextWindow({ contextTokenCount, countTokens: estimateTokens, ...(summarize === undefined ? {} : { summarize }) });
  }

  /** Has the endpoint evaluate the prompt for one token: those that keep prefixes start the next reply sooner. */
  async warm(request: LlmRequest, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    for await (const _ of this.generate({ ...request, maxOutputTokens: 1 }, options)) {
      // The reply is of no interest.
    }
  }

  async *generate(request: LlmRequest, { signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<LlmEvent, void, undefined> {
    if (this.#isDisposed) throw new DisposedError('LlmSession');
    signal?.throwIfAborted();
    const controller = new AbortController();
    const relay = () => controller.abort(signal?.reason);
    signal?.addEventListener('abort', relay, { once: true });
    this.#running.add(controller);
    try {
      const response = await this.#request(request, controller);
      yield* this.#read(response, controller);
    } catch (thrown) {
      throw controller.signal.aborted ? controller.signal.reason : toEndpointError(thrown, this.#settings.baseUrl);
    } finally {
      signal?.removeEventListener('abort', relay);
      this.#running.delete(controller);
      // Lets go of the connection when the consumer leaves early; nothing otherwise.
      controller.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    for (const controller of this.#running) controller.abort(new DisposedError('LlmSession'));
    this.#onDispose();
  }

  async #request(request: LlmRequest, controller: AbortController): Promise<Response> {
    const { contextTokenCount, clock, maxRetryDelayMs } = this.#settings;
    let reserved = request.maxOutputTokens ?? DEFAULT_MAX_OUTPUT_TOKENS;
    let mayRetry = true;
    for (let overflows = 0; ; ) {
      const messages = this.#window.fit(request.messages, Math.min(reserved, contextTokenCount - 1) + estimateToolTokens(request));
      const outcome = await this.#attempt({ ...request, messages }, controller);
      if (outcome instanceof Response) return outcome;
      if (outcome.isOverflow && overflows++ < MAX_OVERFLOWS) {
        reserved += contextTokenCount * OVERFLOW_STEP_RATIO;
        continue;
      }
      const canWait = outcome.retryDelayMs !== undefined && outcome.retryDelayMs <= maxRetryDelayMs;
      if (!mayRetry || !canWait) throw outcome.error;
      mayRetry = false;
      await clock.sleep(outcome.retryDelayMs ?? 0, { signal: controller.signal });
    }
  }

  async #attempt(request: LlmRequest, controller: AbortController): Promise<Response | Failure> {
    const { baseUrl, model, apiKey, extraBody, fetch: send, firstByteTimeoutMs } = this.#settings;
    const cancelTimer = this.#startTimer(firstByteTimeoutMs, controller, 'sent nothing');
    try {
      const response = await send(`${baseUrl.replace(/\/+$/, '')}/chat/completions`, {
        method: 'POST',
        signal: controller.signal,
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }) },
        body: JSON.stringify({ ...toOpenAiBody(request, model), ...extraBody }),
      });
      if (response.ok) return response;
      return toFailure(response, await response.text(), model);
    } catch (thrown) {
      if (controller.signal.aborted) throw controller.signal.reason;
      return { error: toEndpointError(thrown, baseUrl), retryDelayMs: DEFAULT_RETRY_DELAY_MS, isOverflow: false };
    } finally {
      cancelTimer();
    }
  }

  async *#read(response: Response, controller: AbortController): AsyncGenerator<LlmEvent, void, undefined> {
    const { firstByteTimeoutMs, idleTimeoutMs } = this.#settings;
    const reply = new OpenAiReply(() => `call_${Math.random().toString(36).slice(2, 14)}`);
    if (response.headers.get('content-type')?.includes('application/json') === true) {
      yield* reply.push(await response.text());
      yield* reply.finish();
      return;
    }
    if (response.body === null) throw new EngineError('VOICE_ERR_ENGINE_FAILED', 'Expected a stream from the endpoint, got an empty response', { stage: 'llm', retryable: true });
    const reader = response.body.getReader();
    const sse = new SseReader();
    try {
      for (let isFirst = true; !reply.isDone; isFirst = false) {
        const cancelTimer = this.#startTimer(isFirst ? firstByteTimeoutMs : idleTimeoutMs, controller, isFirst ? 'sent nothing' : 'fell silent');
        const { done, value } = await reader.read().finally(cancelTimer);
        for (const data of done ? sse.flush() : sse.push(value)) yield* reply.push(data);
        controller.signal.throwIfAborted();
        if (done) break;
      }
    } finally {
      await reader.cancel().catch(() => undefined);
    }
    yield* reply.finish();
  }

  #startTimer(durationMs: number, controller: AbortController, what: string): () => void {
    return this.#settings.clock.schedule(durationMs, () => {
      controller.abort(new EngineError('VOICE_ERR_ENGINE_TIMEOUT', `The endpoint ${this.#settings.baseUrl} ${what} for ${durationMs} ms`, { stage: 'llm', retryable: true }));
    });
  }
}

type Failure = { readonly error: VoiceError; readonly retryDelayMs: number | undefined; readonly isOverflow: boolean };

function toFailure(response: Response, body: string, model: string): Failure {
  const { status } = response;
  const details = `HTTP ${status}${body === '' ? '' : `: ${readMessage(body)}`}`;
  const plain = (error: VoiceError): Failure => ({ error, retryDelayMs: undefined, isOverflow: false });
  if (status === 401 || status === 403) return plain(new BackendError('VOICE_ERR_UNAUTHORIZED', `The endpoint refused our key (${details})`, { stage: 'llm' }));
  if (status === 404) return plain(new ModelError('VOICE_ERR_MODEL_NOT_FOUND', `The endpoint knows no model ${JSON.stringify(model)}, or has no /chat/completions (${details})`, { stage: 'llm' }));
  if (status === 408 || status === 504) return plain(new EngineError('VOICE_ERR_ENGINE_TIMEOUT', `The endpoint gave up waiting (${details})`, { stage: 'llm', retryable: true }));
  if (status === 429 || status === 503) {
    const error = new BackendError('VOICE_ERR_OVERLOADED', `The endpoint is busy (${details})`, { stage: 'llm', retryable: true });
    return { error, retryDelayMs: readRetryAfter(response.headers.get('retry-after')) ?? DEFAULT_RETRY_DELAY_MS, isOverflow: false };
  }
  const isOverflow = status === 400 && /context[ _-]?(?:length|window|size)|too many tokens|maximum.{0,40}tokens/i.test(body);
  return { error: new EngineError('VOICE_ERR_ENGINE_FAILED', `The endpoint failed (${details})`, { stage: 'llm', retryable: status >= 500 }), retryDelayMs: undefined, isOverflow };
}

/** Seconds; the other form, a date, is of no use for a pause of a moment. */
function readRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = Number(header);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

function readMessage(body: string): string {
  const short = (text: string) => text.trim().slice(0, 200);
  try {
    const parsed = JSON.parse(body) as { error?: { message?: unknown } | string; message?: unknown };
    const message = typeof parsed.error === 'object' ? parsed.error.message : (parsed.error ?? parsed.message);
    return short(typeof message === 'string' ? message : body);
  } catch {
    return short(body);
  }
}

function toEndpointError(thrown: unknown, baseUrl: string): VoiceError {
  if (VoiceError.isInstance(thrown)) return thrown;
  const message = thrown instanceof Error ? [thrown.message, thrown.cause instanceof Error ? thrown.cause.message : ''].filter((part) => part !== '').join(': ') : String(thrown);
  return new BackendError('VOICE_ERR_BACKEND_UNAVAILABLE', `Cannot talk to the endpoint ${baseUrl}: ${message}`, { stage: 'llm', retryable: true, cause: thrown });
}

/** Errs upwards: English has about four letters to a token, other writing hardly one. */
function estimateTokens(message: ChatMessage): number {
  const calls = message.role === 'assistant' && message.toolCalls !== undefined ? JSON.stringify(message.toolCalls) : '';
  return estimateTextTokens(message.text + calls) + 8;
}

function estimateTextTokens(text: string): number {
  const wide = text.match(/[^\u0000-\u024F]/gu)?.length ?? 0;
  return Math.ceil((text.length - wide) / 3 + wide * 1.5);
}

function estimateToolTokens(request: LlmRequest): number {
  return request.tools === undefined ? 0 : estimateTextTokens(JSON.stringify(request.tools));
}
