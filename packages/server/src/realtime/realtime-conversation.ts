import type { RealtimeItem } from '@sotto/pipeline/protocol';

/** History that a client can see; beyond it the oldest items are forgotten, so that nothing grows with the length of a conversation. */
export const MAX_ITEM_COUNT = 1000;

export type ConversationEntry = {
  item: RealtimeItem;
  /** Id of the same item inside the session; undefined while it has none, such as speech that is not transcribed yet. */
  sessionItemId: string | undefined;
  /** Speech sent for this item, in milliseconds; undefined for anything but a spoken reply. */
  audioMs: number | undefined;
};

/** The conversation as the client sees it: items in order, under their wire ids. */
export class RealtimeConversation {
  readonly id: string;
  #entries: ConversationEntry[] = [];

  constructor(id: string) {
    this.id = id;
  }

  get items(): readonly RealtimeItem[] {
    return this.#entries.map(({ item }) => item);
  }

  get entries(): readonly ConversationEntry[] {
    return this.#entries;
  }

  get lastItemId(): string | null {
    return this.#entries.at(-1)?.item.id ?? null;
  }

  find(itemId: string): ConversationEntry | undefined {
    // Clients ask for recent items, so the search begins at the end.
    return this.#entries.findLast(({ item }) => item.id === itemId);
  }

  /** Id of the item before `itemId`; null for the first. */
  previousId(itemId: string): string | null {
    const index = this.#entries.findLastIndex(({ item }) => item.id === itemId);
    return this.#entries[index - 1]?.item.id ?? null;
  }

  /** Inserts after `previousItemId`: `'root'` is the very start, undefined the end. @returns the item that was forgotten to make room. */
  insert(entry: ConversationEntry, previousItemId?: string): ConversationEntry | undefined {
    const index = previousItemId === undefined ? this.#entries.length : previousItemId === 'root' ? 0 : this.#entries.findIndex(({ item }) => item.id === previousItemId) + 1;
    this.#entries.splice(index, 0, entry);
    return this.#entries.length > MAX_ITEM_COUNT ? this.#entries.shift() : undefined;
  }

  replace(item: RealtimeItem): void {
    const entry = this.find(item.id);
    if (entry !== undefined) entry.item = item;
  }

  remove(itemId: string): ConversationEntry | undefined {
    const index = this.#entries.findLastIndex(({ item }) => item.id === itemId);
    return index === -1 ? undefined : this.#entries.splice(index, 1)[0];
  }

  /** The nearest item before `itemId` that the session still knows, as the place to insert after. */
  sessionAnchor(itemId: string, known: ReadonlySet<string>): string {
    const index = this.#entries.findLastIndex(({ item }) => item.id === itemId);
    const anchor = this.#entries.slice(0, Math.max(0, index)).findLast(({ sessionItemId }) => sessionItemId !== undefined && known.has(sessionItemId));
    return anchor?.sessionItemId ?? 'root';
  }
}
