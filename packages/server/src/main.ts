import { readdirSync, readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { VoiceError } from '@sotto/pipeline';
import { type ConsoleIo, InterruptedError, processIo } from './console/console-io.ts';
import { EXIT_CODE_HELP, EXIT_CODES, exitCodeFor } from './console/exit-code.ts';

/** What each file in `commands/` exports. A new command is a new file; nothing else has to know of it. */
export type SottoCommand = {
  /** Adds the command, its options and its action to the program. */
  register(program: Command, io: ConsoleIo): void;
};

const commandsFolder = new URL('./commands/', import.meta.url);

/** Runs the `sotto` command line and resolves with the exit code; never throws for what a user can do wrong. */
export async function runSotto(args: readonly string[], io?: ConsoleIo): Promise<number> {
  using ownIo = io ? undefined : processIo();
  const console = io ?? ownIo!;
  try {
    const program = await buildProgram(args, console);
    await program.parseAsync([...args], { from: 'user' });
    return EXIT_CODES.ok;
  } catch (error) {
    return report(error, args, console);
  }
}

async function buildProgram(args: readonly string[], io: ConsoleIo): Promise<Command> {
  const program = new Command('sotto')
    .description('Talk with your computer. Everything is heard, thought and spoken on this machine.')
    .version(version())
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text.trimEnd()), writeErr: (text) => io.note(text.trimEnd()) })
    .showHelpAfterError('(sotto --help tells more)')
    .addHelpText('after', `\n${EXIT_CODE_HELP}`);
  const names = commandNames();
  const chosen = names.filter((name) => name === args[0]);
  for (const name of chosen.length > 0 ? chosen : names) {
    const { command } = (await import(new URL(`${name}${extension}`, commandsFolder).href)) as { command: SottoCommand };
    command.register(program, io);
  }
  return program;
}

function version(): string {
  return (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;
}

/** `.ts` when run from the sources, `.js` when built. */
const extension = import.meta.url.slice(-3);

function commandNames(): string[] {
  return readdirSync(commandsFolder)
    .filter((file) => file.endsWith(extension) && !file.endsWith(`.d.ts`) && !file.endsWith(`.test${extension}`))
    .map((file) => file.slice(0, -extension.length));
}

function report(error: unknown, args: readonly string[], io: ConsoleIo): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
  if (error instanceof InterruptedError || io.signal.aborted) return EXIT_CODES.interrupted;
  const typed = VoiceError.isInstance(error) ? error : undefined;
  const message = error instanceof Error ? error.message : String(error);
  if (args.includes('--json')) io.out(JSON.stringify({ error: { code: typed?.code ?? 'INTERNAL', message } }));
  else io.note(typed ? `sotto: ${message} (${typed.code})` : `sotto: ${error instanceof Error ? (error.stack ?? message) : message}`);
  return typed ? exitCodeFor(typed.code) : EXIT_CODES.failure;
}
