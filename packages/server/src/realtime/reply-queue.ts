import { type ReplyRequest, VoiceError } from '@sotto/pipeline';
import { WireError } from '@sotto/pipeline/protocol';
import type { EventTranslator, ResponseWish } from './event-translator.ts';

/** Out-of-band responses that may wait; a client that asks for more is refused. */
const QUEUE_CAPACITY = 16;

export type QueuedReply = {
  readonly wish: ResponseWish;
  /** Made when its turn comes, from the conversation as it is then. */
  readonly request: () => ReplyRequest;
  readonly eventId: string | undefined;
  /** Receives the reply's text when it belongs to the conversation although it did not answer it. */
  readonly onStarted?: (replyId: string) => void;
};

export type ReplyQueueOptions = {
  readonly translator: EventTranslator;
  readonly start: (request: ReplyRequest) => Promise<string>;
  /** Resolves when audio and items sent before have arrived in the session. */
  readonly inputSettled: () => Promise<void>;
  /** Lets a reply that is only being listened to end now. */
  readonly skipToEnd: () => void;
  readonly refuse: (error: WireError, eventId: string | undefined) => void;
};

/** Replies that clients asked for, one after the other: a session answers one at a time. */
export class ReplyQueue {
  readonly #options: ReplyQueueOptions;
  #waiting: QueuedReply[] = [];
  #starting: QueuedReply | undefined;
  #running = false;
  #closed = false;
  #onReplyEnd: (() => void) | undefined;

  constructor(options: ReplyQueueOptions) {
    this.#options = options;
  }

  /** @throws {WireError} when the conversation is already being answered, or too much waits. */
  add(reply: QueuedReply): void {
    const { translator } = this.#options;
    const active = translator.activeResponse;
    const busy = (active !== undefined && !active.outOfBand) || [this.#starting, ...this.#waiting].some((other) => other !== undefined && !other.wish.outOfBand);
    if (!reply.wish.outOfBand && busy) {
      throw new WireError('conversation_already_has_active_response', 'A response is already being made for this conversation; wait for its response.done or send response.cancel');
    }
    if (this.#waiting.length >= QUEUE_CAPACITY) throw new WireError('too_many_pending_events', `${QUEUE_CAPACITY} responses are already waiting; wait for a response.done`);
    this.#waiting.push(reply);
    if (!this.#running) void this.#run();
  }

  /** Forgets what waits. @returns whether anything did. */
  clear(): boolean {
    const had = this.#waiting.length > 0;
    this.#waiting = [];
    return had;
  }

  replyEnded(): void {
    this.#onReplyEnd?.();
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
    this.#onReplyEnd?.();
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (;;) {
      this.#starting = this.#waiting.shift();
      if (this.#starting === undefined || this.#closed) break;
      await this.#startOne(this.#starting);
    }
    this.#starting = undefined;
    this.#running = false;
  }

  async #startOne(reply: QueuedReply): Promise<void> {
    const { translator, start, inputSettled, refuse } = this.#options;
    try {
      await inputSettled();
      await this.#untilFree();
      if (this.#closed) return;
      translator.expectReply();
      const replyId = await start(reply.request());
      reply.onStarted?.(replyId);
      translator.replyStarted(replyId, reply.wish);
    } catch (thrown) {
      translator.replyRefused();
      if (this.#closed) return;
      const running = VoiceError.isInstance(thrown) && thrown.code === 'VOICE_ERR_BAD_SEQUENCE';
      // The user's turn was answered first.
      if (running && reply.wish.outOfBand) this.#waiting.unshift(reply);
      else if (running) refuse(new WireError('conversation_already_has_active_response', 'The conversation was being answered already'), reply.eventId);
      else refuse(new WireError('invalid_value', thrown instanceof Error ? thrown.message : String(thrown), 'response'), reply.eventId);
    }
  }

  async #untilFree(): Promise<void> {
    const { translator, skipToEnd } = this.#options;
    while (translator.liveReply !== undefined && !this.#closed) {
      if (translator.liveReply.response.done) skipToEnd();
      if (translator.liveReply === undefined) return;
      await new Promise<void>((resolve) => {
        this.#onReplyEnd = resolve;
      });
      this.#onReplyEnd = undefined;
    }
  }
}
