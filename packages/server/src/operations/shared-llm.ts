import type { LlmEngine, LlmEvent, LlmRequest, LlmSession } from '@sotto/pipeline';

/** How long the engine may take over opening a context while another one lies idle. */
const OPEN_PATIENCE_MS = 100;

type Context = {
  readonly session: LlmSession;
  /** The conversation whose words it has evaluated last. */
  owner: SharedSession | undefined;
};

type Waiter = { readonly owner: SharedSession; readonly grant: (context: Context) => void };

/**
 * Many conversations over few contexts of one language model. A conversation
 * holds a context only while it is answered; it gets back the one that still
 * remembers it where possible, and otherwise waits its turn.
 */
export class SharedLlm implements LlmEngine {
  readonly specVersion = 'v1';
  readonly #engine: LlmEngine;
  readonly #contextCount: number;
  readonly #onWaited: (waitedMs: number) => void;
  /** Least recently used first. */
  #idle: Context[] = [];
  #waiting: Waiter[] = [];
  #openCount = 0;

  /** @param onWaited told how long each answer waited for its context. */
  constructor(engine: LlmEngine, contextCount: number, onWaited: (waitedMs: number) => void = () => {}) {
    this.#engine = engine;
    this.#contextCount = contextCount;
    this.#onWaited = onWaited;
  }

  get capabilities(): LlmEngine['capabilities'] {
    return this.#engine.capabilities;
  }

  /** Conversations that wait for a context. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  openSession(): Promise<LlmSession> {
    return Promise.resolve(new SharedSession(this));
  }

  /** A context, at once or when one is free. */
  async acquire(owner: SharedSession, signal: AbortSignal | undefined): Promise<Context> {
    const startedMs = performance.now();
    const context = await this.#obtain(owner, signal);
    this.#onWaited(performance.now() - startedMs);
    return context;
  }

  async #obtain(owner: SharedSession, signal: AbortSignal | undefined): Promise<Context> {
    signal?.throwIfAborted();
    const own = this.#takeIdle(owner);
    if (own !== undefined) return own;
    if (this.#openCount < this.#contextCount) return this.#takeUnowned(owner) ?? this.#openOrWait(owner, signal);
    return this.#takeIdle(undefined, owner) ?? this.#wait(owner, signal);
  }

  /** A context if one can be had without taking it from anybody; for work ahead of need. */
  async acquireSpare(owner: SharedSession, signal: AbortSignal | undefined): Promise<Context | undefined> {
    const spare = this.#takeIdle(owner) ?? this.#takeUnowned(owner);
    if (spare !== undefined || this.#openCount >= this.#contextCount) return spare;
    const patience = AbortSignal.timeout(OPEN_PATIENCE_MS);
    return this.#open(owner, signal === undefined ? patience : AbortSignal.any([signal, patience])).catch((thrown: unknown) => {
      if (patience.aborted) return undefined;
      throw thrown;
    });
  }

  /** Gives a context back; a broken one is closed and replaced when next needed. */
  release(context: Context, broken: boolean): void {
    if (broken) {
      this.#openCount--;
      void Promise.resolve(context.session[Symbol.asyncDispose]()).catch(() => {});
      const next = this.#waiting.shift();
      if (next !== undefined) void this.#open(next.owner, undefined).then(next.grant, () => this.#waiting.unshift(next));
      return;
    }
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(context);
    else next.grant(this.#claim(context, next.owner));
  }

  forget(owner: SharedSession): void {
    for (const context of this.#idle) if (context.owner === owner) context.owner = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const idle = this.#idle;
    this.#idle = [];
    for (const { session } of idle) await session[Symbol.asyncDispose]();
  }

  /**
   * Opens another context. The engine may have fewer than this was told of:
   * then one that others have done with is taken instead of waiting for ever.
   */
  async #openOrWait(owner: SharedSession, signal: AbortSignal | undefined): Promise<Context> {
    const decided = new AbortController();
    const either = signal === undefined ? decided.signal : AbortSignal.any([signal, decided.signal]);
    const ways = [this.#open(owner, either), this.#wait(owner, either)];
    const impatience = setTimeout(() => {
      const next = this.#idle.length > 0 ? this.#waiting.shift() : undefined;
      if (next !== undefined) next.grant(this.#claim(this.#idle.shift()!, next.owner));
    }, OPEN_PATIENCE_MS);
    try {
      const context = await Promise.race(ways);
      // Should both come true, the other one is to spare.
      for (const way of ways) {
        void way.then(
          (other) => other !== context && this.release(other, false),
          () => {},
        );
      }
      return context;
    } finally {
      clearTimeout(impatience);
      decided.abort();
    }
  }

  async #open(owner: SharedSession, signal: AbortSignal | undefined): Promise<Context> {
    this.#openCount++;
    try {
      return { session: await this.#engine.openSession(signal === undefined ? {} : { signal }), owner };
    } catch (thrown) {
      this.#openCount--;
      throw thrown;
    }
  }

  #takeUnowned(claimant: SharedSession): Context | undefined {
    const index = this.#idle.findIndex((context) => context.owner === undefined);
    return index === -1 ? undefined : this.#claim(this.#idle.splice(index, 1)[0]!, claimant);
  }

  #takeIdle(owner: SharedSession | undefined, claimant = owner): Context | undefined {
    const index = owner === undefined ? (this.#idle.length === 0 ? -1 : 0) : this.#idle.findIndex((context) => context.owner === owner);
    if (index === -1 || claimant === undefined) return undefined;
    return this.#claim(this.#idle.splice(index, 1)[0]!, claimant);
  }

  #claim(context: Context, owner: SharedSession): Context {
    context.owner = owner;
    return context;
  }

  #wait(owner: SharedSession, signal: AbortSignal | undefined): Promise<Context> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        owner,
        grant: (context) => {
          signal?.removeEventListener('abort', onAbort);
          resolve(context);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiter);
    });
  }
}

/** One conversation's view of the shared model. */
class SharedSession implements LlmSession {
  readonly #llm: SharedLlm;

  constructor(llm: SharedLlm) {
    this.#llm = llm;
  }

  async warm(request: LlmRequest, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const context = await this.#llm.acquireSpare(this, options.signal);
    if (context === undefined) return;
    await this.#use(context, options.signal, () => context.session.warm(request, options));
  }

  async *generate(request: LlmRequest, options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<LlmEvent> {
    const context = await this.#llm.acquire(this, options.signal);
    let broken = true;
    try {
      yield* context.session.generate(request, options);
      broken = false;
    } catch (thrown) {
      broken = options.signal?.aborted !== true;
      throw thrown;
    } finally {
      // Leaving the loop early is a caller's choice, not a fault.
      this.#llm.release(context, broken && options.signal?.aborted !== true);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#llm.forget(this);
    return Promise.resolve();
  }

  async #use(context: Context, signal: AbortSignal | undefined, work: () => Promise<void>): Promise<void> {
    let broken = true;
    try {
      await work();
      broken = false;
    } finally {
      this.#llm.release(context, broken && signal?.aborted !== true);
    }
  }
}
