import type { ChatMessage, ConversationItem } from '@sotto/pipeline';
import { type ContentPart, type NewItem, type RealtimeItem, type ResponseInput, WireError } from '@sotto/pipeline/protocol';
import { wireId } from './wire-ids.ts';

type NewMessage = Extract<NewItem, { type: 'message' }>;

/** Which kinds of content each role may have. */
const CONTENT_OF_ROLE = { user: ['input_text', 'input_audio'], system: ['input_text'], assistant: ['output_text', 'output_audio'] } as const;

/** A client's new item as the server will tell it, with an id if it had none. */
export function toRealtimeItem(item: NewItem): RealtimeItem {
  const common = { id: item.id ?? wireId('item'), object: 'realtime.item' as const, status: 'completed' as const };
  switch (item.type) {
    case 'message':
      return { ...common, type: 'message', role: item.role, content: toContent(item) };
    case 'function_call':
      return { ...common, type: 'function_call', call_id: item.call_id ?? wireId('call'), name: item.name, arguments: item.arguments };
    case 'function_call_output':
      return { ...common, type: 'function_call_output', call_id: item.call_id, output: item.output };
  }
}

function toContent(item: NewMessage): ContentPart[] {
  const allowed: readonly string[] = CONTENT_OF_ROLE[item.role];
  return item.content.map((part, index) => {
    const path = `item.content[${index}].type`;
    if (!allowed.includes(part.type)) throw new WireError('invalid_value', `${path} is "${part.type}"; a message of the ${item.role} has ${allowed.join(' or ')}`, path);
    switch (part.type) {
      case 'input_text':
      case 'output_text':
        return { type: part.type, text: part.text };
      case 'input_audio':
        return { type: 'input_audio', transcript: part.transcript ?? null };
      case 'output_audio':
        return { type: 'output_audio', transcript: part.transcript ?? '' };
    }
  });
}

/** All words of a message, spoken or typed. */
export function itemText(content: readonly ContentPart[]): string {
  return content
    .map((part) => ('text' in part ? part.text : (part.transcript ?? '')))
    .filter((text) => text !== '')
    .join(' ');
}

/** An item in the session's own terms. @param toolName finds the name of a call by its id. */
export function toConversationItem(item: RealtimeItem, toolName: (callId: string) => string): ConversationItem {
  switch (item.type) {
    case 'message': {
      const text = itemText(item.content);
      return item.role === 'assistant' ? { id: item.id, type: 'assistant', text, words: [], status: 'completed' } : { id: item.id, type: item.role, text };
    }
    case 'function_call':
      return { id: item.id, type: 'tool-call', call: { callId: item.call_id, name: item.name, argumentsJson: item.arguments } };
    case 'function_call_output':
      return { id: item.id, type: 'tool-result', callId: item.call_id, name: toolName(item.call_id), text: item.output };
  }
}

/** Items as chat messages, for a response that does not answer the conversation as it stands. */
export function toChatMessages(items: readonly RealtimeItem[]): ChatMessage[] {
  const names = new Map(items.flatMap((item) => (item.type === 'function_call' ? [[item.call_id, item.name] as const] : [])));
  return items.flatMap((item): ChatMessage[] => {
    switch (item.type) {
      case 'message':
        return itemText(item.content) === '' ? [] : [{ role: item.role, text: itemText(item.content) }];
      case 'function_call':
        return [{ role: 'assistant', text: '', toolCalls: [{ callId: item.call_id, name: item.name, argumentsJson: item.arguments }] }];
      case 'function_call_output':
        return [{ role: 'tool', callId: item.call_id, name: names.get(item.call_id) ?? '', text: item.output }];
    }
  });
}

/** The `input` of a response: new items as they are, references looked up. */
export function resolveInput(input: readonly ResponseInput[], find: (itemId: string) => RealtimeItem | undefined): RealtimeItem[] {
  return input.map((entry, index) => {
    if (entry.type !== 'item_reference') return toRealtimeItem(entry);
    const item = find(entry.id);
    if (item === undefined) throw new WireError('item_not_found', `The conversation has no item "${entry.id}"`, `response.input[${index}].id`);
    return item;
  });
}
