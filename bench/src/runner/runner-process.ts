import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { EngineError } from '@sotto/pipeline';
import type { RunReply, RunTiming } from './runner-message.ts';

export type RunnerOptions = {
  /** The program, which calls `serveWork`. */
  readonly entry: string;
  readonly args: readonly string[];
  /** For complaints. */
  readonly name: string;
  readonly signal: AbortSignal;
};

/** Work in a process of its own, loaded and idle until it is asked. */
export class RunnerProcess implements AsyncDisposable {
  readonly itemCount: number;
  readonly loadMs: number;
  readonly #child: ChildProcess;
  readonly #options: RunnerOptions;

  private constructor(child: ChildProcess, options: RunnerOptions, { itemCount, loadMs }: { readonly itemCount: number; readonly loadMs: number }) {
    this.#child = child;
    this.#options = options;
    this.itemCount = itemCount;
    this.loadMs = loadMs;
  }

  static async start(options: RunnerOptions): Promise<RunnerProcess> {
    const child = fork(options.entry, options.args, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    try {
      const reply = await nextReply(child, options);
      if (!('ready' in reply)) throw new EngineError('VOICE_ERR_ENGINE_FAILED', `${options.name} answered before it was asked`);
      return new RunnerProcess(child, options, reply.ready);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  async run(item: number): Promise<RunTiming> {
    const reply = nextReply(this.#child, this.#options);
    this.#child.send({ item });
    const told = await reply;
    if (!('timing' in told)) throw new EngineError('VOICE_ERR_ENGINE_FAILED', `${this.#options.name} told no timing`);
    return told.timing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

async function nextReply(child: ChildProcess, { name, signal }: RunnerOptions): Promise<RunReply> {
  const done = new AbortController();
  try {
    const [reply] = await Promise.race([
      once(child, 'message', { signal: AbortSignal.any([signal, done.signal]) }) as Promise<[RunReply]>,
      once(child, 'exit', { signal: done.signal }).then((): never => {
        throw new EngineError('VOICE_ERR_ENGINE_FAILED', `${name} ended before it answered`);
      }),
    ]);
    if ('error' in reply) throw new EngineError('VOICE_ERR_ENGINE_FAILED', `${name}: ${reply.error}`);
    return reply;
  } finally {
    done.abort();
  }
}
