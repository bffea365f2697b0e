import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FaultyFileServer } from '../testing/file-server.ts';
import { download, type DownloadRequest, redirectTarget } from './download.ts';

const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
const sha256 = createHash('sha256').update(content).digest('hex');
const limits = { retryDelayMs: 1, stallMs: 300 };

let server: FaultyFileServer;
let dir: string;
let path: string;
beforeEach(async () => {
  server = await FaultyFileServer.start({ '/model.bin': content });
  dir = await mkdtemp(join(tmpdir(), 'sotto-download-'));
  path = join(dir, 'sub', 'model.bin');
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

const get = (options: Partial<DownloadRequest> = {}) => download({ url: new URL(`${server.origin}/model.bin`), path, bytes: content.length, sha256, limits, ...options });
const codeOf = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'fulfilled', (error: { code?: string }) => error.code ?? error);
const leftovers = async (): Promise<string[]> => (await readdir(join(dir, 'sub')).catch(() => [])).sort();

describe('download', () => {
  it('gives the file its name once it is complete, and tells how it grew', async () => {
    const progress: number[] = [];
    expect(await get({ onProgress: (done, total) => { expect(total).toBe(content.length); progress.push(done); } })).toMatchObject({ bytes: content.length, sha256 });
    expect(new Uint8Array(await readFile(path))).toEqual(content);
    expect(await leftovers()).toEqual(['model.bin']);
    expect(progress.at(-1)).toBe(content.length);
    expect([...progress].sort((a, b) => a - b)).toEqual(progress);
  });

  it('records the digest of a file that nobody has on record', async () => {
    expect(await get({ bytes: undefined, sha256: undefined })).toMatchObject({ bytes: content.length, sha256 });
  });

  it.each([1, 1000, 299_999])('continues after the server broke off at byte %i, asking only for the rest', async (afterBytes) => {
    server.faults.push({ type: 'break-off', afterBytes });
    await get();
    expect(new Uint8Array(await readFile(path))).toEqual(content);
    expect(server.requests).toHaveLength(2);
    expect(server.requests[1]).toMatchObject({ range: `bytes=${afterBytes}-` });
  });

  it('continues in a later run, through a chain of interruptions', async () => {
    for (let i = 0; i < 4; i++) server.faults.push({ type: 'break-off', afterBytes: 50_000 });
    expect(await codeOf(get({ limits: { ...limits, maxIdleAttempts: 0 } }))).toBe('VOICE_ERR_DOWNLOAD');
    expect(await leftovers()).toEqual(['model.bin.part', 'model.bin.part.json']);
    await get();
    expect(new Uint8Array(await readFile(path))).toEqual(content);
    expect(server.requests.map(({ range }) => range)).toEqual([undefined, 'bytes=50000-', 'bytes=100000-', 'bytes=150000-', 'bytes=200000-']);
  });

  it('begins anew when the file changed meanwhile, and refuses it if it is not the one wanted', async () => {
    const other = content.map((byte) => byte ^ 1);
    server.faults.push({ type: 'break-off', afterBytes: 1000 }, { type: 'replace', bytes: other });
    expect(await codeOf(get())).toBe('VOICE_ERR_MODEL_CHECKSUM');
    expect(await leftovers()).toEqual([]);
    server.files.set('/model.bin', content);
    await get();
    expect(new Uint8Array(await readFile(path))).toEqual(content);
  });

  it('notices a server that goes silent and continues', async () => {
    server.faults.push({ type: 'stall', afterBytes: 1000 });
    await get();
    expect(server.requests[1]).toMatchObject({ range: 'bytes=1000-' });
  });

  it.each([10, content.length - 1, content.length + 1])('refuses a server that lies about the length (%i)', async (declaredBytes) => {
    server.faults.push({ type: 'wrong-length', declaredBytes });
    expect(await codeOf(get())).toBe('VOICE_ERR_MODEL_CHECKSUM');
    expect(existsSync(path)).toBe(false);
  });

  it('takes a lie about the length of an unknown file for a broken connection', async () => {
    server.faults.push({ type: 'wrong-length', declaredBytes: content.length + 500 });
    const pulled = codeOf(get({ bytes: undefined, sha256: undefined, limits: { ...limits, maxIdleAttempts: 1 } }));
    expect(['VOICE_ERR_DOWNLOAD', 'VOICE_ERR_MODEL_CHECKSUM']).toContain(await pulled);
    expect(existsSync(path)).toBe(false);
  });

  it('leaves nothing of wrong bytes', async () => {
    server.faults.push({ type: 'wrong-bytes' });
    expect(await codeOf(get())).toBe('VOICE_ERR_MODEL_CHECKSUM');
    expect(await leftovers()).toEqual([]);
  });

  it('finds a part that was damaged on disk', async () => {
    server.faults.push({ type: 'break-off', afterBytes: 100_000 });
    expect(await codeOf(get({ limits: { ...limits, maxIdleAttempts: 0 } }))).toBe('VOICE_ERR_DOWNLOAD');
    await writeFile(`${path}.part`, new Uint8Array(100_000));
    expect(await codeOf(get())).toBe('VOICE_ERR_MODEL_CHECKSUM');
    await get();
    expect(new Uint8Array(await readFile(path))).toEqual(content);
  });

  it('refuses a server that continues at another place', async () => {
    server.faults.push({ type: 'break-off', afterBytes: 1000 }, { type: 'wrong-range' });
    expect(await codeOf(get())).toBe('VOICE_ERR_DOWNLOAD');
    expect(existsSync(path)).toBe(false);
  });

  it('tries again after 503 and 429, and not after 404', async () => {
    server.faults.push({ type: 'status', status: 503 }, { type: 'status', status: 429 });
    await get();
    expect(server.requests).toHaveLength(3);
    expect(await codeOf(get({ url: new URL(`${server.origin}/absent`), path: join(dir, 'absent') }))).toBe('VOICE_ERR_DOWNLOAD');
    expect(server.requests).toHaveLength(4);
  });

  it('gives up on a server that is not there', async () => {
    const gone = await FaultyFileServer.start({});
    const url = new URL(`${gone.origin}/model.bin`);
    await gone[Symbol.asyncDispose]();
    expect(await codeOf(get({ url }))).toBe('VOICE_ERR_DOWNLOAD');
  });

  it('follows redirects, also to another host, and keeps asking for the rest there', async () => {
    await using other = await FaultyFileServer.start({ '/elsewhere': content });
    server.faults.push({ type: 'redirect', location: `${other.origin}/elsewhere` }, { type: 'redirect', location: `${other.origin}/elsewhere` });
    other.faults.push({ type: 'break-off', afterBytes: 5000 });
    await get();
    expect(other.requests[1]).toMatchObject({ range: 'bytes=5000-' });
  });

  it.each([
    ['in a circle', () => Array.from({ length: 20 }, () => `${server.origin}/model.bin`)],
    ['to a file', () => ['file:///etc/passwd']],
    ['to another scheme', () => ['ftp://127.0.0.1/model.bin']],
    ['with credentials', () => [`${server.origin.replace('http://', 'http://user:secret@')}/model.bin`]],
    ['to nowhere', () => ['http://']],
  ])('refuses redirects %s', async (_where, locations) => {
    for (const location of locations()) server.faults.push({ type: 'redirect', location });
    expect(await codeOf(get())).toBe('VOICE_ERR_DOWNLOAD');
    expect(await leftovers()).toEqual([]);
  });

  it('never leaves an encrypted connection for an open one', () => {
    const from = new URL('https://hub.example/model');
    expect(redirectTarget(from, 'http://cdn.example/model')).toMatch(/https:\/\/ to http:\/\/, which is refused/);
    expect(redirectTarget(from, '//cdn.example/model')).toEqual(new URL('https://cdn.example/model'));
    expect(redirectTarget(new URL('http://localhost/model'), 'https://cdn.example/model')).toEqual(new URL('https://cdn.example/model'));
  });

  it('stops on abort with the reason and leaves a part that is continued', async () => {
    server.faults.push({ type: 'stall', afterBytes: 120_000 });
    const controller = new AbortController();
    const pulled = codeOf(get({ signal: controller.signal, limits: { ...limits, stallMs: 60_000 }, onProgress: (done) => { if (done === 120_000) controller.abort('enough'); } }));
    expect(await pulled).toBe('enough');
    expect(await leftovers()).toEqual(['model.bin.part', 'model.bin.part.json']);
    await get();
    expect(server.requests.at(-1)).toMatchObject({ range: 'bytes=120000-' });
    expect(new Uint8Array(await readFile(path))).toEqual(content);
  });

  it('keeps nothing that a last look refuses', async () => {
    expect(await codeOf(get({ inspect: () => Promise.reject(new Error('ugly')) }))).toMatchObject({ message: 'ugly' });
    expect(await leftovers()).toEqual([]);
  });
});
