import { ClauseChunker, type LlmEngine, type LlmEvent } from '@sotto/pipeline';

/** One reply of a language model, from the moment it was asked. */
export type TimedReply = {
  text: string;
  firstTokenMs: number | undefined;
  /** The first clause that a voice could begin with; the whole reply where it is one clause. */
  firstClauseMs: number | undefined;
  /** The model came to the end of it, rather than being cut off. */
  isFinished: boolean;
};

/** Passes a reply through and fills in `reply` on the way. */
export async function* timeReply(events: AsyncIterable<LlmEvent>, reply: TimedReply): AsyncGenerator<LlmEvent, void, undefined> {
  const chunker = new ClauseChunker();
  const startMs = performance.now();
  for await (const event of events) {
    if (event.type === 'text-delta') {
      reply.firstTokenMs ??= performance.now() - startMs;
      reply.text += event.text;
      if (chunker.push(event.text).length > 0) reply.firstClauseMs ??= performance.now() - startMs;
    } else if (event.type === 'finish') {
      // A reply of one clause is handed to the voice when it ends.
      if (reply.text !== '') reply.firstClauseMs ??= performance.now() - startMs;
      reply.isFinished = true;
    }
    yield event;
  }
}

export function untimedReply(): TimedReply {
  return { text: '', firstTokenMs: undefined, firstClauseMs: undefined, isFinished: false };
}

/** The same language model, telling of every reply that somebody asked for. Borrows `llm`. */
export function timedLlm(llm: LlmEngine, onReply: (reply: TimedReply) => void): LlmEngine {
  return {
    specVersion: llm.specVersion,
    capabilities: llm.capabilities,
    async openSession(options) {
      const session = await llm.openSession(options);
      return {
        warm: (request, call) => session.warm(request, call),
        generate: (request, call) => {
          const reply = untimedReply();
          onReply(reply);
          return timeReply(session.generate(request, call), reply);
        },
        [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
      };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
