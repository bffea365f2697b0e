import type { VoiceEvent, VoiceEventOf, VoiceEventType } from './voice-event.ts';

/** Hands events to whoever listens for their type. A listener that throws does not keep others from hearing. */
export class EventHub {
  readonly #listeners = new Map<VoiceEventType | '*', Set<(event: VoiceEvent) => void>>();

  /** Returns the function that stops listening. `'*'` hears everything. */
  on<T extends VoiceEventType>(type: T, listener: (event: VoiceEventOf<T>) => void): () => void;
  on(type: '*', listener: (event: VoiceEvent) => void): () => void;
  on(type: VoiceEventType | '*', listener: (event: never) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    listeners.add(listener as (event: VoiceEvent) => void);
    return () => listeners.delete(listener as (event: VoiceEvent) => void);
  }

  emit(event: VoiceEvent): void {
    for (const listener of [...(this.#listeners.get(event.type) ?? []), ...(this.#listeners.get('*') ?? [])]) {
      try {
        listener(event);
      } catch (thrown) {
        reportError(thrown);
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
