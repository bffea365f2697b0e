import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { EngineError } from '@sotto/pipeline';
import type { PeerReply, PeerTask, PeerTiming, Runner } from './peer-task.ts';

const entry = fileURLToPath(new URL('./peer-process.js', import.meta.url));

/** A library in a process of its own, loaded and idle until it is asked. */
export class RunnerProcess implements AsyncDisposable {
  readonly itemCount: number;
  readonly #child: ChildProcess;
  readonly #signal: AbortSignal;

  private constructor(child: ChildProcess, itemCount: number, signal: AbortSignal) {
    this.#child = child;
    this.itemCount = itemCount;
    this.#signal = signal;
  }

  static async start(task: PeerTask, runner: Runner, threads: number, folder: string, signal: AbortSignal): Promise<RunnerProcess> {
    const child = fork(entry, [task, runner, String(threads), folder], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    try {
      const reply = await nextReply(child, runner, signal);
      if (!('ready' in reply)) throw new EngineError('VOICE_ERR_ENGINE_FAILED', `${runner} answered before it was asked`);
      return new RunnerProcess(child, reply.ready.itemCount, signal);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  async run(item: number): Promise<PeerTiming> {
    const reply = nextReply(this.#child, 'the runner', this.#signal);
    this.#child.send({ item });
    const told = await reply;
    if (!('timing' in told)) throw new EngineError('VOICE_ERR_ENGINE_FAILED', 'the runner told no timing');
    return told.timing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

async function nextReply(child: ChildProcess, name: string, signal: AbortSignal): Promise<PeerReply> {
  const done = new AbortController();
  try {
    const [reply] = await Promise.race([
      once(child, 'message', { signal: AbortSignal.any([signal, done.signal]) }) as Promise<[PeerReply]>,
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
