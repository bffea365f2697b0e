import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { ConfigError } from '@sotto/pipeline';
import type { ConsoleIo } from '../console/console-io.ts';
import type { SottoCommand } from '../main.ts';

/** The bench stands beside `packages/` in the repository and is not published with this package, which must not import it. */
const benchEntry = new URL('../../../../bench/dist/index.js', import.meta.url);

type Bench = { registerBench(bench: Command, io: ConsoleIo, args: readonly string[]): void };

export const command: SottoCommand = {
  register(program, io) {
    const bench = program
      .command('bench')
      .description('measure error rates and latency, with intervals and a command to measure them again')
      .argument('[command]')
      .allowUnknownOption()
      .helpOption(false)
      .argument('[args...]')
      .action(async () => runBench(program.args.slice(1), io));
    bench.addHelpText('after', '\nsotto bench --help lists its commands');
  },
};

async function runBench(args: readonly string[], io: ConsoleIo): Promise<void> {
  if (!existsSync(benchEntry)) throw new ConfigError('VOICE_ERR_INVALID_OPTION', 'The bench is part of the repository, not of this package: run it from a clone of Sotto');
  const { registerBench } = (await import(benchEntry.href)) as Bench;
  const { Command: Program } = await import('commander');
  const bench = new Program('sotto bench').description('measure what Sotto does').exitOverride();
  registerBench(bench, io, args);
  await bench.parseAsync([...args], { from: 'user' });
}
