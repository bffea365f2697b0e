import { ConfigError, DisposedError, EngineError, type InferencePriority, OverrunError, type StageName, type VoiceError } from '@sotto/pipeline';
import { FairQueue } from './fair-queue.ts';
import { crashError, type WorkerPayload, WorkerThread } from './worker-thread.ts';

export type WorkerPoolOptions = {
  readonly stage: StageName;
  readonly entry: URL;
  readonly data: object;
  /** @defaultValue 1 */
  readonly workerCount?: number;
  /** Calls that may wait; more reject with VOICE_ERR_QUEUE_FULL. @defaultValue 256 */
  readonly maxQueuedCount?: number;
  /** Longest a call may run before its worker is taken for hung and replaced. @defaultValue 120 000 */
  readonly callTimeoutMs?: number;
  /**
   * Longest that calls wait for the replacement of a worker that died, counted from its death; then they reject with
   * VOICE_ERR_WORKER_CRASHED. Loading a large model takes longer than anybody should be left without a word.
   * Realtime calls wait that long each: they come again and again, and their session should be told now and then only.
   * @defaultValue 1000
   */
  readonly replacementWaitMs?: number;
  readonly metrics?: WorkerPoolMetrics;
};

/** Hooks for counters and histograms; called synchronously, must not throw. */
export type WorkerPoolMetrics = {
  onCallEnd?(call: { readonly stage: StageName; readonly method: string; readonly priority: InferencePriority; readonly queuedMs: number; readonly runMs: number; readonly outcome: 'ok' | 'error' | 'aborted' }): void;
  onRestart?(restart: { readonly stage: StageName; readonly workerIndex: number; readonly delayMs: number; readonly error: VoiceError }): void;
};

export type PoolCall = {
  readonly method: string;
  /** Builds the arguments when the call is about to start on `place`. */
  payload(place: WorkerPlace): WorkerPayload;
  readonly priority: InferencePriority;
  readonly sessionKey: string;
  readonly signal?: AbortSignal | undefined;
  /** Run on this worker only, because it holds state. */
  readonly workerIndex?: number | undefined;
};

/** A worker and which of its successive threads; state is lost when the generation changes. */
export type WorkerPlace = { readonly workerIndex: number; readonly generation: number };

type Job = PoolCall & {
  readonly queuedAtMs: number;
  resolve(value: unknown): void;
  reject(error: unknown): void;
  /** Detaches the listener on the caller's signal. */
  settled(): void;
};

type Slot = {
  readonly index: number;
  generation: number;
  thread: WorkerThread | undefined;
  state: 'starting' | 'idle' | 'busy' | 'waiting-to-restart' | 'given-up';
  crashesInARow: number;
  /** When its latest thread died, on the clock of `performance.now()`. */
  diedAtMs: number;
  restartTimer: NodeJS.Timeout | undefined;
};

const RESTART_DELAY_MS = 100;
const MAX_RESTART_DELAY_MS = 10_000;
/** A worker that dies this often without finishing one call will not recover by itself. */
const MAX_CRASHES_IN_A_ROW = 6;

/**
 * Threads of one kind, each doing one call at a time; waiting calls are served by {@link FairQueue}.
 *
 * A thread that dies rejects the call it was doing with VOICE_ERR_WORKER_CRASHED and is replaced after a
 * growing delay; calls still waiting are served by the fresh one if it comes soon. The process itself never goes down with a thread.
 */
export class WorkerPool implements AsyncDisposable {
  readonly stage: StageName;
  readonly #options: WorkerPoolOptions;
  readonly #slots: Slot[];
  readonly #queue = new FairQueue<Job>();
  readonly #maxQueuedCount: number;
  readonly #callTimeoutMs: number;
  readonly #replacementWaitMs: number;
  #disposal: Promise<void> | undefined;

  private constructor(options: WorkerPoolOptions) {
    const { workerCount = 1, maxQueuedCount = 256, callTimeoutMs = 120_000, replacementWaitMs = 1000 } = options;
    if (!Number.isInteger(workerCount) || workerCount < 1) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `workerCount is ${workerCount}; expected a positive whole number`, { stage: options.stage });
    this.stage = options.stage;
    this.#options = options;
    this.#maxQueuedCount = maxQueuedCount;
    this.#callTimeoutMs = callTimeoutMs;
    this.#replacementWaitMs = replacementWaitMs;
    this.#slots = Array.from({ length: workerCount }, (_, index) => ({ index, generation: 0, thread: undefined, state: 'starting', crashesInARow: 0, diedAtMs: -Infinity, restartTimer: undefined }));
  }

  /**
   * Starts the threads and waits until the first has loaded its model.
   * @returns the pool and what the worker told about itself.
   * @throws what kept the worker from loading, for example a {@link ModelError}.
   */
  static async start(options: WorkerPoolOptions): Promise<{ readonly pool: WorkerPool; readonly info: unknown }> {
    const pool = new WorkerPool(options);
    const loading = pool.#slots.map((slot) => pool.#startThread(slot).ready);
    try {
      const [info] = await Promise.all(loading);
      return { pool, info };
    } catch (error) {
      await pool[Symbol.asyncDispose]();
      throw error;
    }
  }

  get workerCount(): number {
    return this.#slots.length;
  }

  get queuedCount(): number {
    return this.#queue.size;
  }

  get busyCount(): number {
    return this.#slots.filter((slot) => slot.state === 'busy').length;
  }

  /** False once every worker was given up. */
  get isHealthy(): boolean {
    return this.#disposal === undefined && this.#slots.some((slot) => slot.state !== 'given-up');
  }

  /**
   * Runs a call on the next free worker. An abort rejects at once with `signal.reason`; a call that was running
   * is told to stop and its worker is free again when it did.
   */
  call(call: PoolCall): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { signal } = call;
      if (signal?.aborted) return reject(signal.reason);
      if (this.#disposal) return reject(new DisposedError(`The ${this.stage} engine`));
      if (!this.isHealthy) return reject(this.#givenUpError());
      if (this.#queue.size >= this.#maxQueuedCount) return reject(new OverrunError('VOICE_ERR_QUEUE_FULL', `${this.#queue.size} calls wait for the ${this.stage} engine already; try again later`, { stage: this.stage, retryable: true }));
      const onAbort = () => {
        job.reject(signal!.reason);
        if (this.#queue.remove(job)) this.#report(job, performance.now(), 'aborted');
      };
      const job: Job = { ...call, queuedAtMs: performance.now(), resolve, reject, settled: () => signal?.removeEventListener('abort', onAbort) };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#queue.add(job);
      this.#dispatch();
      const waitMs = this.#stranded(job) ? this.#strandedUntilMs(job) - job.queuedAtMs : Infinity;
      if (waitMs < Infinity) this.#failStrandedAfter(waitMs);
    });
  }

  /** Sends a message that needs no answer, if that thread still lives. */
  notify(place: WorkerPlace, method: string, args: unknown): void {
    const slot = this.#slots[place.workerIndex];
    if (slot?.generation === place.generation) slot.thread?.notify(method, args);
  }

  /** The worker with the fewest calls tied to it, by `load`. */
  leastLoaded(load: (workerIndex: number) => number): number {
    return this.#slots.reduce((best, slot) => (load(slot.index) < load(best) ? slot.index : best), 0);
  }

  /** Replaces every thread, as after a crash: for an operator whose model went wrong, and for tests. */
  replaceWorkers(why: string): void {
    for (const slot of this.#slots) slot.thread?.kill(crashError(this.stage, why));
  }

  /** Rejects waiting calls, tells running ones to stop, frees the models and ends the threads. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose();
    return this.#disposal;
  }

  async #dispose(): Promise<void> {
    for (const job of this.#queue.drain()) this.#fail(job, new DisposedError(`The ${this.stage} engine`));
    for (const slot of this.#slots) clearTimeout(slot.restartTimer);
    await Promise.all(this.#slots.map(async (slot) => slot.thread?.[Symbol.asyncDispose]()));
  }

  #startThread(slot: Slot): WorkerThread {
    slot.state = 'starting';
    slot.generation++;
    const { entry, data } = this.#options;
    const thread = new WorkerThread({ entry, data, stage: this.stage, onCrash: (error) => this.#afterCrash(slot, error) });
    slot.thread = thread;
    thread.ready.then(
      () => {
        slot.state = 'idle';
        this.#dispatch();
      },
      (error: VoiceError) => {
        // A crash comes with onCrash as well; a model that does not load ends the thread in order.
        if (error.code !== 'VOICE_ERR_WORKER_CRASHED' && error.code !== 'VOICE_ERR_DISPOSED') this.#afterCrash(slot, error);
      },
    );
    return thread;
  }

  #dispatch(): void {
    for (const slot of this.#slots) {
      if (slot.state !== 'idle' || !slot.thread) continue;
      const job = this.#queue.take((candidate) => mayRunOn(candidate, slot));
      if (job) void this.#run(slot, slot.thread, job);
    }
  }

  async #run(slot: Slot, thread: WorkerThread, job: Job): Promise<void> {
    slot.state = 'busy';
    const startedAtMs = performance.now();
    const { callId, result } = thread.call(job.method, job.payload({ workerIndex: slot.index, generation: slot.generation }));
    const onAbort = () => thread.abort(callId);
    job.signal?.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(() => thread.kill(this.#timeoutError(job)), this.#callTimeoutMs);
    try {
      const value = await result;
      slot.crashesInARow = 0;
      job.settled();
      job.resolve(value);
      this.#report(job, startedAtMs, job.signal?.aborted ? 'aborted' : 'ok');
    } catch (error) {
      this.#fail(job, error);
      this.#report(job, startedAtMs, job.signal?.aborted ? 'aborted' : 'error');
    } finally {
      clearTimeout(timer);
      job.signal?.removeEventListener('abort', onAbort);
      // After a crash the slot already belongs to the restart.
      if (slot.thread === thread && slot.state === 'busy') slot.state = 'idle';
      this.#dispatch();
    }
  }

  #afterCrash(slot: Slot, error: VoiceError): void {
    slot.thread = undefined;
    if (this.#disposal) return;
    slot.crashesInARow++;
    slot.diedAtMs = performance.now();
    if (slot.crashesInARow >= MAX_CRASHES_IN_A_ROW) return this.#giveUp(slot);
    slot.state = 'waiting-to-restart';
    const delayMs = Math.min(MAX_RESTART_DELAY_MS, RESTART_DELAY_MS * 2 ** (slot.crashesInARow - 1));
    this.#options.metrics?.onRestart?.({ stage: this.stage, workerIndex: slot.index, delayMs, error });
    slot.restartTimer = setTimeout(() => this.#startThread(slot), delayMs);
    if (this.#queue.size > 0) this.#failStrandedAfter(this.#replacementWaitMs);
  }

  /** Whether every worker that could take the call is dead or still loading. */
  #stranded(job: Job): boolean {
    return this.#slots.every((slot) => !mayRunOn(job, slot) || (slot.state !== 'idle' && slot.state !== 'busy'));
  }

  #strandedUntilMs(job: Job): number {
    const diedAtMs = Math.max(...this.#slots.filter((slot) => mayRunOn(job, slot)).map((slot) => slot.diedAtMs));
    return (job.priority === 'realtime' ? job.queuedAtMs : diedAtMs) + this.#replacementWaitMs;
  }

  #failStrandedAfter(waitMs: number): void {
    setTimeout(() => {
      // Timers may be early by a fraction of a millisecond.
      const isOverdue = (job: Job) => this.#stranded(job) && this.#strandedUntilMs(job) <= performance.now() + 1;
      for (let job = this.#queue.take(isOverdue); job; job = this.#queue.take(isOverdue)) {
        this.#fail(job, crashError(this.stage, 'it is being replaced'));
        this.#report(job, performance.now(), 'error');
      }
    }, Math.max(0, waitMs)).unref();
  }

  #giveUp(slot: Slot): void {
    slot.state = 'given-up';
    const isOrphan = (job: Job) => !this.isHealthy || job.workerIndex === slot.index;
    for (let job = this.#queue.take(isOrphan); job; job = this.#queue.take(isOrphan)) this.#fail(job, this.#givenUpError());
  }

  #fail(job: Job, error: unknown): void {
    job.settled();
    job.reject(error);
  }

  #report(job: Job, startedAtMs: number, outcome: 'ok' | 'error' | 'aborted'): void {
    const { method, priority, queuedAtMs } = job;
    this.#options.metrics?.onCallEnd?.({ stage: this.stage, method, priority, queuedMs: startedAtMs - queuedAtMs, runMs: performance.now() - startedAtMs, outcome });
  }

  #timeoutError(job: Job): EngineError {
    return new EngineError('VOICE_ERR_ENGINE_TIMEOUT', `The ${this.stage} worker did not finish ${job.method} within ${this.#callTimeoutMs} ms and was replaced`, { stage: this.stage, retryable: true });
  }

  #givenUpError(): EngineError {
    const error = crashError(this.stage, `it crashed ${MAX_CRASHES_IN_A_ROW} times in a row`);
    return new EngineError('VOICE_ERR_WORKER_CRASHED', `The ${this.stage} worker crashed ${MAX_CRASHES_IN_A_ROW} times in a row and was given up; restart the program`, { stage: error.stage ?? this.stage });
  }
}

function mayRunOn(job: PoolCall, slot: Slot): boolean {
  return job.workerIndex === undefined || job.workerIndex === slot.index;
}
