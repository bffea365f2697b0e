import type { TimedWord } from '../audio/timed-word.ts';
import { ConfigError } from '../errors.ts';
import type { ChatMessage, ToolCall } from '../llm/llm-engine.ts';
import { heardText } from '../turn/heard-text.ts';
import type { ConversationItem } from './conversation.ts';

/** Items remembered at most; more than any small model's context holds. */
const ITEM_COUNT_MAX = 400;
/** Items forgotten at once, in a block, because every change of the beginning makes a model evaluate everything again. */
const FORGET_ITEM_COUNT = 100;

/** The conversation as the session remembers it: only what was really said and really heard. */
export class ConversationHistory {
  #items: ConversationItem[] = [];

  get items(): readonly ConversationItem[] {
    return this.#items;
  }

  /** Appends, or inserts after `afterItemId` (`'root'` is the very start). Forgets the oldest items when there are too many. */
  add(item: ConversationItem, afterItemId?: string): void {
    if (this.find(item.id) !== undefined) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `The conversation already has an item "${item.id}"; choose another id`);
    if (afterItemId === undefined) {
      this.#items.push(item);
      this.#forgetOldest();
      return;
    }
    const index = afterItemId === 'root' ? -1 : this.#items.findIndex(({ id }) => id === afterItemId);
    if (index === -1 && afterItemId !== 'root') throw new ConfigError('VOICE_ERR_INVALID_OPTION', `The conversation has no item "${afterItemId}" to insert after`);
    this.#items.splice(index + 1, 0, item);
    this.#forgetOldest();
  }

  find(itemId: string): ConversationItem | undefined {
    return this.#items.find(({ id }) => id === itemId);
  }

  /** `name`, or `name` with a number behind it where a conversation that was brought back uses it already. */
  freeId(name: string): string {
    let id = name;
    for (let n = 2; this.find(id) !== undefined; n++) id = `${name}_${n}`;
    return id;
  }

  remove(itemId: string): boolean {
    const index = this.#items.findIndex(({ id }) => id === itemId);
    if (index === -1) return false;
    this.#items.splice(index, 1);
    return true;
  }

  /** Closes the assistant's item: its text becomes what was heard, and an item of which nothing was heard goes. */
  closeReply(itemId: string, text: string, words: readonly TimedWord[], status: 'completed' | 'incomplete'): void {
    if (text === '' && status === 'incomplete') {
      this.remove(itemId);
      return;
    }
    this.#replace(itemId, { id: itemId, type: 'assistant', text, words, status });
  }

  /**
   * Cuts an assistant's item to the words heard up to `heardMs`. The cut can be
   * moved later in both directions: the item keeps the times of all its words.
   */
  truncate(itemId: string, heardMs: number): string {
    const item = this.find(itemId);
    if (item?.type !== 'assistant') throw new ConfigError('VOICE_ERR_INVALID_OPTION', `Item "${itemId}" is not a reply of the assistant; only those can be truncated`);
    const text = heardText(item.words, heardMs);
    this.#replace(itemId, { ...item, text, status: 'incomplete' });
    return text;
  }

  /** The history as chat messages. Adjacent utterances of the user become one, as when somebody resumes a sentence that was cut off too early. */
  messages(instructions: string): ChatMessage[] {
    const messages: ChatMessage[] = instructions === '' ? [] : [{ role: 'system', text: instructions }];
    const toolNames = new Map<string, string>();
    for (const item of this.#items) {
      if (item.type === 'tool-call') toolNames.set(item.call.callId, item.call.name);
      appendMessage(messages, item, toolNames);
    }
    return messages;
  }

  #forgetOldest(): void {
    if (this.#items.length <= ITEM_COUNT_MAX) return;
    // From a user's item on, so that no tool result is left without its call.
    const firstKept = this.#items.findIndex((item, index) => index >= FORGET_ITEM_COUNT && item.type === 'user');
    this.#items.splice(0, firstKept === -1 ? FORGET_ITEM_COUNT : firstKept);
  }

  #replace(itemId: string, item: ConversationItem): void {
    const index = this.#items.findIndex(({ id }) => id === itemId);
    if (index !== -1) this.#items[index] = item;
  }
}

function appendMessage(messages: ChatMessage[], item: ConversationItem, toolNames: ReadonlyMap<string, string>): void {
  const last = messages.at(-1);
  switch (item.type) {
    case 'system':
      messages.push({ role: 'system', text: item.text });
      return;
    case 'user':
      if (last?.role === 'user') messages[messages.length - 1] = { role: 'user', text: `${last.text} ${item.text}` };
      else messages.push({ role: 'user', text: item.text });
      return;
    case 'assistant':
      if (item.text !== '') messages.push({ role: 'assistant', text: item.text });
      return;
    case 'tool-call':
      messages.push(withToolCall(last, messages, item.call));
      return;
    case 'tool-result':
      messages.push({ role: 'tool', callId: item.callId, name: item.name || (toolNames.get(item.callId) ?? ''), text: item.text });
  }
}

/** Calls made in one reply belong to one assistant message, together with any text before them. */
function withToolCall(last: ChatMessage | undefined, messages: ChatMessage[], call: ToolCall): ChatMessage {
  if (last?.role !== 'assistant') return { role: 'assistant', text: '', toolCalls: [call] };
  messages.pop();
  return { role: 'assistant', text: last.text, toolCalls: [...(last.toolCalls ?? []), call] };
}
