import { Worker } from 'node:worker_threads';
import { type CallRequest, type CallResponse, deserializeError, DisposedError, EngineError, type StageName, type VoiceError } from '@sotto/pipeline';
import { closeNativeCallGate, createNativeCallGate } from './native-call-gate.ts';

/** A worker that is busy with a native call cannot hear that it should end. */
const POLITE_EXIT_MS = 2000;

export type WorkerThreadOptions = {
  readonly entry: URL;
  /** Structured-cloned into the worker, read there as `workerData`, with a `nativeCallGate` beside. */
  readonly data: object;
  readonly stage: StageName;
  /** Called once when the thread ends without being asked to. */
  readonly onCrash: (error: VoiceError) => void;
};

export type WorkerPayload = { readonly args: unknown; readonly transfer?: readonly ArrayBuffer[] };

type Pending = { resolve(value: unknown): void; reject(error: unknown): void };

/** One thread that loads a model, says `ready`, and answers calls. */
export class WorkerThread implements AsyncDisposable {
  /** What the worker told about itself when it was loaded; rejects with what kept it from loading. */
  readonly ready: Promise<unknown>;
  readonly #worker: Worker;
  readonly #gate = createNativeCallGate();
  readonly #stage: StageName;
  readonly #onCrash: (error: VoiceError) => void;
  readonly #calls = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #readyPending: Pending | undefined;
  #nextCallId = 1;
  #ended = false;

  constructor({ entry, data, stage, onCrash }: WorkerThreadOptions) {
    this.#stage = stage;
    this.#onCrash = onCrash;
    this.ready = new Promise((resolve, reject) => { this.#readyPending = { resolve, reject }; });
    this.ready.catch(() => undefined);
    // Entries are built files: a flag that makes this process resolve packages to their sources must not reach them.
    this.#worker = new Worker(entry, { workerData: { ...data, nativeCallGate: this.#gate }, execArgv: [] });
    this.#worker.on('message', (message: CallResponse) => this.#receive(message));
    this.#worker.on('error', (error) => this.#crash(error));
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', (exitCode) => {
        this.#crash(new Error(`the thread ended with code ${exitCode}`));
        resolve();
      });
    });
  }

  /** Starts a call. The returned id is what {@link WorkerThread.abort} takes. */
  call(method: string, { args, transfer = [] }: WorkerPayload): { readonly callId: number; readonly result: Promise<unknown> } {
    const callId = this.#nextCallId++;
    const result = new Promise<unknown>((resolve, reject) => {
      if (this.#ended) return reject(crashError(this.#stage, 'it is not running'));
      this.#calls.set(callId, { resolve, reject });
      this.#post({ type: 'call', callId, method, args }, transfer);
    });
    return { callId, result };
  }

  abort(callId: number): void {
    if (this.#calls.has(callId)) this.#post({ type: 'abort', callId });
  }

  notify(method: string, args: unknown): void {
    if (!this.#ended) this.#post({ type: 'notify', method, args });
  }

  /** Gives the thread up at once, as if it had crashed for `reason`; it ends when no native call is under way in it. */
  kill(reason: VoiceError): void {
    this.#crash(reason);
    void this.#terminate();
  }

  /** Lets the worker free its model, then ends it; calls in flight reject with {@link DisposedError}. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) {
      this.#end(new DisposedError(`The ${this.#stage} engine`));
      this.#post({ type: 'dispose' });
    }
    const timer = setTimeout(() => void this.#terminate(), POLITE_EXIT_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  async #terminate(): Promise<void> {
    await closeNativeCallGate(this.#gate);
    await this.#worker.terminate();
  }

  #post(message: CallRequest, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #receive(message: CallResponse): void {
    switch (message.type) {
      case 'ready':
        return this.#readyPending?.resolve(message.info);
      case 'load-failed':
        return this.#end(deserializeError(message.error, this.#stage));
      case 'result':
        return this.#settle(message.callId)?.resolve(message.value);
      case 'error':
        return this.#settle(message.callId)?.reject(deserializeError(message.error, this.#stage));
    }
  }

  #settle(callId: number): Pending | undefined {
    const pending = this.#calls.get(callId);
    this.#calls.delete(callId);
    return pending;
  }

  #crash(cause: Error): void {
    if (this.#ended) return;
    const error = cause.name === 'EngineError' ? (cause as VoiceError) : crashError(this.#stage, cause.message, cause);
    this.#end(error);
    this.#onCrash(error);
  }

  #end(error: VoiceError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#readyPending?.reject(error);
    for (const pending of this.#calls.values()) pending.reject(error);
    this.#calls.clear();
  }
}

export function crashError(stage: StageName, why: string, cause?: unknown): EngineError {
  return new EngineError('VOICE_ERR_WORKER_CRASHED', `The ${stage} worker stopped working: ${why}; a fresh one is started, so the call may be repeated`, { stage, retryable: true, cause });
}
