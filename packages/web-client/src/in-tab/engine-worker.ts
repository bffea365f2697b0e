import { CallChannel, type StageName } from '@sotto/pipeline';
import { pageEndpoint } from './worker-endpoint.ts';

export type EngineWorkerOptions = {
  readonly stage: StageName;
  /** Starts the Worker; called again after a crash. */
  readonly start: () => Worker;
  /** Told to a fresh Worker before anything else: where models and runtimes are. */
  readonly setUp: unknown;
};

/** One model in one Worker. A Worker that dies fails the calls under way, and the next call gets a fresh one. */
export class EngineWorker {
  readonly #options: EngineWorkerOptions;
  #current: { readonly worker: Worker; readonly channel: CallChannel } | undefined;
  #disposed = false;

  constructor(options: EngineWorkerOptions) {
    this.#options = options;
  }

  /** Starts the Worker unless it runs, and resolves with what the model says of itself. */
  ready(): Promise<unknown> {
    return this.#channel().ready;
  }

  /** Calls the model; starts the Worker anew if it died. */
  async call(method: string, args: unknown, options: { readonly signal?: AbortSignal | undefined; readonly transfer?: readonly ArrayBuffer[] } = {}): Promise<unknown> {
    const channel = this.#channel();
    await channel.ready;
    return channel.call(method, args, options);
  }

  notify(method: string, args: unknown): void {
    this.#current?.channel.notify(method, args);
  }

  dispose(): void {
    this.#disposed = true;
    this.#current?.channel.dispose();
    this.#current = undefined;
  }

  #channel(): CallChannel {
    if (this.#current !== undefined && !this.#disposed) return this.#current.channel;
    const { stage, start, setUp } = this.#options;
    const worker = start();
    const channel = new CallChannel(pageEndpoint(worker), stage);
    worker.onerror = (event) => {
      event.preventDefault();
      channel.fail(CallChannel.crashed(stage, event.message || 'it could not be started'));
      worker.terminate();
      if (this.#current?.worker === worker) this.#current = undefined;
    };
    worker.postMessage(setUp);
    this.#current = { worker, channel };
    return channel;
  }
}
