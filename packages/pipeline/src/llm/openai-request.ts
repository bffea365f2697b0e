import { assertConsistentRequest } from './consistent-request.ts';
import type { ChatMessage, LlmRequest } from './llm-engine.ts';

type JsonObject = Readonly<Record<string, unknown>>;

const DEFAULT_MAX_OUTPUT_TOKENS = 256;

/**
 * The body of a streamed `/chat/completions` request.
 * @throws {ConfigError} VOICE_ERR_INVALID_OPTION when the request contradicts itself.
 */
export function toOpenAiBody(request: LlmRequest, model: string): JsonObject {
  const { tools, toolChoice, jsonSchema, seed } = request;
  const hasTools = tools !== undefined && tools.length > 0;
  assertConsistentRequest(request);
  return {
    model,
    messages: request.messages.map(toOpenAiMessage),
    stream: true,
    stream_options: { include_usage: true },
    // The older name: llama-server, Ollama and LM Studio know no other.
    max_tokens: request.maxOutputTokens ?? DEFAULT_MAX_OUTPUT_TOKENS,
    temperature: request.temperature ?? 0,
    ...(seed === undefined ? {} : { seed }),
    ...(hasTools ? { tools: tools.map((tool) => ({ type: 'function', function: tool })), tool_choice: toOpenAiToolChoice(toolChoice ?? 'auto') } : {}),
    ...(jsonSchema === undefined ? {} : { response_format: { type: 'json_schema', json_schema: { name: 'reply', schema: jsonSchema, strict: true } } }),
  };
}

function toOpenAiMessage(message: ChatMessage): JsonObject {
  switch (message.role) {
    case 'system':
    case 'user':
      return { role: message.role, content: message.text };
    case 'tool':
      return { role: 'tool', tool_call_id: message.callId, content: message.text };
    case 'assistant': {
      const calls = message.toolCalls ?? [];
      const toolCalls = calls.map((call) => ({ id: call.callId, type: 'function', function: { name: call.name, arguments: call.argumentsJson } }));
      return { role: 'assistant', content: message.text, ...(calls.length > 0 ? { tool_calls: toolCalls } : {}) };
    }
  }
}

function toOpenAiToolChoice(choice: NonNullable<LlmRequest['toolChoice']>): unknown {
  return typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } };
}
