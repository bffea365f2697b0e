import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readAudioFile } from '@sotto/server';
import { create } from 'tar';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FaultyFileServer } from '../../../packages/server/src/testing/file-server.ts';
import { downloadLibriSpeech, type LibriSpeechArchive, librispeechArchive } from './download-librispeech.ts';
import { openCorpus } from './open-corpus.ts';

const fixtures = fileURLToPath(new URL('../../../audio-fixtures/', import.meta.url));
const PATH = '/resources/12/tiny.tar.gz';
const limits = { retryDelayMs: 1, stallMs: 2000, maxIdleAttempts: 2 };

/** A corpus in LibriSpeech's layout with two of the project's own recordings, packed as OpenSLR packs. */
async function packTinyCorpus(): Promise<Buffer> {
  const root = await mkdtemp(join(tmpdir(), 'sotto-tiny-'));
  const chapter = join(root, 'LibriSpeech/tiny/7/1');
  await mkdir(chapter, { recursive: true });
  await mkdir(join(root, 'LibriSpeech/other/8/1'), { recursive: true });
  await copyFile(join(fixtures, 'question-003-clean.flac'), join(chapter, '7-1-0000.flac'));
  await copyFile(join(fixtures, 'question-004-clean.flac'), join(chapter, '7-1-0001.flac'));
  await writeFile(join(chapter, '7-1.trans.txt'), '7-1-0000 SO WHAT TIME\n7-1-0001 WHAT TIME\n');
  await writeFile(join(root, 'LibriSpeech/README.TXT'), 'about the corpus');
  await writeFile(join(root, 'LibriSpeech/other/8/1/8-1.trans.txt'), '8-1-0000 NOT ASKED FOR\n');
  await create({ cwd: root, gzip: true, file: join(root, 'tiny.tar.gz') }, ['LibriSpeech']);
  return readFile(join(root, 'tiny.tar.gz'));
}

describe('downloadLibriSpeech', () => {
  let bytes: Buffer;
  let folder: string;
  beforeAll(async () => {
    bytes = await packTinyCorpus();
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sotto-librispeech-'));
  });

  const archiveAt = (origin: string): LibriSpeechArchive => ({ split: 'tiny', url: new URL(PATH, origin), md5: createHash('md5').update(bytes).digest('hex') });
  const run = (server: FaultyFileServer, more: { signal?: AbortSignal; onProgress?: (step: string, doneBytes: number) => void } = {}) =>
    downloadLibriSpeech(archiveAt(server.origin), folder, { limits, signal: new AbortController().signal, ...more });

  it('leaves the split, readable as a corpus, and nothing else', async () => {
    await using server = await FaultyFileServer.start({ [PATH]: bytes });
    const steps = new Set<string>();
    await run(server, { onProgress: (step) => steps.add(step) });
    expect(await readdir(folder)).toEqual(['tiny']);
    expect([...steps]).toEqual(['Downloading', 'Unpacking']);
    const { format, utterances } = await openCorpus(folder);
    expect(format).toBe('librispeech');
    expect(utterances.map(({ id, transcript, speaker, split }) => [id, transcript, speaker, split])).toEqual([['7-1-0000', 'SO WHAT TIME', '7', 'tiny'], ['7-1-0001', 'WHAT TIME', '7', 'tiny']]);
    for (const { audioPath } of utterances) expect((await readAudioFile(audioPath)).samples.length).toBeGreaterThan(8000);
  });

  it('asks for nothing that is there already', async () => {
    await using server = await FaultyFileServer.start({ [PATH]: bytes });
    await run(server);
    await run(server);
    expect(server.requests).toHaveLength(1);
  });

  it('follows a redirect and continues where the connection broke off', async () => {
    await using server = await FaultyFileServer.start({ '/mirror/tiny.tar.gz': bytes });
    server.faults.push({ type: 'redirect', location: '/mirror/tiny.tar.gz' }, { type: 'break-off', afterBytes: 20_000 }, { type: 'redirect', location: '/mirror/tiny.tar.gz' });
    await run(server);
    expect(server.requests.map(({ path }) => path)).toEqual([PATH, '/mirror/tiny.tar.gz', PATH, '/mirror/tiny.tar.gz']);
    expect(server.requests.at(-1)?.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(await readdir(folder)).toEqual(['tiny']);
  });

  it('unpacks nothing of what has another MD5, and keeps nothing of it', async () => {
    await using server = await FaultyFileServer.start({ [PATH]: bytes });
    server.faults.push({ type: 'wrong-bytes' });
    await expect(run(server)).rejects.toMatchObject({ code: 'VOICE_ERR_DOWNLOAD', message: expect.stringMatching(/has MD5 [0-9a-f]{32}, expected [0-9a-f]{32}/) as string });
    expect(await readdir(folder)).toEqual([]);
    await run(server);
    expect(await readdir(folder)).toEqual(['tiny']);
  });

  it('does not trust an archive that lies there either', async () => {
    await using server = await FaultyFileServer.start({ [PATH]: bytes });
    await writeFile(join(folder, 'tiny.tar.gz'), bytes.subarray(0, 1000));
    await run(server);
    expect(await readdir(folder)).toEqual(['tiny']);
  });

  it('keeps the part when it is interrupted, and continues it', async () => {
    await using server = await FaultyFileServer.start({ [PATH]: bytes });
    server.faults.push({ type: 'stall', afterBytes: 20_000 });
    const controller = new AbortController();
    const interrupted = run(server, { signal: controller.signal, onProgress: () => controller.abort(new Error('enough')) });
    await expect(interrupted).rejects.toThrow('enough');
    expect((await readdir(folder)).sort()).toEqual(['tiny.tar.gz.part', 'tiny.tar.gz.part.json']);
    const { size } = await stat(join(folder, 'tiny.tar.gz.part'));
    await run(server);
    expect(server.requests.at(-1)?.range).toBe(`bytes=${size}-`);
    expect(await readdir(folder)).toEqual(['tiny']);
  });

  it('has no folder under the split\'s name when unpacking is interrupted, and goes on without another download', async () => {
    await using server = await FaultyFileServer.start({ [PATH]: bytes });
    const controller = new AbortController();
    const onProgress = (step: string) => {
      if (step === 'Unpacking') controller.abort(new Error('enough'));
    };
    await expect(run(server, { signal: controller.signal, onProgress })).rejects.toThrow('enough');
    expect(await readdir(folder)).toEqual(['tiny.tar.gz']);
    await run(server);
    expect(server.requests).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['tiny']);
  });
});

describe('librispeechArchive', () => {
  it('names the published archive, at OpenSLR or at a mirror', () => {
    expect(librispeechArchive('test-clean').url.href).toBe('https://www.openslr.org/resources/12/test-clean.tar.gz');
    expect(librispeechArchive('dev-other', 'http://localhost:1/x/')).toMatchObject({ url: new URL('http://localhost:1/x/dev-other.tar.gz'), md5: 'c8d0bcc9cca99d4f8b62fcc847357931' });
  });
});
