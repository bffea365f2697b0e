import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { EngineError } from '@sotto/pipeline';
import type { ModelChoice } from '@sotto/server';

const sotto = fileURLToPath(new URL('../../../packages/server/bin/sotto.js', import.meta.url));

const nullEngines = fileURLToPath(new URL('../../dist/latency/null-engine-process.js', import.meta.url));

/** A server of our own, in a process of its own as a client would meet it. */
export class ServeProcess implements AsyncDisposable {
  /** `ws://…/v1/realtime`. */
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(url: string, process: ChildProcess) {
    this.url = url;
    this.#process = process;
  }

  /** Starts on a free loopback port; `args` are passed on to `sotto serve`. */
  static start(args: readonly string[], signal: AbortSignal): Promise<ServeProcess> {
    return ServeProcess.run([sotto, 'serve', '--port', '0', ...args], signal);
  }

  /** The same server with engines that cost nothing, and always the same reply. */
  static startNullEngines(reply: string, signal: AbortSignal): Promise<ServeProcess> {
    return ServeProcess.run([nullEngines, reply], signal);
  }

  /** Runs a script that tells a server's address on stderr. */
  static async run(command: readonly string[], signal: AbortSignal): Promise<ServeProcess> {
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'pipe'], signal });
    child.on('error', () => undefined);
    for await (const line of createInterface({ input: child.stderr })) {
      const url = /ws:\/\/[^\s)]+/.exec(line)?.[0];
      if (url === undefined) continue;
      child.stderr.resume();
      return new ServeProcess(url, child);
    }
    signal.throwIfAborted();
    throw new EngineError('VOICE_ERR_ENGINE_FAILED', `The server ended before it told its address; run node ${command.join(' ')} by hand to see why`, { stage: 'transport' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }
}

/** The user's choice of models, as `sotto serve` takes it. */
export function modelArgs(choice: ModelChoice): string[] {
  return (['vad', 'stt', 'llm', 'tts', 'modelDir'] as const).flatMap((name) => {
    const value = choice[name];
    return value === undefined ? [] : [name === 'modelDir' ? '--model-dir' : `--${name}`, value];
  });
}
