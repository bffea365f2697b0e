import { execFile, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAudioFile } from '../audio-files/read-audio-file.ts';
import { writeRandomGguf } from '../testing/random-gguf.ts';

const sotto = fileURLToPath(new URL('../../bin/sotto.js', import.meta.url));
const question = fileURLToPath(new URL('../../../../audio-fixtures/question-001-clean.wav', import.meta.url));
/** A namespace of its own: no interface but a loopback that is down. */
const NO_NETWORK = ['unshare', '-rn'];
const hasNamespaces = spawnSync('unshare', ['-rn', 'true']).status === 0;

type Ended = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

function run(command: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(command[0]!, command.slice(1), { env: { PATH: process.env['PATH'], HOME: dir } }, (error, stdout, stderr) => resolve({ exitCode: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr }));
  });
}

let dir: string;
beforeAll(async () => { dir = await mkdtemp(join(tmpdir(), 'sotto-no-network-')); });
afterAll(() => rm(dir, { recursive: true }));

describe.skipIf(!hasNamespaces)('without any network (skipped where unshare -rn is not allowed)', () => {
  const out = () => join(dir, 'reply.wav');
  const turn = () => [sotto, 'talk', question, '--llm', join(dir, 'scripted.gguf'), '--out', out(), '--json'];

  it('a whole spoken turn runs, and a planted call is caught', { timeout: 400_000 }, async () => {
    writeRandomGguf(join(dir, 'scripted.gguf'), { script: ['It opens', ' at nine', '.'] });
    const whole = await run([...NO_NETWORK, process.execPath, ...turn()]);
    expect(whole.stderr).toBe('');
    expect(whole.exitCode).toBe(0);
    expect((JSON.parse(whole.stdout) as { turns: unknown[] }).turns).toHaveLength(1);
    expect((await readAudioFile(out())).durationMs).toBeGreaterThan(300);

    const server = createServer((_request, response) => response.end('reached'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const planted = join(dir, 'planted.mjs');
    await writeFile(planted, `await fetch('http://127.0.0.1:${(server.address() as AddressInfo).port}/');`);
    const withCall = [process.execPath, '--import', planted, ...turn()];
    expect((await run(withCall)).exitCode, 'with a network the planted call goes through').toBe(0);
    expect((await run([...NO_NETWORK, ...withCall])).exitCode, 'without one it fails the run').not.toBe(0);
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
});
