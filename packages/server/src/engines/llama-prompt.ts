import { type ChatMessage, ConfigError, ContextWindow, type LlmRequest } from '@sotto/pipeline';
import type { ChatHistoryItem, ChatModelFunctions, ChatWrapper, LlamaModel, Token } from 'node-llama-cpp';
import { forcedCallInstruction, forcedTools, toChatHistory, toFunctions } from './llama-history.ts';

export type LlamaPrompt = {
  readonly history: ChatHistoryItem[];
  readonly functions: ChatModelFunctions | undefined;
  readonly tokens: readonly Token[];
  /** What may be generated before the context is full. */
  readonly maxOutputTokenCount: number;
};

export type LlamaPromptOptions = {
  readonly model: LlamaModel;
  readonly chatWrapper: ChatWrapper;
  readonly contextTokenCount: number;
  readonly summarize: ((dropped: readonly ChatMessage[]) => string | undefined) | undefined;
};

const DEFAULT_MAX_OUTPUT_TOKENS = 256;
/** What a template writes around one message: role, markers, line ends. */
const MESSAGE_FRAME_TOKENS = 8;
/** The library starts to shift the context when its last token is taken; we stay clear of that. */
const SPARE_TOKENS = 8;
const FITTING_ATTEMPTS = 5;

/** Renders the requests of one conversation with the model's own template, cut to its context. */
export class LlamaPromptMaker {
  readonly #options: LlamaPromptOptions;
  readonly #window: ContextWindow;
  readonly #messageTokenCounts = new WeakMap<ChatMessage, number>();

  constructor(options: LlamaPromptOptions) {
    this.#options = options;
    const { summarize } = options;
    this.#window = new ContextWindow({
      contextTokenCount: options.contextTokenCount,
      countTokens: (message) => this.#countTokens(message),
      ...(summarize === undefined ? {} : { summarize }),
    });
  }

  /** @throws {ConfigError} VOICE_ERR_INVALID_OPTION when tool definitions alone fill the context. */
  make(request: LlmRequest): LlamaPrompt {
    const { contextTokenCount } = this.#options;
    const wanted = request.maxOutputTokens ?? DEFAULT_MAX_OUTPUT_TOKENS;
    const reserved = Math.min(wanted, Math.floor(contextTokenCount / 2)) + SPARE_TOKENS;
    const functions = forcedTools(request) === undefined ? toFunctions(request) : undefined;
    let frameTokenCount = 0;
    for (let attempt = 0; attempt < FITTING_ATTEMPTS; attempt++) {
      const kept = this.#window.fit(withForcedCall(request), reserved + frameTokenCount);
      const { history, tokens } = this.#render(kept, functions);
      const excess = tokens.length + reserved - contextTokenCount;
      if (excess <= 0) return { history, functions, tokens, maxOutputTokenCount: Math.min(wanted, contextTokenCount - SPARE_TOKENS - tokens.length) };
      frameTokenCount += excess + MESSAGE_FRAME_TOKENS;
    }
    throw new ConfigError('VOICE_ERR_INVALID_OPTION', `The tool definitions do not fit into a context of ${contextTokenCount} tokens; offer fewer tools or load the model with a larger context`, { stage: 'llm' });
  }

  /** The tokens with which every prompt that goes on from these messages begins. */
  stablePrefix(request: LlmRequest): readonly Token[] {
    const last = request.messages.at(-1)?.role;
    if (last === 'user' || last === 'tool') return this.make(request).tokens;
    const following = (text: string) => this.make({ ...request, messages: [...request.messages, { role: 'user', text }] }).tokens;
    return commonPrefix(following('a'), following('z'));
  }

  #render(messages: readonly ChatMessage[], functions: ChatModelFunctions | undefined): { readonly history: ChatHistoryItem[]; readonly tokens: Token[] } {
    const { model, chatWrapper } = this.#options;
    const history = toChatHistory(messages);
    const chatHistory: ChatHistoryItem[] = history.at(-1)?.type === 'model' ? history : [...history, { type: 'model', response: [] }];
    const { contextText } = chatWrapper.generateContextState({ chatHistory, ...(functions === undefined ? {} : { availableFunctions: functions }) });
    return { history, tokens: contextText.tokenize(model.tokenizer) };
  }

  #countTokens(message: ChatMessage): number {
    const known = this.#messageTokenCounts.get(message);
    if (known !== undefined) return known;
    const calls = message.role === 'assistant' && message.toolCalls !== undefined ? JSON.stringify(message.toolCalls) : '';
    const count = this.#options.model.tokenize(message.text + calls).length + MESSAGE_FRAME_TOKENS;
    this.#messageTokenCounts.set(message, count);
    return count;
  }
}

function withForcedCall(request: LlmRequest): readonly ChatMessage[] {
  const tools = forcedTools(request);
  return tools === undefined ? request.messages : [{ role: 'system', text: forcedCallInstruction(tools) }, ...request.messages];
}

function commonPrefix(left: readonly Token[], right: readonly Token[]): readonly Token[] {
  const end = left.findIndex((token, index) => token !== right[index]);
  return end < 0 ? left : left.slice(0, end);
}
