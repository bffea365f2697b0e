import { availableParallelism } from 'node:os';
import { BackendError, type ChatMessage, type Clock, ConfigError, DisposedError, type LlmCapabilities, type LlmEngine, type LlmSession, ModelError, systemClock, VoiceError } from '@sotto/pipeline';
import { type ChatWrapper, getLlama, InsufficientMemoryError, type Llama, type LlamaContext, type LlamaContextSequence, LlamaLogLevel, type LlamaModel } from 'node-llama-cpp';
import { assertLoadableGguf } from './gguf-check.ts';
import { readGgufHeader } from './gguf-header.ts';
import { resolveLlamaChatWrapper } from './llama-chat-wrapper.ts';
import { PrefillPace } from './llama-prefill.ts';
import { LlamaSession } from './llama-session.ts';

export type LlamaEngineOptions = {
  /** A GGUF file with a chat model. */
  readonly modelPath: string;
  /**
   * Tokens of each conversation, prompt and reply together; memory grows with this times `sessionCount`.
   * @defaultValue the smaller of 4096 and what the model was trained for
   */
  readonly contextTokenCount?: number;
  /** Conversations at a time; further ones wait. @defaultValue 1 */
  readonly sessionCount?: number;
  /**
   * Threads of llama.cpp. They wait for each other in a busy loop, so one more than there are idle
   * cores makes every step many times slower: leave room for recognition and synthesis.
   * @defaultValue all cores but one
   */
  readonly threadCount?: number;
  /** Whether a reasoning model may think before it answers; a listener hears that as silence. @defaultValue 'discourage' */
  readonly thinking?: 'discourage' | 'allow';
  /** One line for the model in place of turns that no longer fit; without it they are dropped without a word. */
  readonly summarize?: (dropped: readonly ChatMessage[]) => string | undefined;
  readonly clock?: Clock;
};

const DEFAULT_CONTEXT_TOKENS = 4096;
const MIN_CONTEXT_TOKENS = 64;

/**
 * Loads a GGUF chat model into llama.cpp, on the processor, without any network access or build.
 * @throws {ModelError} VOICE_ERR_MODEL_NOT_FOUND, VOICE_ERR_MODEL_FORMAT or VOICE_ERR_MODEL_LOAD.
 * @throws {BackendError} VOICE_ERR_BACKEND_UNAVAILABLE when llama.cpp has no binary for this machine, VOICE_ERR_OUT_OF_MEMORY.
 */
export async function loadLlamaEngine(options: LlamaEngineOptions, { signal }: { readonly signal?: AbortSignal } = {}): Promise<LlmEngine> {
  assertOptions(options);
  const header = await readGgufHeader(options.modelPath);
  assertLoadableGguf(header);
  signal?.throwIfAborted();
  const threadCount = options.threadCount ?? defaultThreadCount();
  const complaints: string[] = [];
  const llama = await startLlama(threadCount, (message) => complaints.push(message));
  try {
    signal?.throwIfAborted();
    const model = await llama.loadModel({ modelPath: options.modelPath, gpuLayers: 0, ...(signal === undefined ? {} : { loadSignal: signal }) });
    const contextTokenCount = options.contextTokenCount ?? Math.min(DEFAULT_CONTEXT_TOKENS, model.trainContextSize);
    const context = await model.createContext({
      contextSize: contextTokenCount,
      sequences: options.sessionCount ?? 1,
      threads: threadCount,
      ...(signal === undefined ? {} : { createSignal: signal }),
    });
    const chatWrapper = resolveLlamaChatWrapper(model, header.metadata.get('tokenizer.chat_template'), options.thinking ?? 'discourage');
    return new LlamaEngine({ llama, model, context, chatWrapper }, options);
  } catch (thrown) {
    await llama.dispose();
    if (signal?.aborted === true) throw signal.reason;
    throw toLoadError(thrown, options.modelPath, complaints);
  }
}

type LlamaParts = { readonly llama: Llama; readonly model: LlamaModel; readonly context: LlamaContext; readonly chatWrapper: ChatWrapper };
type Waiter = { readonly resolve: (sequence: LlamaContextSequence) => void; readonly reject: (reason: unknown) => void };

class LlamaEngine implements LlmEngine {
  readonly specVersion = 'v1';
  readonly capabilities: LlmCapabilities;
  readonly #parts: LlamaParts;
  readonly #options: LlamaEngineOptions;
  readonly #pace = new PrefillPace();
  readonly #free: LlamaContextSequence[];
  readonly #sessions = new Set<LlamaSession>();
  readonly #waiting = new Set<Waiter>();
  #disposal: Promise<void> | undefined;

  constructor(parts: LlamaParts, options: LlamaEngineOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#free = Array.from({ length: parts.context.totalSequences }, () => parts.context.getSequence());
    this.capabilities = { contextTokenCount: parts.context.contextSize, tools: true, jsonSchema: true, prefixCache: true };
  }

  get #disposed(): boolean {
    return this.#disposal !== undefined;
  }

  async openSession({ signal }: { readonly signal?: AbortSignal } = {}): Promise<LlmSession> {
    signal?.throwIfAborted();
    if (this.#disposed) throw new DisposedError('LlmEngine');
    const sequence = this.#free.pop() ?? (await this.#waitForSequence(signal));
    if (this.#disposed) throw new DisposedError('LlmEngine');
    const session = new LlamaSession({
      llama: this.#parts.llama,
      sequence,
      chatWrapper: this.#parts.chatWrapper,
      pace: this.#pace,
      clock: this.#options.clock ?? systemClock,
      allowThoughts: this.#options.thinking === 'allow',
      summarize: this.#options.summarize,
      onDispose: (returned) => {
        this.#sessions.delete(session);
        this.#giveBack(returned);
      },
    });
    this.#sessions.add(session);
    return session;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose();
    return this.#disposal;
  }

  async #dispose(): Promise<void> {
    for (const waiter of this.#waiting) waiter.reject(new DisposedError('LlmEngine'));
    this.#waiting.clear();
    await Promise.all([...this.#sessions].map((session) => session[Symbol.asyncDispose]()));
    // llama.cpp frees no model under a living context.
    for (const sequence of this.#free) await sequence.dispose();
    await this.#parts.context.dispose();
    await this.#parts.model.dispose();
    await this.#parts.llama.dispose();
  }

  #giveBack(sequence: LlamaContextSequence): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free.push(sequence);
      return;
    }
    this.#waiting.delete(next);
    next.resolve(sequence);
  }

  async #waitForSequence(signal: AbortSignal | undefined): Promise<LlamaContextSequence> {
    const turn: { leave?: () => void } = {};
    try {
      return await new Promise<LlamaContextSequence>((resolve, reject) => {
        const waiter: Waiter = { resolve, reject };
        this.#waiting.add(waiter);
        turn.leave = () => {
          this.#waiting.delete(waiter);
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', turn.leave, { once: true });
      });
    } finally {
      if (turn.leave !== undefined) signal?.removeEventListener('abort', turn.leave);
    }
  }
}

async function startLlama(threadCount: number, onError: (message: string) => void): Promise<Llama> {
  try {
    return await getLlama({
      gpu: false,
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      maxThreads: threadCount,
      logLevel: LlamaLogLevel.error,
      logger: (_level, message) => onError(message.trim()),
    });
  } catch (cause) {
    throw new BackendError('VOICE_ERR_BACKEND_UNAVAILABLE', `llama.cpp cannot run here: ${messageOf(cause)}. Install the @node-llama-cpp package for this platform`, { stage: 'llm', cause });
  }
}

function toLoadError(thrown: unknown, modelPath: string, complaints: readonly string[]): VoiceError {
  if (VoiceError.isInstance(thrown)) return thrown;
  if (thrown instanceof InsufficientMemoryError) {
    return new BackendError('VOICE_ERR_OUT_OF_MEMORY', `Not enough memory for ${modelPath}: ${thrown.message}. Use a smaller model, context or session count`, { stage: 'llm', cause: thrown });
  }
  const details = [messageOf(thrown), ...complaints].join('; ');
  return new ModelError('VOICE_ERR_MODEL_LOAD', `llama.cpp cannot load ${modelPath}: ${details}`, { stage: 'llm', cause: thrown });
}

function assertOptions(options: LlamaEngineOptions): void {
  const { contextTokenCount, sessionCount, threadCount } = options;
  const check = (name: string, value: number | undefined, min: number) => {
    if (value === undefined || (Number.isInteger(value) && value >= min)) return;
    throw new ConfigError('VOICE_ERR_INVALID_OPTION', `${name} must be a whole number from ${min}, got ${value}`, { stage: 'llm' });
  };
  check('contextTokenCount', contextTokenCount, MIN_CONTEXT_TOKENS);
  check('sessionCount', sessionCount, 1);
  check('threadCount', threadCount, 1);
}

function defaultThreadCount(): number {
  return Math.max(1, availableParallelism() - 1);
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
