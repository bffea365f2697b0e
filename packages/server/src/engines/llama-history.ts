import { randomUUID } from 'node:crypto';
import type { ChatMessage, LlmRequest, ToolCall, ToolDefinition } from '@sotto/pipeline';
import type { ChatHistoryItem, ChatModelFunctionCall, ChatModelFunctions, ChatModelResponse } from 'node-llama-cpp';
import { toGbnfSchema } from './llama-json-schema.ts';

/**
 * Turns messages into node-llama-cpp's history, in which everything the model did in one turn,
 * words, calls and their results, is one item.
 */
export function toChatHistory(messages: readonly ChatMessage[]): ChatHistoryItem[] {
  const results = new Map<string, string>();
  for (const message of messages) if (message.role === 'tool') results.set(message.callId, message.text);

  const history: ChatHistoryItem[] = [];
  /** The model's item that still goes on because a tool's result was handed to it. */
  let open: ChatModelResponse | undefined;
  for (const message of messages) {
    switch (message.role) {
      case 'system':
        open = undefined;
        history.push({ type: 'system', text: message.text });
        break;
      case 'user':
        open = undefined;
        history.push({ type: 'user', text: message.text });
        break;
      case 'assistant': {
        const item: ChatModelResponse = open ?? { type: 'model', response: [] };
        if (open === undefined) history.push(item);
        if (message.text !== '') item.response.push(message.text);
        for (const call of message.toolCalls ?? []) item.response.push(toFunctionCall(call, results.get(call.callId)));
        open = (message.toolCalls?.length ?? 0) > 0 ? item : undefined;
        break;
      }
      case 'tool':
        break;
    }
  }
  const last = history.at(-1);
  if (last?.type === 'model' && open === undefined) history.push({ type: 'model', response: [] });
  return history;
}

function toFunctionCall(call: ToolCall, result: string | undefined): ChatModelFunctionCall {
  return { type: 'functionCall', name: call.name, params: parseJson(call.argumentsJson), result: result === undefined ? undefined : parseJson(result) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The functions offered to the model; undefined when it must not call any. */
export function toFunctions(request: LlmRequest): ChatModelFunctions | undefined {
  if (request.tools === undefined || request.tools.length === 0 || request.toolChoice === 'none') return undefined;
  return Object.fromEntries(request.tools.map((tool) => [tool.name, { ...(tool.description === undefined ? {} : { description: tool.description }), params: toGbnfSchema(tool.parameters) }]));
}

/** The tools one of which the model must call now; undefined when it may choose. */
export function forcedTools(request: LlmRequest): readonly ToolDefinition[] | undefined {
  const choice = request.toolChoice;
  if (request.tools === undefined || choice === undefined || choice === 'auto' || choice === 'none') return undefined;
  return choice === 'required' ? request.tools : request.tools.filter((tool) => tool.name === choice.name);
}

/** JSON schema of a call of one of these tools, for models whose own call syntax cannot be forced. */
export function forcedCallSchema(tools: readonly ToolDefinition[]): Readonly<Record<string, unknown>> {
  return { oneOf: tools.map((tool) => ({ type: 'object', properties: { name: { const: tool.name }, arguments: tool.parameters } })) };
}

/** Tells the model what the grammar will make it write. */
export function forcedCallInstruction(tools: readonly ToolDefinition[]): string {
  const signatures = tools.map(({ name, description, parameters }) => JSON.stringify({ name, description, parameters }));
  return `Answer only with a JSON object {"name": …, "arguments": …} that calls one of these functions:\n${signatures.join('\n')}`;
}

export function makeToolCall(name: string, parameters: unknown): ToolCall {
  return { callId: `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`, name, argumentsJson: JSON.stringify(parameters ?? {}) };
}
