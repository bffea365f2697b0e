import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const sotto = fileURLToPath(new URL('../../server/bin/sotto.js', import.meta.url));

/** A real `sotto serve`, on a free port unless one is given, which serves the page and answers it. */
export class SottoServer implements AsyncDisposable {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(url: string, process: ChildProcess) {
    this.url = url;
    this.#process = process;
  }

  static async start(port = 0): Promise<SottoServer> {
    const child = spawn(process.execPath, [sotto, 'serve', '--port', String(port)], { stdio: ['ignore', 'pipe', 'pipe'] });
    for await (const line of createInterface({ input: child.stdout })) {
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
      if (address === undefined) continue;
      child.stdout.resume();
      child.stderr.resume();
      return new SottoServer(address, child);
    }
    throw new Error('sotto serve ended before it told its address');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }
}
