import { type SentServerEvent, type ServerEvent, encodeBase64, encodeBinaryFrame } from '@sotto/pipeline/protocol';
import { randomBytes } from 'node:crypto';

/** The client's end of the line, as far as sending goes. */
export type ClientLink = {
  sendText(message: string): void;
  sendBinary(message: Uint8Array): void;
  /** Resolves when what was sent has mostly left; rejects when the client reads too slowly. */
  drained(): Promise<void>;
};

type SentAudio = { readonly stream: number; readonly position: number };
type Kept = { readonly sequence: number; readonly message: string | Uint8Array; readonly audio: SentAudio | undefined };

/** Where a client that comes back had got to: its last event, and the position that it expects next in the stream it was hearing. */
export type LastSeen = { readonly eventId: string; readonly audio: { readonly stream: number; readonly position: number } | undefined };

export type AudioAddress = { readonly response_id: string; readonly output_index: number; readonly item_id: string; readonly content_index: number };

/**
 * Numbers, sends and, for clients that can come back, keeps what a session has
 * to say. What is kept is bounded; a client that missed more is told so.
 */
export class EventOutlet {
  readonly #idPrefix = `event_${randomBytes(4).toString('hex')}`;
  readonly #keptBytesMax: number;
  readonly #binary: boolean;
  #sequence = 0;
  #kept: Kept[] = [];
  #keptBytes = 0;
  #link: ClientLink | undefined;
  #stream = 0;
  #streamItemId: string | undefined;
  #position = 0;

  /** @param keptBytesMax 0 for clients that cannot come back. */
  constructor(options: { readonly binary: boolean; readonly keptBytesMax: number }) {
    this.#binary = options.binary;
    this.#keptBytesMax = options.keptBytesMax;
  }

  get connected(): boolean {
    return this.#link !== undefined;
  }

  /** The binary stream that carries the current reply's speech. */
  get stream(): number {
    return this.#stream;
  }

  attach(link: ClientLink): void {
    this.#link = link;
  }

  detach(): void {
    this.#link = undefined;
  }

  emit(event: ServerEvent): void {
    const message = JSON.stringify({ event_id: this.#nextId(), ...event } satisfies SentServerEvent);
    this.#keep(message, undefined);
    this.#link?.sendText(message);
  }

  /** Sends speech as an event or, to clients of the extension, as a binary frame. */
  async sendAudio(bytes: Uint8Array, sampleCount: number, at: AudioAddress): Promise<void> {
    if (this.#binary) this.#sendFrame(bytes, sampleCount, at);
    else this.emit({ type: 'response.output_audio.delta', ...at, delta: encodeBase64(bytes) });
    await this.#link?.drained();
  }

  /** Tells that the current stream has ended, with an empty frame. */
  endStream(itemId: string): void {
    if (!this.#binary || this.#streamItemId !== itemId) return;
    this.#streamItemId = undefined;
    this.#sendMessage(encodeBinaryFrame({ kind: 'output-audio', last: true, stream: this.#stream, position: this.#position, payload: new Uint8Array(0) }));
  }

  /**
   * Sends again what a client missed.
   * @param first makes the event that precedes it, told whether everything missed is still there.
   * @returns the same.
   */
  replay(lastSeen: LastSeen, link: ClientLink, first: (complete: boolean) => ServerEvent): boolean {
    const seen = this.#sequenceOf(lastSeen.eventId);
    const oldest = this.#kept[0]?.sequence ?? this.#sequence + 1;
    const complete = seen !== undefined && seen <= this.#sequence && seen >= oldest - 1;
    const missed = complete ? this.#kept.filter((kept) => isMissed(kept, seen, lastSeen.audio)) : [];
    // Its id says how far the client is, so that a drop in the middle of the replay loses nothing.
    link.sendText(JSON.stringify({ event_id: `${this.#idPrefix}_${complete ? seen : this.#sequence}_resumed`, ...first(complete) } satisfies SentServerEvent));
    for (const { message } of missed) {
      if (typeof message === 'string') link.sendText(message);
      else link.sendBinary(message);
    }
    return complete;
  }

  #sendFrame(bytes: Uint8Array, sampleCount: number, at: AudioAddress): void {
    if (this.#streamItemId !== at.item_id) {
      this.#streamItemId = at.item_id;
      this.#stream = (this.#stream + 1) & 0xffff;
      this.#position = 0;
      this.emit({ type: 'sotto.output_audio.started', response_id: at.response_id, item_id: at.item_id, stream: this.#stream });
    }
    this.#sendMessage(encodeBinaryFrame({ kind: 'output-audio', last: false, stream: this.#stream, position: this.#position, payload: bytes }));
    this.#position += sampleCount;
  }

  #sendMessage(message: Uint8Array): void {
    this.#keep(message, { stream: this.#stream, position: this.#position });
    this.#link?.sendBinary(message);
  }

  #nextId(): string {
    return `${this.#idPrefix}_${++this.#sequence}`;
  }

  #sequenceOf(eventId: string): number | undefined {
    if (!eventId.startsWith(`${this.#idPrefix}_`)) return undefined;
    const sequence = Number.parseInt(eventId.slice(this.#idPrefix.length + 1), 10);
    return Number.isSafeInteger(sequence) && sequence >= 0 ? sequence : undefined;
  }

  #keep(message: string | Uint8Array, audio: SentAudio | undefined): void {
    if (this.#keptBytesMax === 0) return;
    this.#kept.push({ sequence: this.#sequence, message, audio });
    this.#keptBytes += message.length;
    let forgottenCount = 0;
    while (this.#keptBytes > this.#keptBytesMax) this.#keptBytes -= this.#kept[forgottenCount++]!.message.length;
    if (forgottenCount > 0) this.#kept = this.#kept.slice(forgottenCount);
  }
}

/** Frames carry no event id of their own: those of the same stream from the next expected position on were missed. */
function isMissed({ sequence, audio }: Kept, seen: number, lastAudio: LastSeen['audio']): boolean {
  if (audio === undefined) return sequence > seen;
  return sequence >= seen && (lastAudio === undefined || audio.stream !== lastAudio.stream || audio.position >= lastAudio.position);
}
