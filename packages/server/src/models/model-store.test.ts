import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, link, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelFile, ModelManifest } from '@sotto/pipeline';
import { FaultyFileServer } from '../testing/file-server.ts';
import { writeRandomGguf } from '../testing/random-gguf.ts';
import { importModel } from './import-model.ts';
import { openModel } from './model-folder.ts';
import { ModelStore } from './model-store.ts';
import { pullModel } from './pull-model.ts';
import { verifyModel } from './verify-model.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const recorded = (path: string, content: Uint8Array): ModelFile => ({ path, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') });
const codeOf = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'fulfilled', (error: { code?: string }) => error.code ?? error);

/** ModelProto with one field (ir_version), which is all that the check of its form wants to see. */
const graph = Uint8Array.of(8, 9, 18, 3, 97, 98, 99);
/** ModelProto { graph { initializer { data_location: EXTERNAL } } }. */
const externalGraph = Uint8Array.of(58, 4, 42, 2, 112, 1);
const config = bytes('{"model_type":"moonshine"}');

function manifestOf(files: readonly ModelFile[], overrides: Partial<ModelManifest> = {}): ModelManifest {
  return {
    schemaVersion: 1, id: 'tiny', title: 'Tiny', kind: 'stt', driver: 'moonshine', languages: ['en'],
    licence: { name: 'MIT', url: 'https://example.org' }, parameters: { total: 1, active: 1 },
    source: { type: 'hub', repository: 'someone/tiny', revision: 'main' }, files, ...overrides,
  };
}

let server: FaultyFileServer;
let root: string;
let store: ModelStore;
beforeEach(async () => {
  server = await FaultyFileServer.start({ '/someone/tiny/resolve/main/config.json': config, '/someone/tiny/resolve/main/onnx/model.onnx': graph });
  root = await mkdtemp(join(tmpdir(), 'sotto-store-'));
  store = new ModelStore(join(root, 'models'));
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(root, { recursive: true });
});

const options = () => ({ hub: server.origin, limits: { retryDelayMs: 1, stallMs: 300, maxIdleAttempts: 1 } });
const known = manifestOf([recorded('config.json', config), recorded('onnx/model.onnx', graph)]);

describe('pulling a model', () => {
  it('puts it into the store with every digest on record, ready to be verified and read', async () => {
    const pulled = await pullModel(manifestOf([{ path: 'config.json' }, recorded('onnx/model.onnx', graph)]), store, options());
    expect(pulled.recorded).toEqual([recorded('config.json', config)]);
    const [listed] = await store.list();
    expect(listed!.manifest.files).toEqual([recorded('config.json', config), recorded('onnx/model.onnx', graph)]);
    await verifyModel(listed!);
    expect(await openModel(listed!).read('config.json')).toEqual(config);
    expect((await readdir(store.folderOf('tiny'))).sort()).toEqual(['config.json', 'manifest.json', 'onnx']);
  });

  it('shows nothing in the store until all of it is there, and does not load again what was complete', async () => {
    server.files.delete('/someone/tiny/resolve/main/onnx/model.onnx');
    expect(await codeOf(pullModel(known, store, options()))).toBe('VOICE_ERR_DOWNLOAD');
    expect(await store.list()).toEqual([]);
    expect(await codeOf(store.locate('tiny'))).toBe('VOICE_ERR_MODEL_NOT_FOUND');
    server.files.set('/someone/tiny/resolve/main/onnx/model.onnx', graph);
    server.requests.length = 0;
    await pullModel(known, store, options());
    expect(server.requests.map(({ path }) => path)).toEqual(['/someone/tiny/resolve/main/onnx/model.onnx']);
    expect(await store.list()).toHaveLength(1);
  });

  it.each([
    ['a graph with external data', { 'onnx/model.onnx': externalGraph }, 'VOICE_ERR_MODEL_EXTERNAL_DATA'],
    ['a graph that is none', { 'onnx/model.onnx': bytes('<html>not found</html>') }, 'VOICE_ERR_MODEL_FORMAT'],
    ['other bytes', { 'config.json': bytes('{"model_type":"moonshinE"}') }, 'VOICE_ERR_MODEL_CHECKSUM'],
  ])('keeps no model with %s', async (_what, files, code) => {
    for (const [path, content] of Object.entries(files)) server.files.set(`/someone/tiny/resolve/main/${path}`, content);
    const unrecorded = manifestOf([recorded('config.json', config), { path: 'onnx/model.onnx' }]);
    expect(await codeOf(pullModel(unrecorded, store, options()))).toBe(code);
    expect(await store.list()).toEqual([]);
  });

  it('refuses a GGUF file without the keys that llama.cpp dies of', async () => {
    const path = join(root, 'bad.gguf');
    writeRandomGguf(path, { omitKeys: ['llama.attention.head_count'] });
    server.files.set('/someone/tiny/resolve/main/bad.gguf', new Uint8Array(await readFile(path)));
    expect(await codeOf(pullModel(manifestOf([{ path: 'bad.gguf' }], { kind: 'llm', driver: 'llama' }), store, options()))).toBe('VOICE_ERR_MODEL_FORMAT');
    expect(await store.list()).toEqual([]);
  });

  it('refuses to run twice at the same time', async () => {
    server.faults.push({ type: 'stall', afterBytes: 1 });
    const first = codeOf(pullModel(known, store, { ...options(), limits: { ...options().limits, stallMs: 500, maxIdleAttempts: 3 } }));
    await expect.poll(() => existsSync(join(store.partialFolderOf('tiny'), '.pulling'))).toBe(true);
    await writeFile(join(store.partialFolderOf('tiny'), '.pulling'), String(process.ppid));
    expect(await codeOf(pullModel(known, store, options()))).toBe('VOICE_ERR_DOWNLOAD');
    expect(await first).toBe('fulfilled');
  });

  it('replaces an installed model as a whole', async () => {
    await pullModel(known, store, options());
    const newer = bytes('{"model_type":"moonshine","v":2}');
    server.files.set('/someone/tiny/resolve/main/config.json', newer);
    await pullModel(manifestOf([recorded('config.json', newer)]), store, options());
    expect((await readdir(store.folderOf('tiny'))).sort()).toEqual(['config.json', 'manifest.json']);
    expect(await store.remove('tiny')).toBe(true);
    expect(await store.remove('tiny')).toBe(false);
    expect(await readdir(store.root)).toEqual([]);
  });
});

describe('an installed model', () => {
  const installed = async () => pullModel(known, store, options());

  it.each([
    ['changed', (folder: string) => writeFile(join(folder, 'config.json'), config.map((byte) => byte ^ 1)), 'VOICE_ERR_MODEL_CHECKSUM'],
    ['cut off', (folder: string) => truncate(join(folder, 'onnx/model.onnx'), 3), 'VOICE_ERR_MODEL_CHECKSUM'],
    ['grown', (folder: string) => appendFile(join(folder, 'config.json'), ' '), 'VOICE_ERR_MODEL_CHECKSUM'],
    ['missing', (folder: string) => rm(join(folder, 'config.json')), 'VOICE_ERR_MODEL_NOT_FOUND'],
    ['replaced by a link', async (folder: string) => { await rm(join(folder, 'config.json')); await symlink('/etc/hostname', join(folder, 'config.json')); }, 'VOICE_ERR_MODEL_FORMAT'],
    ['hard-linked elsewhere', (folder: string) => link(join(folder, 'config.json'), join(folder, '..', 'elsewhere')), 'VOICE_ERR_MODEL_FORMAT'],
    ['joined by a stranger', (folder: string) => writeFile(join(folder, 'onnx', 'model.onnx_data'), 'x'), 'VOICE_ERR_MODEL_FORMAT'],
  ])('is refused when a file was %s', async (_what, harm, code) => {
    const model = await installed();
    await verifyModel(model);
    await harm(model.directory);
    expect(await codeOf(verifyModel(model))).toBe(code);
    const read = await codeOf(Promise.all(model.manifest.files.map(({ path }) => openModel(model).read(path))));
    if (code !== 'VOICE_ERR_MODEL_FORMAT') expect(read).toBe(code);
  });

  it('is refused before any parser when any one bit is flipped', async () => {
    const model = await installed();
    for (let bit = 0; bit < config.length * 8; bit += 5) {
      const flipped = config.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      await writeFile(join(model.directory, 'config.json'), flipped);
      expect(await codeOf(openModel(model).read('config.json')), `bit ${bit}`).toBe('VOICE_ERR_MODEL_CHECKSUM');
    }
  });

  it('with a damaged manifest is refused', async () => {
    const model = await installed();
    await writeFile(join(model.directory, 'manifest.json'), '{"schemaVersion":1');
    expect(await codeOf(store.locate('tiny'))).toBe('VOICE_ERR_MODEL_FORMAT');
  });
});

describe('importing a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = join(root, 'stick', 'my-model');
    await mkdir(join(folder, 'onnx'), { recursive: true });
    await writeFile(join(folder, 'config.json'), config);
    await writeFile(join(folder, 'onnx', 'encoder_model.onnx'), graph);
  });

  it('tells what it is, records its digests and copies it', async () => {
    const model = await importModel(folder, store);
    expect(model.manifest).toMatchObject({ id: 'my-model', kind: 'stt', driver: 'moonshine', files: [recorded('config.json', config), recorded('onnx/encoder_model.onnx', graph)] });
    await verifyModel(await store.locate('my-model'));
  });

  it('takes an installed model of another machine, manifest and all', async () => {
    const pulled = await pullModel(known, new ModelStore(join(root, 'other')), options());
    expect((await importModel(pulled.directory, store)).manifest).toEqual(pulled.manifest);
  });

  it.each([
    ['a link', () => symlink('/etc/hostname', join(folder, 'tokenizer.json')), 'VOICE_ERR_MODEL_FORMAT'],
    ['a hard link', () => link(join(folder, 'config.json'), join(folder, 'copy.json')), 'VOICE_ERR_MODEL_FORMAT'],
    ['a hidden file', () => writeFile(join(folder, '.profile'), 'x'), 'VOICE_ERR_MODEL_FORMAT'],
    ['external data', () => writeFile(join(folder, 'onnx', 'encoder_model.onnx'), externalGraph), 'VOICE_ERR_MODEL_EXTERNAL_DATA'],
    ['a config of an unknown model', () => writeFile(join(folder, 'config.json'), '{"model_type":"bert"}'), 'VOICE_ERR_MODEL_NOT_FOUND'],
  ])('refuses %s and leaves nothing behind', async (_what, harm, code) => {
    await harm();
    expect(await codeOf(importModel(folder, store))).toBe(code);
    expect(await readdir(store.root).catch(() => [])).toEqual([]);
  });

  it('holds a folder to the catalogue when told to', async () => {
    expect(await codeOf(importModel(folder, store, { as: 'moonshine-tiny' }))).toMatch(/^VOICE_ERR_MODEL_/);
    expect(await codeOf(importModel(folder, store, { as: 'no-such-model' }))).toBe('VOICE_ERR_MODEL_NOT_FOUND');
  });
});
