import { assertConsistentRequest, type Clock, DisposedError, type LlmEvent, type LlmFinishReason, type LlmRequest, type LlmSession, ThoughtFilter, toVoiceError } from '@sotto/pipeline';
import { type ChatWrapper, type GbnfJsonSchema, type Llama, LlamaChat, type LlamaChatResponseChunk, type LlamaContextSequence, type LlamaGrammar } from 'node-llama-cpp';
import { EventQueue } from './event-queue.ts';
import { forcedCallSchema, forcedTools, makeToolCall } from './llama-history.ts';
import { toGbnfSchema } from './llama-json-schema.ts';
import { type PrefillPace, prefill } from './llama-prefill.ts';
import { type LlamaPrompt, LlamaPromptMaker, type LlamaPromptOptions } from './llama-prompt.ts';

export type LlamaSessionParts = {
  readonly llama: Llama;
  readonly sequence: LlamaContextSequence;
  readonly chatWrapper: ChatWrapper;
  readonly pace: PrefillPace;
  readonly clock: Clock;
  /** Whether the model may think before it answers. */
  readonly allowThoughts: boolean;
  readonly summarize: LlamaPromptOptions['summarize'];
  /** Takes the sequence back. */
  readonly onDispose: (sequence: LlamaContextSequence) => void;
};

/** One conversation on one sequence of the shared context. */
export class LlamaSession implements LlmSession {
  readonly #parts: LlamaSessionParts;
  readonly #chat: LlamaChat;
  readonly #prompts: LlamaPromptMaker;
  /** The call under way; the next one starts when it has let go of the sequence. */
  #running: { readonly controller: AbortController; readonly ended: Promise<void> } | undefined;
  #lastRequest: LlmRequest | undefined;
  #disposal: Promise<void> | undefined;

  constructor(parts: LlamaSessionParts) {
    this.#parts = parts;
    const { sequence, chatWrapper, summarize } = parts;
    this.#chat = new LlamaChat({ contextSequence: sequence, chatWrapper });
    this.#prompts = new LlamaPromptMaker({ model: sequence.model, chatWrapper, contextTokenCount: sequence.contextSize, summarize });
  }

  async warm(request: LlmRequest, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const call = await this.#begin(options.signal);
    try {
      const tokens = this.#prompts.stablePrefix(request);
      await this.#prefill(tokens, call.signal);
      this.#lastRequest = request;
    } catch (thrown) {
      throw await this.#failure(thrown, call.signal);
    } finally {
      call.end();
    }
  }

  async *generate(request: LlmRequest, options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<LlmEvent, void, undefined> {
    assertConsistentRequest(request);
    const call = await this.#begin(options.signal);
    try {
      this.#lastRequest = request;
      const prompt = this.#prompts.make(request);
      // One token is left for the library, which must evaluate one to have something to sample from.
      const cachedTokenCount = await this.#prefill(prompt.tokens.slice(0, -1), call.signal);
      yield* this.#decode(request, prompt, cachedTokenCount, call);
    } catch (thrown) {
      throw await this.#failure(thrown, call.signal);
    } finally {
      call.end();
    }
  }

  /** Stops what is running, forgets the conversation except its system prompt, and gives the sequence back. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose();
    return this.#disposal;
  }

  async #dispose(): Promise<void> {
    this.#running?.controller.abort(new DisposedError('LlmSession'));
    await this.#running?.ended;
    this.#chat.dispose();
    const { sequence, onDispose } = this.#parts;
    // Nobody's words stay in memory after the conversation; the system prompt does, for the next one.
    if (!sequence.disposed) await this.#forgetConversation();
    onDispose(sequence);
  }

  async #forgetConversation(): Promise<void> {
    const { sequence } = this.#parts;
    const messages = this.#lastRequest?.messages ?? [];
    const system = messages.slice(0, Math.max(0, messages.findIndex((message) => message.role !== 'system')));
    if (this.#lastRequest === undefined || system.length === 0) return await sequence.clearHistory();
    const prefix = this.#prompts.stablePrefix({ ...this.#lastRequest, messages: system });
    await sequence.adaptStateToTokens([...prefix], false);
  }

  #prefill(tokens: LlamaPrompt['tokens'], signal: AbortSignal): Promise<number> {
    const { sequence, pace, clock } = this.#parts;
    return prefill(sequence, tokens, { pace, clock, signal });
  }

  async *#decode(request: LlmRequest, prompt: LlamaPrompt, cachedTokenCount: number, call: SessionCall): AsyncGenerator<LlmEvent, void, undefined> {
    const queue = new EventQueue<LlmEvent>();
    const reply = new ReplyCollector(request, queue);
    const meterBefore = this.#parts.sequence.tokenMeter.getState();
    const finished = this.#respond(request, prompt, reply, call.signal).then(
      (response) => {
        const outputTokenCount = this.#parts.sequence.tokenMeter.diff(meterBefore).usedOutputTokens;
        reply.finish(response, { inputTokenCount: prompt.tokens.length, cachedTokenCount, outputTokenCount });
      },
      (thrown: unknown) => queue.fail(thrown),
    );
    try {
      yield* queue;
    } finally {
      // A consumer that leaves early no longer wants the rest.
      call.abort();
      await finished;
    }
  }

  async #respond(request: LlmRequest, prompt: LlamaPrompt, reply: ReplyCollector, signal: AbortSignal): Promise<LibraryReply> {
    const grammar = await this.#grammarFor(request);
    const shared = {
      signal,
      maxTokens: prompt.maxOutputTokenCount,
      temperature: request.temperature ?? 0,
      // Greedy must mean the most probable token; the library's default penalty would punish "nine, nine".
      repeatPenalty: false as const,
      ...(request.seed === undefined ? {} : { seed: request.seed }),
      ...(this.#parts.allowThoughts ? {} : { budgets: { thoughtTokens: 0 } }),
      onResponseChunk: (chunk: LlamaChatResponseChunk) => reply.add(chunk),
    };
    if (grammar !== undefined) return await this.#chat.generateResponse(prompt.history, { ...shared, grammar });
    if (prompt.functions === undefined) return await this.#chat.generateResponse(prompt.history, shared);
    const onFunctionCall = (call: { functionName: string; params: unknown }) => reply.addCall(call.functionName, call.params);
    return await this.#chat.generateResponse(prompt.history, { ...shared, functions: prompt.functions, onFunctionCall });
  }

  #grammarFor(request: LlmRequest): Promise<LlamaGrammar> | undefined {
    const tools = forcedTools(request);
    const schema = tools === undefined ? request.jsonSchema : forcedCallSchema(tools);
    return schema === undefined ? undefined : this.#parts.llama.createGrammarForJsonSchema<GbnfJsonSchema>(toGbnfSchema(schema));
  }

  async #begin(signal: AbortSignal | undefined): Promise<SessionCall> {
    signal?.throwIfAborted();
    while (this.#running !== undefined) await this.#running.ended;
    if (this.#disposal !== undefined) throw new DisposedError('LlmSession');
    signal?.throwIfAborted();
    const controller = new AbortController();
    const relay = () => controller.abort(signal?.reason);
    signal?.addEventListener('abort', relay, { once: true });
    let settle = () => {};
    const ended = new Promise<void>((resolve) => {
      settle = resolve;
    });
    this.#running = { controller, ended };
    return {
      signal: controller.signal,
      abort: () => controller.abort(),
      end: () => {
        signal?.removeEventListener('abort', relay);
        this.#running = undefined;
        settle();
      },
    };
  }

  /** After an abort the evaluated prefix is good; after anything else nothing is to be trusted. */
  async #failure(thrown: unknown, signal: AbortSignal): Promise<unknown> {
    if (signal.aborted) return signal.reason;
    const { sequence } = this.#parts;
    if (!sequence.disposed) await sequence.clearHistory().catch(() => undefined);
    return toVoiceError(thrown, 'llm');
  }
}

type LibraryReply = { readonly metadata: { readonly stopReason: string } };

type SessionCall = { readonly signal: AbortSignal; readonly abort: () => void; readonly end: () => void };

/** Turns what the library reports into the port's events. */
class ReplyCollector {
  readonly #queue: EventQueue<LlmEvent>;
  readonly #isForcedCall: boolean;
  readonly #thoughts = new ThoughtFilter();
  #forcedText = '';
  #callCount = 0;

  constructor(request: LlmRequest, queue: EventQueue<LlmEvent>) {
    this.#queue = queue;
    this.#isForcedCall = forcedTools(request) !== undefined;
  }

  add(chunk: LlamaChatResponseChunk): void {
    if (chunk.text === '') return;
    if (chunk.type === 'segment') this.#queue.push({ type: 'thought-delta', text: chunk.text });
    else if (this.#isForcedCall) this.#forcedText += chunk.text;
    else this.#pushPieces(this.#thoughts.push(chunk.text));
  }

  addCall(name: string, parameters: unknown): void {
    this.#callCount++;
    this.#queue.push({ type: 'tool-call', call: makeToolCall(name, parameters) });
  }

  finish(response: LibraryReply, usage: { inputTokenCount: number; cachedTokenCount: number; outputTokenCount: number }): void {
    this.#pushPieces(this.#thoughts.flush());
    if (this.#isForcedCall) this.#addForcedCall();
    this.#queue.push({ type: 'finish', reason: this.#reason(response), usage });
    this.#queue.close();
  }

  #reason(response: LibraryReply): LlmFinishReason {
    if (this.#callCount > 0) return 'tool-calls';
    return response.metadata.stopReason === 'maxTokens' ? 'length' : 'stop';
  }

  #addForcedCall(): void {
    try {
      const { name, arguments: parameters } = JSON.parse(this.#forcedText) as { name: string; arguments: unknown };
      this.addCall(name, parameters);
    } catch {
      // Cut off by the token limit: the finish reason says so, and half a call must not be made.
    }
  }

  #pushPieces(pieces: ReturnType<ThoughtFilter['push']>): void {
    for (const { type, text } of pieces) this.#queue.push({ type: type === 'text' ? 'text-delta' : 'thought-delta', text });
  }
}
