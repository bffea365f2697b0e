import { ConfigError } from '../errors.ts';
import type { LlmRequest } from './llm-engine.ts';

/**
 * Refuses a request that no engine could answer as it is put, before anything is done for it.
 * @throws {ConfigError} VOICE_ERR_INVALID_OPTION when there is no message, when both a schema and tools are asked for, or when the tool to call is none of the request's.
 */
export function assertConsistentRequest({ messages, tools = [], toolChoice, jsonSchema }: LlmRequest): void {
  if (messages.length === 0) throw new ConfigError('VOICE_ERR_INVALID_OPTION', 'A request needs at least one message, got none', { stage: 'llm' });
  if (jsonSchema !== undefined && tools.length > 0) throw new ConfigError('VOICE_ERR_INVALID_OPTION', 'A request may have either `jsonSchema` or `tools`, got both', { stage: 'llm' });
  const isMet = toolChoice === 'required' ? tools.length > 0 : typeof toolChoice !== 'object' || tools.some(({ name }) => name === toolChoice.name);
  if (!isMet) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `toolChoice ${JSON.stringify(toolChoice)} names no tool of the request`, { stage: 'llm' });
}
