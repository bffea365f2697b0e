import { BackendError, CallChannel, DisposedError, type StageName, VoiceError } from '@sotto/pipeline';
import { pageEndpoint } from './worker-endpoint.ts';
import type { WorkerSetUp } from './worker-set-up.ts';

export type EngineWorkerOptions = {
  readonly stage: StageName;
  /** Starts the Worker; called again after a crash. */
  readonly start: () => Worker;
  /** Told to a fresh Worker before anything else. */
  readonly setUp: WorkerSetUp;
  /** The GPU failed and the model now computes in WASM. */
  readonly onFallback: (reason: string) => void;
};

const GPU_FAILURES: ReadonlySet<string> = new Set(['VOICE_ERR_ENGINE_FAILED', 'VOICE_ERR_WORKER_CRASHED', 'VOICE_ERR_DEVICE_LOST', 'VOICE_ERR_OUT_OF_MEMORY']);

export type EngineCallOptions = { readonly signal?: AbortSignal | undefined };

/**
 * One model in one Worker. A Worker that dies fails the calls under way and the
 * next call gets a fresh one; a GPU that fails is left for WASM, and the call is
 * made again there.
 */
export class EngineWorker {
  readonly #options: EngineWorkerOptions;
  #setUp: WorkerSetUp;
  #current: { readonly worker: Worker; readonly channel: CallChannel } | undefined;
  #generation = 0;
  #disposed = false;

  constructor(options: EngineWorkerOptions) {
    this.#options = options;
    this.#setUp = options.setUp;
  }

  /** Counts Workers; whoever keeps state in a Worker must send it again when this changes. */
  get generation(): number {
    return this.#generation;
  }

  get device(): WorkerSetUp['device'] {
    return this.#setUp.device;
  }

  /** Starts the Worker unless it runs, and resolves with what the model says of itself. */
  async ready(): Promise<unknown> {
    const { device } = this;
    try {
      return await this.#channel().ready;
    } catch (thrown) {
      if (!this.#hasLeft(device) && !this.leaveGpu(reasonOf(thrown))) throw thrown;
      return this.#channel().ready;
    }
  }

  /** Calls the model. `argsFor` is asked again when the call has to be made in another Worker. */
  async call(method: string, argsFor: () => unknown, { signal }: EngineCallOptions = {}): Promise<unknown> {
    const { device } = this;
    try {
      return await this.#callOnce(method, argsFor, signal);
    } catch (thrown) {
      signal?.throwIfAborted();
      const mayHelp = this.#hasLeft(device) || (isOfGpu(thrown) && this.leaveGpu(reasonOf(thrown)));
      if (!mayHelp) throw thrown;
      return this.#callOnce(method, argsFor, signal);
    }
  }

  notify(method: string, args: unknown): void {
    this.#current?.channel.notify(method, args);
  }

  /** Moves the model from the GPU to WASM, the calls under way with it; false when it is there already. */
  leaveGpu(reason: string): boolean {
    if (this.#setUp.device !== 'webgpu' || this.#disposed) return false;
    this.#setUp = { ...this.#setUp, device: 'wasm' };
    const left = this.#current;
    this.#current = undefined;
    left?.channel.fail(new BackendError('VOICE_ERR_DEVICE_LOST', `The ${this.#options.stage} model left the GPU: ${reason}`, { stage: this.#options.stage, retryable: true }));
    // A GPU that hangs would never let the Worker end by itself.
    left?.worker.terminate();
    this.#options.onFallback(reason);
    return true;
  }

  dispose(): void {
    this.#disposed = true;
    this.#end();
  }

  /** Whether what began on this device was cut off because somebody left the GPU meanwhile. */
  #hasLeft(device: WorkerSetUp['device']): boolean {
    return device === 'webgpu' && this.device === 'wasm' && !this.#disposed;
  }

  async #callOnce(method: string, argsFor: () => unknown, signal: AbortSignal | undefined): Promise<unknown> {
    const channel = this.#channel();
    await channel.ready;
    return channel.call(method, argsFor(), { signal });
  }

  #channel(): CallChannel {
    if (this.#disposed) throw new DisposedError(`The ${this.#options.stage} engine`);
    if (this.#current !== undefined) return this.#current.channel;
    const { stage, start } = this.#options;
    const worker = start();
    const channel = new CallChannel(pageEndpoint(worker), stage);
    worker.onerror = (event) => {
      event.preventDefault();
      channel.fail(CallChannel.crashed(stage, event.message || 'it could not be started'));
      worker.terminate();
      if (this.#current?.worker === worker) this.#current = undefined;
    };
    worker.postMessage(this.#setUp);
    this.#generation++;
    this.#current = { worker, channel };
    return channel;
  }

  #end(): void {
    this.#current?.channel.dispose();
    this.#current = undefined;
  }
}

/** Whether the same call may well succeed elsewhere, unlike one that was refused for what it asked. */
function isOfGpu(thrown: unknown): boolean {
  return !VoiceError.isInstance(thrown) || GPU_FAILURES.has(thrown.code);
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
