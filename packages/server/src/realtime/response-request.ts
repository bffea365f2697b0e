import type { ReplyRequest } from '@sotto/pipeline';
import { type RealtimeSessionConfig, type ResponseRequest, assertToolChoice } from '@sotto/pipeline/protocol';
import type { ResponseWish } from './event-translator.ts';
import { resolveInput, toChatMessages } from './item-translation.ts';
import type { RealtimeConversation } from './realtime-conversation.ts';
import { type EngineOffer, toOutputTokens, toToolChoice, toTools, toVoice } from './session-settings.ts';

export type ReadResponseRequest = {
  /** What the client will be told about the response. */
  readonly wish: ResponseWish;
  /** Made when its turn comes, from the conversation as it is then. */
  readonly request: () => ReplyRequest;
  /** It answers other input than the conversation, and still becomes part of it. */
  readonly joinsConversation: boolean;
};

/**
 * The `response` of a `response.create` in the session's own terms: what it does not say is as the session has it.
 * @throws {WireError} item_not_found when its input names an item that is not there; invalid_value when its tool_choice names no tool.
 */
export function readResponseRequest(given: ResponseRequest, config: RealtimeSessionConfig, conversation: RealtimeConversation, offer: EngineOffer): ReadResponseRequest {
  const outOfBand = given.conversation === 'none';
  // References are looked up now, so that a wrong one is answered before anything starts.
  const input = given.input === undefined ? undefined : resolveInput(given.input, (itemId) => conversation.find(itemId)?.item);
  const modality = given.output_modalities?.[0] ?? config.output_modalities[0];
  const voiceName = given.audio?.output?.voice ?? config.audio.output.voice;
  const maxOutputTokens = given.max_output_tokens ?? config.max_output_tokens;
  const instructions = given.instructions ?? config.instructions;
  const choice = given.tool_choice ?? config.tool_choice;
  assertToolChoice(given.tools ?? config.tools, choice, 'response.tool_choice');
  const voice = toVoice(voiceName, offer);
  return {
    wish: { outOfBand, modality, voice: voiceName, maxOutputTokens, metadata: given.metadata ?? null },
    joinsConversation: !outOfBand && input !== undefined,
    request: () => ({
      output: modality === 'audio' ? 'speech' : 'text',
      ...(voice === undefined ? {} : { voice }),
      ...(given.instructions === undefined ? {} : { instructions }),
      ...(given.tools === undefined && given.tool_choice === undefined ? {} : { tools: toTools(given.tools ?? config.tools, choice) }),
      toolChoice: toToolChoice(choice),
      maxOutputTokens: toOutputTokens(maxOutputTokens),
      ...(outOfBand || input !== undefined
        ? { outOfBand: [...(instructions === '' ? [] : [{ role: 'system' as const, text: instructions }]), ...toChatMessages(input ?? conversation.items)] }
        : {}),
    }),
  };
}
