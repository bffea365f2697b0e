/** What a command reads from and writes to; replaced in tests. */
export type ConsoleIo = {
  /** Results. Nothing else goes here, so that it can be piped. */
  out(line: string): void;
  /** Progress and complaints. */
  note(line: string): void;
  /** Rewrites the last progress line; only on a terminal. */
  rewriteNote(line: string): void;
  readonly isTerminal: boolean;
  /** Asks one question and resolves with the answer, trimmed; undefined where nobody can answer. */
  ask(question: string): Promise<string | undefined>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
};

/** The real console. The first Ctrl-C asks the command to stop, the second ends the process. */
export function processIo(): ConsoleIo & Disposable {
  const controller = new AbortController();
  const onInterrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new InterruptedError());
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  const isTerminal = process.stderr.isTTY === true;
  let isRewriting = false;
  const endRewriting = () => {
    if (isRewriting) process.stderr.write('\n');
    isRewriting = false;
  };
  return {
    out: (line) => {
      endRewriting();
      process.stdout.write(`${line}\n`);
    },
    note: (line) => {
      endRewriting();
      process.stderr.write(`${line}\n`);
    },
    rewriteNote: (line) => {
      if (!isTerminal) return;
      process.stderr.write(`\r\x1b[2K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
      isRewriting = true;
    },
    isTerminal,
    ask: (question) => askOnTerminal(question, controller.signal),
    env: process.env,
    signal: controller.signal,
    [Symbol.dispose]: () => {
      endRewriting();
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onInterrupt);
    },
  };
}

/** Ctrl-C. Not a failure: the command ends with exit code 130 and no complaint. */
export class InterruptedError extends Error {
  constructor() {
    super('Interrupted');
    this.name = 'InterruptedError';
  }
}

async function askOnTerminal(question: string, signal: AbortSignal): Promise<string | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const { createInterface } = await import('node:readline/promises');
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await reader.question(question, { signal })).trim();
  } finally {
    reader.close();
  }
}
