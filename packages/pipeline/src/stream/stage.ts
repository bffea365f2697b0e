/** What a stage needs of its neighbours: anything `pipeThrough` takes. */
export type Stage<In, Out> = {
  readonly writable: WritableStream<In>;
  readonly readable: ReadableStream<Out>;
  /** Resolves once the stage has stopped for good and `dispose` has run; rejects with what `dispose` threw. */
  readonly disposed: Promise<void>;
};

/**
 * Hands an item downstream. The promise resolves at once when the neighbour was
 * waiting for it, and otherwise when the neighbour has taken it and asks for
 * more: awaiting it is how a stage that makes many items out of one is slowed
 * down to one item ahead. Once the stage has stopped nothing is handed on, and
 * it rejects with the reason.
 */
export type Emit<Out> = (item: Out) => Promise<void>;

export type StageContext = {
  /** Aborts when the stage stops for whatever reason: its own signal, a neighbour that cancels, or an error. */
  readonly signal: AbortSignal;
};

export type StageOptions<In, Out> = {
  /** Names the stage in errors. */
  readonly name: string;
  /** The turn's signal: an abort stops the stage at once, whatever it is doing. */
  readonly signal: AbortSignal;
  /** Called for one item at a time, and only when the neighbour downstream wants something. */
  readonly transform: (item: In, emit: Emit<Out>, context: StageContext) => void | Promise<void>;
  /** Called after the last item; not called when the stage is stopped before. */
  readonly flush?: (emit: Emit<Out>, context: StageContext) => void | Promise<void>;
  /** Runs exactly once, after the last call of `transform` or `flush` has settled, however the stage ends. */
  readonly dispose?: () => void | Promise<void>;
};

/**
 * Builds one stage of a pipe; all stages are built here.
 *
 * - Back-pressure: one item may wait at the entrance, none at the exit, so a
 *   pipe at rest holds one item per stage, and its stages work side by side.
 * - Abort: both ends fail with `signal.reason` at once, and what was already made
 *   is let go. (The `signal` option of `pipeTo` first waits for writes under way,
 *   which is too late for somebody who is being spoken over.) A read that was
 *   answered just before may still be on its way through the reader's `await`;
 *   the turn's epoch is what tells it apart.
 * - An item in the hands of `transform` is not waited for: the neighbours are
 *   told at once, `transform` is told by its own signal, and `dispose` waits.
 *
 * It is a pair of streams and not a `TransformStream`, because that one cannot
 * tell when the reader cancels: its `cancel` hook is missing in Chromium, and
 * `dispose` would never run there.
 */
export function createStage<In, Out>(options: StageOptions<In, Out>): Stage<In, Out> {
  const run = new StageRun(options);
  return { writable: run.writable, readable: run.readable, disposed: run.disposed };
}

class StageRun<In, Out> {
  readonly writable: WritableStream<In>;
  readonly readable: ReadableStream<Out>;
  readonly disposed: Promise<void>;
  readonly #options: StageOptions<In, Out>;
  readonly #abort = new AbortController();
  #entrance!: WritableStreamDefaultController;
  #exit!: ReadableStreamDefaultController<Out>;
  #state: 'running' | 'ended' | 'stopped' = 'running';
  #wanted = false;
  /** Woken when the neighbour wants an item, or when the stage stops. */
  #waiting: (() => void)[] = [];
  /** Rejects the write or close under way, so that upstream need not wait for `transform`. */
  #leaveWork: ((reason: unknown) => void) | undefined;
  #working = false;
  #resolveDisposed!: () => void;

  constructor(options: StageOptions<In, Out>) {
    this.#options = options;
    this.disposed = new Promise<void>((resolve) => (this.#resolveDisposed = resolve)).then(options.dispose);
    // Only who looks at `disposed` is concerned by its failure.
    this.disposed.catch(() => {});
    this.readable = new ReadableStream<Out>(
      {
        start: (controller) => void (this.#exit = controller),
        pull: () => this.#onWanted(),
        cancel: (reason) => {
          this.#stop(reason);
          return this.disposed;
        },
      },
      { highWaterMark: 0 },
    );
    this.writable = new WritableStream<In>(
      {
        start: (controller) => void (this.#entrance = controller),
        write: (item) => this.#work(this.#untilWanted(), (emit, context) => options.transform(item, emit, context)),
        close: () => this.#close(),
        abort: (reason) => {
          this.#stop(reason);
          return this.disposed;
        },
      },
      { highWaterMark: 1 },
    );
    if (options.signal.aborted) this.#onAbort();
    else options.signal.addEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => this.#stop(this.#options.signal.reason);

  readonly #emit: Emit<Out> = (item) => {
    if (this.#state === 'running') {
      if (!this.#working) throw new Error(`Stage "${this.#options.name}" emitted outside transform and flush`);
      // Cleared before, because the reader may ask for the next item from within enqueue().
      this.#wanted = false;
      this.#exit.enqueue(item);
      if (this.#exit.desiredSize === 0) return Promise.resolve();
    }
    const wanted = this.#untilWanted();
    // A transform that makes one item a call has no need to wait, and must not crash the process when it is stopped.
    wanted.catch(() => {});
    return wanted;
  };

  #onWanted(): void {
    this.#wanted = true;
    this.#wake();
  }

  async #untilWanted(): Promise<void> {
    this.#throwIfStopped();
    if (this.#wanted) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#throwIfStopped();
  }

  #throwIfStopped(): void {
    if (this.#state === 'stopped') throw this.#abort.signal.reason;
  }

  #wake(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }

  async #close(): Promise<void> {
    const { flush } = this.#options;
    if (flush) await this.#work(undefined, flush);
    this.#throwIfStopped();
    this.#state = 'ended';
    this.#release();
    try {
      await this.disposed;
      this.#exit.close();
    } catch (error) {
      this.#exit.error(error);
      throw error;
    }
  }

  /** Makes one call of `transform` or `flush` once `demand` is there; settles early when the stage stops. */
  #work(demand: Promise<void> | undefined, call: (emit: Emit<Out>, context: StageContext) => void | Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#leaveWork = reject;
      this.#runWork(demand, call).then(resolve, (error: unknown) => {
        this.#stop(error);
        reject(error);
      });
    });
  }

  async #runWork(demand: Promise<void> | undefined, call: (emit: Emit<Out>, context: StageContext) => void | Promise<void>): Promise<void> {
    await demand;
    this.#working = true;
    try {
      await call(this.#emit, { signal: this.#abort.signal });
    } finally {
      this.#working = false;
      this.#leaveWork = undefined;
      if (this.#state === 'stopped') this.#release();
    }
  }

  #stop(reason: unknown): void {
    if (this.#state !== 'running') return;
    this.#state = 'stopped';
    this.#exit.error(reason);
    this.#entrance.error(reason);
    this.#leaveWork?.(reason);
    this.#abort.abort(reason);
    this.#wake();
    if (!this.#working) this.#release();
  }

  #release(): void {
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#resolveDisposed();
  }
}
