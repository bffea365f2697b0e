import type { LlmEvent, LlmRequest, LlmSession } from '../llm/llm-engine.ts';
import { deferred } from '../stream/deferred.ts';

/**
 * Lines up the uses of one {@link LlmSession}, whose calls must not overlap: a
 * new reply waits until the interrupted one has really let go of the model.
 */
export class ExclusiveLlm {
  readonly #session: LlmSession;
  #last: Promise<void> = Promise.resolve();

  constructor(session: LlmSession) {
    this.#session = session;
  }

  /** Streams a reply as soon as the model is free. */
  async *generate(request: LlmRequest, signal: AbortSignal): AsyncGenerator<LlmEvent, void, undefined> {
    const done = await this.#enter();
    try {
      signal.throwIfAborted();
      yield* this.#session.generate(request, { signal });
    } finally {
      done();
    }
  }

  /** Evaluates a prompt ahead of need, unless the model is wanted for something else first. */
  async warm(request: LlmRequest, signal: AbortSignal): Promise<void> {
    const done = await this.#enter();
    try {
      if (!signal.aborted) await this.#session.warm(request, { signal });
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    } finally {
      done();
    }
  }

  /** Resolves when nobody uses the model. */
  async free(): Promise<void> {
    await this.#last;
  }

  async #enter(): Promise<() => void> {
    const previous = this.#last;
    const turn = deferred<void>();
    this.#last = turn.promise;
    await previous;
    return () => turn.resolve();
  }
}
