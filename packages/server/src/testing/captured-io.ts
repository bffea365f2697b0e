import type { ConsoleIo } from '../console/console-io.ts';

/** A console whose lines are kept, for tests of commands. */
export type CapturedIo = ConsoleIo & { readonly outLines: string[]; readonly notes: string[] };

export function captureIo(options: { readonly env?: Readonly<Record<string, string | undefined>>; readonly answers?: readonly string[]; readonly isTerminal?: boolean; readonly signal?: AbortSignal } = {}): CapturedIo {
  const outLines: string[] = [];
  const notes: string[] = [];
  const answers = [...(options.answers ?? [])];
  return {
    outLines,
    notes,
    out: (line) => void outLines.push(line),
    note: (line) => void notes.push(line),
    rewriteNote: (line) => void notes.push(line),
    isTerminal: options.isTerminal ?? false,
    ask: (question) => {
      notes.push(question);
      return Promise.resolve(answers.shift());
    },
    env: options.env ?? {},
    signal: options.signal ?? new AbortController().signal,
  };
}
