import type { RealtimeItem, SentServerEvent } from '@sotto/pipeline/protocol';

type Message = { readonly role: 'user' | 'assistant'; readonly text: string };

/** What both sides have said, as the server has it: what a new session must be told when the old one is lost. */
export class RemoteHistory {
  readonly #messages = new Map<string, Message>();

  get itemIds(): readonly string[] {
    return [...this.#messages.keys()];
  }

  /** The events that say everything again to a session that knows nothing; messages without words are left out. */
  get retelling(): readonly Readonly<Record<string, unknown>>[] {
    return [...this.#messages]
      .filter(([, { text }]) => text !== '')
      .map(([id, { role, text }]) => ({ type: 'conversation.item.create', item: { id, type: 'message', role, content: [{ type: role === 'user' ? 'input_text' : 'output_text', text }] } }));
  }

  take(event: SentServerEvent): void {
    switch (event.type) {
      case 'conversation.item.added':
        return this.#add(event.item);
      case 'conversation.item.deleted':
        this.#messages.delete(event.item_id);
        return;
      case 'conversation.item.input_audio_transcription.completed':
        return this.setText(event.item_id, event.transcript);
      case 'sotto.session.resumed':
        if (event.items === null) return;
        this.#messages.clear();
        for (const item of event.items) this.#add(item);
        return;
      default:
        return;
    }
  }

  /** The words of a message that were known later than the message: heard, or understood. */
  setText(itemId: string, text: string): void {
    const message = this.#messages.get(itemId);
    if (message !== undefined) this.#messages.set(itemId, { ...message, text });
  }

  clear(): void {
    this.#messages.clear();
  }

  #add(item: RealtimeItem): void {
    if (item.type !== 'message' || item.role === 'system') return;
    const text = item.content.map((part) => ('text' in part ? part.text : (part.transcript ?? ''))).join(' ');
    this.#messages.set(item.id, { role: item.role, text });
  }
}
