import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { encodePcm16 } from '@sotto/pipeline';
import type { SoundProgram } from './sound-programs.ts';

type Player = ChildProcessByStdio<Writable, null, null>;

/**
 * The loudspeaker through a player program. Silence is made by ending the program, because
 * what it has buffered could not be taken back otherwise; the next sound starts another.
 */
export class Loudspeaker implements AsyncDisposable {
  readonly #program: SoundProgram;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #onLost: (why: string) => void;
  #player: Player | undefined;
  #isDisposed = false;

  constructor(program: SoundProgram, env: Readonly<Record<string, string | undefined>>, onLost: (why: string) => void) {
    this.#program = program;
    this.#env = env;
    this.#onLost = onLost;
  }

  /** Plays after what was given before. */
  play(samples: Float32Array): void {
    if (this.#isDisposed) return;
    this.#player ??= this.#start();
    this.#player.stdin.write(encodePcm16(samples));
  }

  /** Falls silent at once and forgets what was not yet heard. */
  silence(): void {
    const player = this.#player;
    this.#player = undefined;
    player?.kill('SIGKILL');
  }

  /** Lets the rest be heard, then ends the program. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    const player = this.#player;
    this.#player = undefined;
    if (!player || player.exitCode !== null) return;
    const exited = new Promise<void>((resolve) => player.once('close', () => resolve()));
    player.stdin.end();
    const timer = setTimeout(() => player.kill('SIGKILL'), 2000);
    await exited;
    clearTimeout(timer);
  }

  #start(): Player {
    const player = spawn(this.#program.command, this.#program.args, { stdio: ['pipe', 'ignore', 'ignore'], env: this.#env });
    const lost = (why: string) => {
      if (this.#player !== player) return;
      this.#player = undefined;
      this.#onLost(why);
    };
    player.on('error', (error) => lost(error.message));
    player.on('close', (exitCode) => lost(`${this.#program.command} ended with code ${exitCode}`));
    // A player that is being ended may refuse what is still written to it.
    player.stdin.on('error', () => undefined);
    return player;
  }
}
