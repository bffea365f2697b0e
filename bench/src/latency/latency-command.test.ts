import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { beforeEach, describe, expect, it } from 'vitest';
import { captureIo } from '../../../packages/server/src/testing/captured-io.ts';
import { registerLatency } from './latency-command.ts';
import type { LatencyResult } from './latency-report.ts';
import { ServeProcess } from './serve-process.ts';

const fixtures = fileURLToPath(new URL('../../../audio-fixtures', import.meta.url));

describe('bench latency', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'sotto-latency-'));
  });

  async function run(...args: string[]) {
    const all = ['latency', '--data', fixtures, ...args];
    const io = captureIo({ env: { HOME: home, XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home } });
    const bench = new Command();
    registerLatency(bench, io, all);
    await bench.parseAsync(all, { from: 'user' });
    return io;
  }

  it('says that several callers called at a time, and how long it will take', async () => {
    await using server = await ServeProcess.startNullEngines('It is a quarter past ten.', new AbortController().signal);
    const out = join(home, 'result.json');
    const io = await run('--url', server.url, '--turns', '4', '--callers', '2', '--no-turn-taking', '--null-turns', '0', '--out', out);
    const { body, command } = JSON.parse(await readFile(out, 'utf8')) as LatencyResult;
    expect(body).toMatchObject({ callerCount: 2, turnDetection: 'server_vad', turnTaking: [], endpoint: server.url });
    expect(body.latency.turnCount).toBe(4);
    expect(io.outLines.at(-1)).toContain('**2 callers at a time, so each turn was measured under the load of the others**');
    expect(command).toContain('--callers 2');
    expect(io.notes.some((note) => /Asking \d of 5, about \d+ s left/.test(note))).toBe(true);
  });

  it('asks one caller at a time unless told otherwise, and tells the framework\'s own share apart', async () => {
    await using server = await ServeProcess.startNullEngines('Now.', new AbortController().signal);
    const io = await run('--url', server.url, '--turns', '1', '--no-turn-taking', '--null-turns', '3', '--json');
    const { body } = JSON.parse(io.outLines.at(-1)!) as LatencyResult;
    expect(body.callerCount).toBe(1);
    expect(body.framework).toMatchObject({ turnCount: 3, unansweredCount: 0 });
    const share = body.framework!.withoutEndpointingMs.p50.estimate;
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThan(body.framework!.voiceToVoiceMs.p50.estimate);
  });

  it.each([
    [['--turns', '0'], /--turns is 0; expected a whole number from 1/],
    [['--callers', 'many'], /--callers is many/],
    [['--turn-detection', 'psychic'], /--turn-detection is psychic; expected server_vad or semantic_vad/],
  ])('refuses %j', async (args, message) => {
    await expect(run(...args)).rejects.toThrow(message);
  });
});
