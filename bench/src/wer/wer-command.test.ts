import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { beforeEach, describe, expect, it } from 'vitest';
import { captureIo } from '../../../packages/server/src/testing/captured-io.ts';
import { FaultyFileServer } from '../../../packages/server/src/testing/file-server.ts';
import { compareWer } from '../compare/compare-wer.ts';
import { registerWer } from './wer-command.ts';
import type { WerResult } from './wer-report.ts';

const fixtures = fileURLToPath(new URL('../../../audio-fixtures', import.meta.url));

describe('bench wer', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'sotto-wer-'));
  });

  async function run(...args: string[]) {
    const io = captureIo({ env: { XDG_CACHE_HOME: home, HOME: home } });
    const bench = new Command();
    registerWer(bench, io, ['wer', ...args]);
    await bench.parseAsync(['wer', ...args], { from: 'user' });
    return io;
  }

  it('says what it could measure on when it is told nothing', async () => {
    await expect(run()).rejects.toThrow('give --data, or --download with dev-clean, dev-other, test-clean, test-other');
    await expect(run('--data', fixtures, '--limit', 'few')).rejects.toThrow('--limit is few; expected a whole number from 1');
    await expect(run('--download', 'dev-clean,train-clean-100')).rejects.toThrow('--download is train-clean-100; expected dev-clean or dev-other or test-clean or test-other');
  });

  it('refuses an archive from a mirror that is not the published one', async () => {
    await using server = await FaultyFileServer.start({ '/12/test-clean.tar.gz': new TextEncoder().encode('no archive') });
    const data = join(home, 'LibriSpeech');
    await expect(run('--download', 'test-clean', '--data', data, '--mirror', `${server.origin}/12`)).rejects.toMatchObject({ code: 'VOICE_ERR_DOWNLOAD' });
    expect(await readdir(data)).toEqual([]);
  });

  it('writes figures without a word of what was said, which compare then refuses', async () => {
    const out = join(home, 'result.json');
    await run('--data', fixtures, '--limit', '2', '--figures-only', '--out', out);
    const text = await readFile(out, 'utf8');
    const { body } = JSON.parse(text) as WerResult;
    expect([body.utteranceCount, body.utterances, body.confusions]).toEqual([2, [], []]);
    expect(text).not.toMatch(/visitor|museum/);
    expect(await readFile(join(home, 'result.md'), 'utf8')).toContain('the words are left out');
    expect(() => compareWer(body, body)).toThrow(/--figures-only/);
  });
});
