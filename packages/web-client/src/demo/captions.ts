import type { VoiceEvent } from '../voice-event.ts';
import { make } from './element.ts';

/** Lines kept on the page; a kiosk runs for weeks. */
const LINE_COUNT_MAX = 40;

type Line = { readonly node: HTMLElement; readonly id: string };

/** Both sides of the conversation, growing as they are heard. */
export class Captions {
  readonly #list: HTMLElement;
  readonly #announcer: HTMLElement;
  readonly #hint: HTMLElement | null;
  #user: Line | undefined;
  #assistant: Line | undefined;

  constructor(list: HTMLElement, announcer: HTMLElement) {
    this.#list = list;
    this.#announcer = announcer;
    this.#hint = list.querySelector('.hint');
  }

  take(event: VoiceEvent): void {
    switch (event.type) {
      case 'partial': {
        const line = this.#userLine(event.turnId);
        const unsure = event.text.slice(event.stableText.length);
        line.node.replaceChildren(sentenceCase(event.stableText), make('span', { className: 'unsure', text: unsure }));
        break;
      }
      case 'final':
        if (event.text === '') this.#dropUser(event.turnId);
        else {
          this.#userLine(event.turnId).node.textContent = sentenceCase(event.text);
          this.#announce(`You: ${event.text}`);
        }
        this.#user = undefined;
        break;
      case 'heard':
        this.#showHeard(event.replyId, event.text);
        break;
      case 'reply-end':
        this.#finish(event);
        break;
      default:
        return;
    }
    this.#list.scrollTop = this.#list.scrollHeight;
  }

  /** Shows typed text as the user's. */
  showTyped(text: string): void {
    this.#userLine(`typed-${performance.now()}`).node.textContent = text;
    this.#user = undefined;
  }

  clear(): void {
    for (const line of this.#list.querySelectorAll('.caption')) line.remove();
    this.#user = undefined;
    this.#assistant = undefined;
    this.#announcer.textContent = '';
    if (this.#hint !== null) this.#hint.hidden = false;
  }

  #showHeard(replyId: string, text: string): void {
    const words = text.split(' ');
    const now = words.pop() ?? '';
    if (now === '') return;
    const before = words.length === 0 ? '' : `${words.join(' ')} `;
    this.#assistantLine(replyId).node.replaceChildren(before, make('span', { className: 'now', text: now }));
  }

  #finish(event: Extract<VoiceEvent, { type: 'reply-end' }>): void {
    const text = event.status === 'completed' ? event.text.trim() : event.heardText;
    if (text === '') this.#dropAssistant(event.replyId);
    else {
      const cut = event.status === 'completed' ? [] : [make('span', { className: 'cut', text: ' —' })];
      this.#assistantLine(event.replyId).node.replaceChildren(text, ...cut);
      this.#announce(`Sotto: ${text}`);
    }
    this.#assistant = undefined;
  }

  #userLine(id: string): Line {
    if (this.#user?.id !== id) this.#user = this.#add(id, 'user');
    return this.#user;
  }

  #assistantLine(id: string): Line {
    if (this.#assistant?.id !== id) this.#assistant = this.#add(id, 'assistant');
    return this.#assistant;
  }

  #add(id: string, side: 'user' | 'assistant'): Line {
    if (this.#hint !== null) this.#hint.hidden = true;
    const node = make('p', { className: `caption ${side}` });
    this.#list.append(node);
    const lines = this.#list.querySelectorAll('.caption');
    if (lines.length > LINE_COUNT_MAX) lines[0]?.remove();
    return { node, id };
  }

  #dropUser(id: string): void {
    if (this.#user?.id === id) this.#user.node.remove();
  }

  #dropAssistant(id: string): void {
    if (this.#assistant?.id === id) this.#assistant.node.remove();
  }

  /** Screen readers get whole sentences, not every word as it grows. */
  #announce(text: string): void {
    this.#announcer.textContent = text;
  }
}

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
