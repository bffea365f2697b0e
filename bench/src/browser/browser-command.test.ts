import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConsoleIo } from '@sotto/server';
import { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { registerBrowser } from './browser-command.ts';

/** Nothing here gets so far as to say or ask anything. */
const io = { env: {}, signal: new AbortController().signal, isTerminal: false } as ConsoleIo;

function run(...args: readonly string[]): Promise<unknown> {
  const bench = new Command('sotto bench').exitOverride();
  registerBrowser(bench, io, args);
  return bench.parseAsync(['browser', ...args], { from: 'user' });
}

describe('bench browser', () => {
  let data: string;
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sotto-browser-'));
    data = join(folder, 'mine.jsonl');
    await writeFile(data, '{"file":"a.wav","transcript":"hello","split":"kiosk"}\n');
  });

  it.each([
    [['--backend', 'webgl'], /--backend is webgl; expected wasm, webgpu or both/],
    [['--normalizer', 'mine'], /--normalizer is mine; expected/],
    [['--split', 'clean'], /--split is clean; expected kiosk/],
    [['--utterances', '0'], /--utterances is 0; expected a whole number from 1/],
    [['--gpu-utterances', 'few'], /--gpu-utterances is few/],
    [['--turns', '-1'], /--turns is -1; expected a whole number from 0/],
    [['--threads', '1.5'], /--threads is 1.5/],
    [['--data', 'nowhere-at-all'], /There is no .*nowhere-at-all/],
  ])('refuses %j before anything is built', async (args, message) => {
    const error: unknown = await run('--data', data, ...args).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'VOICE_ERR_INVALID_OPTION', message: expect.stringMatching(message) });
  });
});
