import { type SessionEvent, type VoiceEngines, type VoiceSession, resample, toVoiceError } from '@sotto/pipeline';
import { type ClientEventOf, type NewItem, type RealtimeItem, type RealtimeSessionConfig, type ServerEvent, WireError, decodeWireAudioBase64, wireSampleRate } from '@sotto/pipeline/protocol';
import { toConversationItem, toRealtimeItem } from './item-translation.ts';
import type { RealtimeConversation } from './realtime-conversation.ts';

/** A client counts its audio in whole milliseconds, and its clock is not ours. */
const TRUNCATE_TOLERANCE_MS = 50;

export type ConversationEditorOptions = {
  readonly conversation: RealtimeConversation;
  readonly session: () => VoiceSession;
  readonly engines: VoiceEngines;
  readonly config: () => RealtimeSessionConfig;
  readonly emit: (event: ServerEvent) => void;
};

/** A client's changes to the history: the items it sees and those inside the session, kept alike. */
export class ConversationEditor {
  readonly #options: ConversationEditorOptions;
  readonly #transcribing = new Set<Promise<void>>();
  readonly #adopted = new Set<string>();

  constructor(options: ConversationEditorOptions) {
    this.#options = options;
  }

  /** Resolves when recordings that came as items have been understood. */
  async settled(): Promise<void> {
    while (this.#transcribing.size > 0) await Promise.all(this.#transcribing);
  }

  create({ item: given, previous_item_id }: ClientEventOf<'conversation.item.create'>): void {
    const { conversation, emit } = this.#options;
    if (given.id !== undefined && conversation.find(given.id) !== undefined) throw new WireError('item_already_exists', `The conversation already has an item "${given.id}"`, 'item.id');
    if (previous_item_id != null && previous_item_id !== 'root' && conversation.find(previous_item_id) === undefined) {
      throw new WireError('item_not_found', `The conversation has no item "${previous_item_id}"`, 'previous_item_id');
    }
    const item = toRealtimeItem(given);
    const recordings = this.#recordings(given);
    const forgotten = conversation.insert({ item, sessionItemId: item.id, audioMs: undefined }, previous_item_id ?? undefined);
    const at = { item, previous_item_id: conversation.previousId(item.id) };
    emit({ type: 'conversation.item.added', ...at });
    emit({ type: 'conversation.item.done', ...at });
    if (forgotten !== undefined) emit({ type: 'conversation.item.deleted', item_id: forgotten.item.id });
    if (recordings.length > 0) this.#track(this.#understand(item, recordings));
    else this.#addToSession(item, previous_item_id != null);
  }

  retrieve({ item_id }: ClientEventOf<'conversation.item.retrieve'>): void {
    this.#options.emit({ type: 'conversation.item.retrieved', item: this.#find(item_id).item });
  }

  delete(itemId: string): void {
    const { sessionItemId } = this.#find(itemId);
    this.#options.conversation.remove(itemId);
    if (sessionItemId !== undefined) this.#options.session().removeItem(sessionItemId);
    this.#options.emit({ type: 'conversation.item.deleted', item_id: itemId });
  }

  /** @throws {WireError} when the item is not speech of ours or shorter than the cut. */
  assertTruncatable({ item_id, content_index, audio_end_ms }: ClientEventOf<'conversation.item.truncate'>): void {
    const { item, audioMs } = this.#find(item_id);
    if (item.type !== 'message' || item.role !== 'assistant' || audioMs === undefined) throw new WireError('invalid_value', `Item "${item_id}" is not a spoken message of the assistant; only those can be truncated`, 'item_id');
    if (content_index !== 0) throw new WireError('invalid_value', `content_index is ${content_index}; the item has one part, 0`, 'content_index');
    if (audio_end_ms > audioMs + TRUNCATE_TOLERANCE_MS) throw new WireError('invalid_value', `audio_end_ms is ${audio_end_ms}, but the item has ${Math.round(audioMs)} ms of audio`, 'audio_end_ms');
  }

  /** Cuts a reply back to exactly the words heard. */
  truncate({ item_id, content_index, audio_end_ms }: ClientEventOf<'conversation.item.truncate'>): void {
    const { conversation, session, emit } = this.#options;
    const { item, sessionItemId } = this.#find(item_id);
    if (item.type !== 'message') return;
    const remembered = session().items.some(({ id }) => id === sessionItemId);
    // The session forgets a reply of which nothing was heard.
    const transcript = remembered && sessionItemId !== undefined ? session().truncateItem(sessionItemId, audio_end_ms) : '';
    conversation.replace({ ...item, status: 'incomplete', content: [{ type: 'output_audio', transcript }] });
    emit({ type: 'conversation.item.truncated', item_id, content_index, audio_end_ms });
  }

  /** A reply that did not answer the conversation becomes part of it when it ends. */
  adopt(replyId: string): void {
    this.#adopted.add(replyId);
  }

  onSessionEvent(event: SessionEvent): void {
    if (event.type !== 'reply-end' || !this.#adopted.delete(event.replyId) || event.heardText === '') return;
    this.#options.session().addItem({ id: event.itemId, type: 'assistant', text: event.heardText, words: [], status: event.status === 'completed' ? 'completed' : 'incomplete' });
  }

  #find(itemId: string) {
    const entry = this.#options.conversation.find(itemId);
    if (entry === undefined) throw new WireError('item_not_found', `The conversation has no item "${itemId}"`, 'item_id');
    return entry;
  }

  #recordings(item: NewItem): Float32Array[] {
    if (item.type !== 'message') return [];
    const { format } = this.#options.config().audio.input;
    const { sampleRate } = this.#options.engines.stt.capabilities;
    return item.content.flatMap((part, index) => {
      if (part.type !== 'input_audio' || part.audio == null || part.transcript != null) return [];
      return [resample(decodeWireAudioBase64(part.audio, format, `item.content[${index}].audio`), wireSampleRate(format), sampleRate)];
    });
  }

  #addToSession(item: RealtimeItem, placed: boolean): void {
    const { conversation, session } = this.#options;
    const toolName = (callId: string) => conversation.items.flatMap((other) => (other.type === 'function_call' && other.call_id === callId ? [other.name] : []))[0] ?? '';
    // The session forgets its oldest items, and does not know recordings that are still being understood.
    const known = new Set(session().items.map(({ id }) => id));
    session().addItem(toConversationItem(item, toolName), placed ? { afterItemId: conversation.sessionAnchor(item.id, known) } : {});
  }

  #track(task: Promise<void>): void {
    this.#transcribing.add(task);
    void task.finally(() => this.#transcribing.delete(task));
  }

  async #understand(item: RealtimeItem, recordings: readonly Float32Array[]): Promise<void> {
    const { engines, conversation, emit, config } = this.#options;
    const at = { item_id: item.id, content_index: 0 };
    try {
      let transcript = '';
      let audioMs = 0;
      for (const samples of recordings) {
        const understood = await engines.stt.transcribe(samples);
        transcript = [transcript, understood.text].filter(Boolean).join(' ');
        audioMs += understood.audioMs;
      }
      const entry = conversation.find(item.id);
      if (entry?.item.type !== 'message') return;
      let filled = false;
      const content = entry.item.content.map((part) => {
        if (part.type !== 'input_audio' || part.transcript !== null) return part;
        const words = filled ? '' : transcript;
        filled = true;
        return { type: 'input_audio' as const, transcript: words };
      });
      conversation.replace({ ...entry.item, content });
      this.#addToSession({ ...entry.item, content }, true);
      if (config().audio.input.transcription !== null) emit({ type: 'conversation.item.input_audio_transcription.completed', ...at, transcript, usage: { type: 'duration', seconds: audioMs / 1000 } });
    } catch (thrown) {
      const error = toVoiceError(thrown, 'stt');
      emit({ type: 'conversation.item.input_audio_transcription.failed', ...at, error: { type: 'server_error', code: error.code, message: error.message } });
    }
  }
}
