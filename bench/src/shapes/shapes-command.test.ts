import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { registerPeers } from '../peers/peers-command.ts';
import { registerShapes, shapesFolder } from './shapes-command.ts';

const io = { out: () => {}, note: () => {}, rewriteNote: () => {}, isTerminal: false, ask: () => Promise.resolve(undefined), env: { XDG_CACHE_HOME: '/caches' }, signal: new AbortController().signal };

function bench(): Command {
  const command = new Command('bench').exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
  registerShapes(command, io, []);
  registerPeers(command, io, []);
  return command;
}
const run = (...args: string[]) => bench().parseAsync(args, { from: 'user' });

describe.each([
  ['shapes', ['--models', '--rounds', '--seconds', '--threads', '--model-dir', '--no-keep', '--out', '--json']],
  ['peers', ['--task', '--rounds', '--threads', '--model-dir', '--out', '--json']],
])('bench %s', (name, options) => {
  it('--help tells every option', async () => {
    await expect(run(name, '--help')).rejects.toMatchObject({ code: 'commander.helpDisplayed' });
    const help = bench().commands.find((command) => command.name() === name)!.helpInformation();
    for (const option of options) expect(help).toContain(option);
  });
});

it.each([
  [['shapes', '--models', 'moonshine-huge'], 'moonshine-huge'],
  [['shapes', '--seconds', '4,ten'], 'ten'],
  [['shapes', '--rounds', '0'], '--rounds is 0'],
  [['peers', '--task', 'sing'], 'sing'],
])('%j is refused before anything is written', async (args, named) => {
  await expect(run(...args)).rejects.toMatchObject({ code: 'VOICE_ERR_INVALID_OPTION', message: expect.stringContaining(named) as string });
});

it('models are written to the cache unless told otherwise', () => {
  expect(shapesFolder(undefined, io)).toBe('/caches/sotto/shapes');
  expect(shapesFolder('/elsewhere', io)).toBe('/elsewhere');
});
