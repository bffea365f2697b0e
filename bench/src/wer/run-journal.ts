import { appendFile, mkdir, readFile, rm, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { TranscribedUtterance } from './transcribe-corpus.ts';

/** Transcripts of a run, a line each, so that a run that was stopped goes on where it was. */
export class RunJournal {
  readonly path: string;
  readonly #done: Map<string, TranscribedUtterance>;

  private constructor(path: string, done: Map<string, TranscribedUtterance>) {
    this.path = path;
    this.#done = done;
  }

  /** A line that was cut off in the middle of writing is taken as not written. */
  static async open(path: string): Promise<RunJournal> {
    const text = await readFile(path, 'utf8').catch(() => '');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    // The next line must not go on where the torn one stopped.
    if (whole.length < text.length) await truncate(path, Buffer.byteLength(whole));
    const done = new Map<string, TranscribedUtterance>();
    for (const line of whole.split('\n').slice(0, -1)) {
      const utterance = JSON.parse(line) as TranscribedUtterance;
      done.set(utterance.id, utterance);
    }
    await mkdir(dirname(path), { recursive: true });
    return new RunJournal(path, done);
  }

  find(id: string): TranscribedUtterance | undefined {
    return this.#done.get(id);
  }

  async add(utterance: TranscribedUtterance): Promise<void> {
    this.#done.set(utterance.id, utterance);
    await appendFile(this.path, `${JSON.stringify(utterance)}\n`);
  }

  /** The run is complete: the next one starts anew. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}
