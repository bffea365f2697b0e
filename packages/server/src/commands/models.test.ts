import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXIT_CODES } from '../console/exit-code.ts';
import { runSotto } from '../main.ts';
import { catalogueEntry, RECOMMENDED } from '../models/catalogue.ts';
import { captureIo, type CapturedIo } from '../testing/captured-io.ts';
import { FaultyFileServer } from '../testing/file-server.ts';

const sotto = fileURLToPath(new URL('../../bin/sotto.js', import.meta.url));

let dir: string;
let hub: FaultyFileServer;
let env: Record<string, string>;
let io: CapturedIo;

/** A hub whose Silero is a well-formed graph of a few bytes; no digest of that repository is on record. */
const graph = Uint8Array.of(8, 9, 18, 3, 97, 98, 99);
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sotto-models-'));
  hub = await FaultyFileServer.start({ '/onnx-community/silero-vad/resolve/main/onnx/model.onnx': graph });
  env = { HOME: dir, SOTTO_MODELS: join(dir, 'models'), SOTTO_MODEL_HUB: hub.origin };
  io = captureIo({ env });
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});
const run = (...args: string[]): Promise<number> => runSotto(['models', ...args], io);

describe('sotto models', () => {
  it('pulls after showing size and licence, says what it took on trust, verifies, lists and removes', async () => {
    expect(await run('pull', 'silero')).toBe(EXIT_CODES.ok);
    const notes = io.notes.join('\n');
    expect(notes.indexOf('licence MIT')).toBeGreaterThanOrEqual(0);
    expect(notes.indexOf('licence MIT')).toBeLessThan(notes.indexOf('recorded SHA-256'));
    expect(await run('verify')).toBe(EXIT_CODES.ok);
    expect(io.outLines.at(-1)).toBe('silero: 1 files are as recorded');
    expect(await run('list')).toBe(EXIT_CODES.ok);
    expect(io.outLines.find((line) => /^silero +vad/.test(line))).toContain('in use');
    expect(await run('remove', 'silero')).toBe(EXIT_CODES.ok);
    expect(await readdir(join(dir, 'models'))).toEqual([]);
    expect(JSON.parse(await readFile(join(dir, '.config/sotto/config.json'), 'utf8'))).toEqual({});
  });

  it('asks before it pulls on a terminal and takes no for an answer', async () => {
    io = captureIo({ env, isTerminal: true, answers: ['n'] });
    expect(await run('pull', 'silero')).toBe(EXIT_CODES.ok);
    expect(hub.requests).toEqual([]);
  });

  it('ends with 5 when the hub fails and with 4 when the model is wrong', async () => {
    hub.files.clear();
    expect(await run('pull', 'silero')).toBe(EXIT_CODES.download);
    hub.files.set('/onnx-community/silero-vad/resolve/main/onnx/model.onnx', Uint8Array.of(58, 4, 42, 2, 112, 1));
    expect(await run('pull', 'silero', '--json')).toBe(EXIT_CODES.model);
    expect(JSON.parse(io.outLines.at(-1)!)).toMatchObject({ error: { code: 'VOICE_ERR_MODEL_EXTERNAL_DATA' } });
    expect(await run('pull', 'no-such-model')).toBe(EXIT_CODES.model);
    expect(await run('remove', '../elsewhere')).toBe(EXIT_CODES.usage);
    expect(await readdir(join(dir, 'models', 'silero.partial')).catch(() => [])).not.toContain('manifest.json');
    expect(existsSync(join(dir, 'models', 'silero'))).toBe(false);
  });

  it('tells licences and lists as JSON for programs', async () => {
    expect(await run('licences')).toBe(EXIT_CODES.ok);
    expect(io.outLines.join('\n')).toMatch(/gemma-3-1b .*Gemma Terms of Use.*\n\s+Use restrictions/);
    expect(io.outLines.join('\n')).toContain('GPL-3.0-or-later');
    expect(await run('list', '--json')).toBe(EXIT_CODES.ok);
    const listed = JSON.parse(io.outLines.at(-1)!) as { id: string; state: string }[];
    expect(listed.find(({ id }) => id === 'starter-stt')).toMatchObject({ state: 'in use' });
    expect(listed.find(({ id }) => id === RECOMMENDED.llm)).toMatchObject({ state: 'available', parameters: catalogueEntry(RECOMMENDED.llm).parameters });
  });

  it('leaves a part that the next pull continues when it is interrupted by Ctrl-C', async () => {
    const large = new Uint8Array(2_000_000).fill(7);
    large.set(graph);
    // A length-delimited field as long as the rest keeps the bytes a well-formed graph.
    large.set([8, 9, 18, 0xfa, 0x88, 0x7a], 0);
    hub.files.set('/onnx-community/silero-vad/resolve/main/onnx/model.onnx', large);
    hub.faults.push({ type: 'stall', afterBytes: 500_000 });
    const part = join(dir, 'models', 'silero.partial', 'onnx', 'model.onnx.part');
    const child = spawn(process.execPath, [sotto, 'models', 'pull', 'silero'], { env: { ...env, PATH: process.env['PATH'] } });
    await expect.poll(async () => (existsSync(part) ? (await readFile(part)).length : 0), { timeout: 60_000 }).toBe(500_000);
    child.kill('SIGINT');
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(EXIT_CODES.interrupted);
    expect((await readFile(part)).length).toBe(500_000);
    hub.requests.length = 0;
    expect(await run('pull', 'silero')).toBe(EXIT_CODES.ok);
    expect(hub.requests.map(({ range }) => range)).toEqual(['bytes=500000-']);
  });
});
