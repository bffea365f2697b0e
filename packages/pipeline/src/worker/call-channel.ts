import { DisposedError, EngineError, type StageName, type VoiceError } from '../errors.ts';
import { deferred, type Deferred } from '../stream/deferred.ts';
import type { PageEndpoint } from './call-endpoint.ts';
import { type CallResponse, deserializeError } from './call-message.ts';

export type CallOptions = {
  readonly signal?: AbortSignal | undefined;
  /** Moved to the worker; unusable here afterwards. */
  readonly transfer?: readonly ArrayBuffer[];
};

/** The caller's side of one worker: starts calls, aborts them, and fails them all when the worker dies. */
export class CallChannel {
  /** What the worker told about itself when it had loaded; rejects with what kept it from loading. */
  readonly ready: Promise<unknown>;
  readonly #endpoint: PageEndpoint;
  readonly #stage: StageName;
  readonly #ready: Deferred<unknown> = deferred();
  readonly #calls = new Map<number, Deferred<unknown>>();
  #nextCallId = 1;
  #ended: VoiceError | undefined;

  constructor(endpoint: PageEndpoint, stage: StageName) {
    this.#endpoint = endpoint;
    this.#stage = stage;
    this.ready = this.#ready.promise;
    this.ready.catch(() => undefined);
    endpoint.listen((message) => this.#take(message));
  }

  /** Rejects with the worker's typed error, or with `signal.reason` as soon as the signal aborts. */
  async call(method: string, args: unknown, { signal, transfer = [] }: CallOptions = {}): Promise<unknown> {
    signal?.throwIfAborted();
    if (this.#ended) throw this.#ended;
    const callId = this.#nextCallId++;
    const pending = deferred<unknown>();
    this.#calls.set(callId, pending);
    const onAbort = () => {
      this.#endpoint.post({ type: 'abort', callId }, []);
      pending.reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      this.#endpoint.post({ type: 'call', callId, method, args }, transfer);
      return await pending.promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.#calls.delete(callId);
    }
  }

  notify(method: string, args: unknown): void {
    if (!this.#ended) this.#endpoint.post({ type: 'notify', method, args }, []);
  }

  /** Fails every call under way and every later one. */
  fail(error: VoiceError): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#ready.reject(error);
    for (const pending of this.#calls.values()) pending.reject(error);
    this.#calls.clear();
  }

  /** Lets the worker free its model, then ends it. */
  dispose(): void {
    if (this.#ended) return;
    this.#endpoint.post({ type: 'dispose' }, []);
    this.fail(new DisposedError(`The ${this.#stage} engine`));
  }

  /** The error for a worker that ended unasked. */
  static crashed(stage: StageName, what: string): EngineError {
    return new EngineError('VOICE_ERR_WORKER_CRASHED', `The ${stage} worker ended: ${what}; a fresh one is started for the next call`, { stage, retryable: true });
  }

  #take(message: CallResponse): void {
    switch (message.type) {
      case 'ready':
        return this.#ready.resolve(message.info);
      case 'load-failed':
        return this.fail(deserializeError(message.error, this.#stage));
      case 'result':
        return this.#calls.get(message.callId)?.resolve(message.value);
      case 'error':
        return this.#calls.get(message.callId)?.reject(deserializeError(message.error, this.#stage));
    }
  }
}
