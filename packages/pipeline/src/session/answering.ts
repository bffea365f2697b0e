import type { ChatMessage, LlmEvent, LlmRequest } from '../llm/llm-engine.ts';
import type { Clock } from '../stream/clock.ts';
import type { TtsEngine } from '../tts/tts-engine.ts';
import type { ConversationHistory } from './conversation-history.ts';
import type { ExclusiveLlm } from './exclusive-llm.ts';
import type { InterruptionCause } from './interruption.ts';
import type { PlayoutSink } from './playout-sink.ts';
import { Reply } from './reply.ts';
import type { SessionEvent } from './session-event.ts';
import type { TurnTiming } from './turn-timing.ts';
import type { ReplyRequest, SessionSettings } from './voice-session-port.ts';

export type AnsweringOptions = {
  readonly llm: ExclusiveLlm;
  readonly tts: TtsEngine;
  readonly sink: PlayoutSink;
  readonly clock: Clock;
  readonly history: ConversationHistory;
  /** Read anew for every reply. */
  readonly settings: () => SessionSettings;
  readonly emit: (event: SessionEvent) => void;
  readonly onAudible: () => void;
  /** A reply has ended; `running` tells whether another one has taken its place. */
  readonly onEnded: (running: boolean) => void;
};

/** What a reply belongs to. */
export type ReplyTurn = { readonly turnId: string; readonly timing: TurnTiming };

type ReplySource = (signal: AbortSignal) => AsyncIterable<LlmEvent>;

/** The answering side of a session: at most one reply that is known, and one that is held back. */
export class Answering {
  readonly #options: AnsweringOptions;
  #epoch = 0;
  #replyCount = 0;
  #current: Reply | undefined;
  #held: Reply | undefined;

  constructor(options: AnsweringOptions) {
    this.#options = options;
  }

  /** Raised by every interruption; whatever carries a lower one is stale. */
  get epoch(): number {
    return this.#epoch;
  }

  get current(): Reply | undefined {
    return this.#current;
  }

  /** Answers the conversation, or what the request says instead. */
  answer(turn: ReplyTurn, request: ReplyRequest = {}): Reply {
    this.#current = this.#create(turn, (signal) => this.#options.llm.generate(this.requestOf(request), signal), request, false);
    return this.#current;
  }

  /** Says a fixed text. */
  recite(turn: ReplyTurn, text: string): Reply {
    this.#current = this.#create(turn, () => recite(text), {}, false);
    return this.#current;
  }

  /** Answers an utterance that may not be over; told and heard only after {@link Answering.release}. */
  answerAhead(turn: ReplyTurn, unconfirmedText: string): void {
    this.#held = this.#create(turn, (signal) => this.#options.llm.generate(this.requestOf({}, unconfirmedText), signal), {}, true);
  }

  /** Lets the held reply be told and heard, or answers afresh if it failed meanwhile. */
  release(turn: ReplyTurn): void {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined || held.ended) {
      this.answer(turn);
      return;
    }
    this.#current = held;
    held.release();
  }

  discard(): void {
    this.#held?.interrupt('discarded');
    this.#held = undefined;
  }

  /** Silences the current reply; the conversation keeps what was heard of it. */
  interrupt(cause: InterruptionCause): void {
    this.#epoch++;
    this.#current?.interrupt(cause);
    this.#current = undefined;
    this.#options.sink.clear(this.#epoch);
    this.#options.sink.resume();
  }

  close(): void {
    this.#held?.interrupt('closed');
    this.#current?.interrupt('closed');
  }

  /** What the language model is asked; `unconfirmedText` are words of an utterance that is not over. */
  requestOf(request: ReplyRequest, unconfirmedText?: string): LlmRequest {
    const { instructions, tools, maxOutputTokens, temperature, ...settings } = this.#options.settings();
    const toolChoice = request.toolChoice ?? settings.toolChoice;
    const messages = request.outOfBand ?? this.#messages(request.instructions ?? instructions, unconfirmedText);
    return {
      messages,
      tools: request.tools ?? tools,
      ...(toolChoice === 'auto' ? {} : { toolChoice }),
      maxOutputTokens: request.maxOutputTokens ?? maxOutputTokens,
      temperature,
    };
  }

  #messages(instructions: string, unconfirmedText: string | undefined): ChatMessage[] {
    const messages = this.#options.history.messages(instructions);
    const last = messages.at(-1);
    if (unconfirmedText === undefined) return messages;
    if (last?.role === 'user') messages[messages.length - 1] = { role: 'user', text: `${last.text} ${unconfirmedText}` };
    else messages.push({ role: 'user', text: unconfirmedText });
    return messages;
  }

  #create({ turnId, timing }: ReplyTurn, source: ReplySource, request: ReplyRequest, held: boolean): Reply {
    const { tts, sink, clock, history, emit, onAudible, onEnded } = this.#options;
    const settings = this.#options.settings();
    const number = ++this.#replyCount;
    const itemId = this.#options.history.freeId(`item_reply_${number}`);
    const inBand = request.outOfBand === undefined;
    const reply: Reply = new Reply({
      replyId: `reply_${number}`,
      turnId,
      itemId,
      epoch: this.#epoch,
      source,
      output: request.output ?? settings.output,
      tts,
      voice: request.voice ?? settings.voice,
      speed: settings.speed,
      sink,
      clock,
      held,
      timing,
      onAudible,
      onFirstEvent: () => {
        if (inBand) history.add({ id: itemId, type: 'assistant', text: '', words: [], status: 'in-progress' });
      },
      emit: (event) => {
        if (event.type === 'tool-call' && inBand) history.add({ id: `item_call_${event.call.callId}`, type: 'tool-call', call: event.call });
        emit(event);
      },
      onEnd: (end) => {
        if (inBand) history.closeReply(itemId, end.heardText, end.words, end.status === 'completed' ? 'completed' : 'incomplete');
        if (this.#current === reply) this.#current = undefined;
      },
      onEnded: () => onEnded(this.#current !== undefined),
    });
    return reply;
  }
}

/** A fixed text in the shape of a language model's answer. */
async function* recite(text: string): AsyncGenerator<LlmEvent> {
  yield { type: 'text-delta', text };
  yield { type: 'finish', reason: 'stop', usage: { inputTokenCount: 0, cachedTokenCount: 0, outputTokenCount: 0 } };
}
