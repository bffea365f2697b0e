import { CLIENT_EVENT_TYPES } from '@sotto/pipeline/protocol';
import type { SeededRandom } from './seeded-random.ts';

const STRANGE_VALUES: readonly unknown[] = [null, true, false, 0, -1, 1e308, 1.5, '', 'x', 'root', '\u0000', '💥'.repeat(40), [], [[]], {}, { type: 'message' }, { __proto__: null, constructor: 1 }, 'A'.repeat(5000), -0, 9007199254740993];
const FIELDS = ['type', 'event_id', 'session', 'audio', 'item', 'item_id', 'previous_item_id', 'content_index', 'audio_end_ms', 'response', 'response_id', 'tools', 'input', 'content', 'text', 'role', 'format', 'turn_detection', 'transcription', 'metadata', 'conversation', 'output_modalities', '__proto__', 'constructor', 'toString'];

/** Client events that are right, almost right, or nothing of the kind. */
export class EventFuzzer {
  readonly #random: SeededRandom;
  #itemCount = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  next(): string {
    const kind = this.#random.next();
    if (kind < 0.1) return this.#garbage();
    const event = this.#validEvent();
    if (kind < 0.4) return JSON.stringify(event);
    return this.#broken(JSON.stringify(this.#mutate(event, 0)));
  }

  #garbage(): string {
    const random = this.#random;
    return random.pick([() => random.bytes(random.below(200)).toString('latin1'), () => '{'.repeat(random.below(2000)), () => '['.repeat(random.below(5000)), () => `{"type":${JSON.stringify(random.pick(STRANGE_VALUES)) ?? 'x'}}`, () => '{"a":'.repeat(500) + '1' + '}'.repeat(500), () => ''])();
  }

  #broken(text: string): string {
    if (this.#random.next() > 0.15) return text;
    const at = this.#random.below(text.length);
    return this.#random.next() < 0.5 ? text.slice(0, at) : `${text.slice(0, at)}${String.fromCharCode(this.#random.below(128))}${text.slice(at + 1)}`;
  }

  /** Replaces, removes or adds a field somewhere inside. */
  #mutate(value: unknown, depth: number): unknown {
    if (depth > 6 || this.#random.next() < 0.15) return this.#random.pick(STRANGE_VALUES);
    if (Array.isArray(value)) return value.length === 0 ? [this.#random.pick(STRANGE_VALUES)] : value.map((entry, index) => (index === 0 ? this.#mutate(entry, depth + 1) : (entry as unknown)));
    if (typeof value !== 'object' || value === null) return this.#random.pick(STRANGE_VALUES);
    const copy: Record<string, unknown> = { ...value };
    const key = this.#random.pick([...Object.keys(copy), this.#random.pick(FIELDS)]);
    const change = this.#random.next();
    if (change < 0.2) delete copy[key];
    else copy[key] = change < 0.5 ? this.#random.pick(STRANGE_VALUES) : this.#mutate(copy[key], depth + 1);
    return copy;
  }

  #validEvent(): Record<string, unknown> {
    const random = this.#random;
    const type = random.pick(CLIENT_EVENT_TYPES);
    const event_id = `e${random.below(1e9)}`;
    const itemId = `item_${random.below(Math.max(1, this.#itemCount))}`;
    switch (type) {
      case 'session.update':
        return { type, event_id, session: this.#session() };
      case 'input_audio_buffer.append':
        return { type, event_id, audio: Buffer.alloc(2 * random.below(1200), random.below(256)).toString('base64') };
      case 'conversation.item.create':
        return { type, event_id, ...(random.next() < 0.3 ? { previous_item_id: random.pick(['root', itemId]) } : {}), item: this.#item() };
      case 'conversation.item.retrieve':
      case 'conversation.item.delete':
        return { type, event_id, item_id: itemId };
      case 'conversation.item.truncate':
        return { type, event_id, item_id: itemId, content_index: random.below(2), audio_end_ms: random.below(5000) };
      case 'response.create':
        return { type, event_id, response: { conversation: random.pick(['auto', 'none']), output_modalities: [random.pick(['text', 'audio'])], input: random.next() < 0.5 ? [this.#item()] : [], metadata: { a: 'b' } } };
      default:
        return { type, event_id };
    }
  }

  #item(): Record<string, unknown> {
    const id = `item_${this.#itemCount++}`;
    return this.#random.pick([
      { id, type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hello' }] },
      { id, type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'hi' }] },
      { id, type: 'message', role: 'user', content: [{ type: 'input_audio', audio: 'AAAAAAAA' }] },
      { id, type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      { id, type: 'function_call_output', call_id: 'c', output: 'o' },
    ]);
  }

  #session(): Record<string, unknown> {
    const random = this.#random;
    return {
      instructions: 'x'.repeat(random.below(50)),
      output_modalities: [random.pick(['text', 'audio'])],
      tools: random.next() < 0.5 ? [] : [{ type: 'function', name: 'f', parameters: {} }],
      audio: {
        input: { format: { type: random.pick(['audio/pcm', 'audio/pcmu', 'audio/pcma']) }, turn_detection: random.pick([null, { type: 'server_vad', threshold: random.next() }, { type: 'semantic_vad', eagerness: 'low' }]) },
        output: { format: { type: random.pick(['audio/pcm', 'audio/pcmu']) }, speed: 0.25 + random.next(), voice: 'any' },
      },
    };
  }
}
