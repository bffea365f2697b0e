import { describe, expect, it } from 'vitest';
import { isSafeModelPath, parseModelManifest, totalBytes } from './manifest.ts';
import { inMemoryModelFiles } from './model-files.ts';
import { verifiedModelFiles } from './verified-model-files.ts';

const valid = {
  schemaVersion: 1, id: 'tiny', title: 'Tiny', kind: 'stt', driver: 'moonshine', languages: ['en'],
  licence: { name: 'MIT', url: 'https://example.org/licence' },
  parameters: { total: 10, active: 10 },
  source: { type: 'hub', repository: 'someone/tiny', revision: 'abc123' },
  files: [
    { path: 'config.json', bytes: 2, sha256: '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a' },
    { path: 'onnx/model.onnx', bytes: 3 },
  ],
};

describe('parseModelManifest', () => {
  it('returns what it was given, and nothing it does not know', () => {
    expect(parseModelManifest({ ...valid, script: 'rm' }, 'test')).toEqual(valid);
    expect(totalBytes(parseModelManifest(valid, 'test'))).toBe(5);
    expect(totalBytes(parseModelManifest({ ...valid, files: [{ path: 'a.bin' }] }, 'test'))).toBeUndefined();
  });

  it.each([
    ['no object', null], ['another version', { ...valid, schemaVersion: 2 }], ['an id with a slash', { ...valid, id: 'a/b' }], ['an id that climbs', { ...valid, id: '..' }],
    ['an unknown driver', { ...valid, driver: 'pickle' }], ['no files', { ...valid, files: [] }], ['a digest of wrong length', { ...valid, files: [{ path: 'a', sha256: 'abc' }] }],
    ['a negative length', { ...valid, files: [{ path: 'a', bytes: -1 }] }], ['one path twice', { ...valid, files: [{ path: 'a' }, { path: 'A' }] }],
    ['a path that climbs', { ...valid, files: [{ path: '../a' }] }], ['no licence', { ...valid, licence: undefined }], ['a repository that is a URL', { ...valid, source: { type: 'hub', repository: 'https://evil.example/x', revision: 'main' } }],
    ['an unknown precision', { ...valid, dtype: 'fp64' }],
  ])('refuses %s', (_what, manifest) => {
    expect(() => parseModelManifest(manifest, 'test')).toThrowError(expect.objectContaining({ code: 'VOICE_ERR_MODEL_FORMAT' }) as Error);
  });

  it.each(['/etc/passwd', '../x', 'a/../b', 'a//b', 'a\\b', '.hidden', 'C:x', 'a/./b', '', 'x\0y', 'name.', 'a/'])('takes %j for no safe path', (path) => {
    expect(isSafeModelPath(path)).toBe(false);
  });
});

describe('verifiedModelFiles', () => {
  const manifest = parseModelManifest(valid, 'test');
  const graph = Uint8Array.of(8, 1, 8);

  it('hands out a file only when every byte is as recorded', async () => {
    const files = verifiedModelFiles(inMemoryModelFiles({ 'config.json': new TextEncoder().encode('{}'), 'onnx/model.onnx': graph, 'extra.txt': graph }), manifest);
    expect(new TextDecoder().decode(await files.read('config.json'))).toBe('{}');
    await expect(files.read('extra.txt')).rejects.toMatchObject({ code: 'VOICE_ERR_MODEL_NOT_FOUND' });
    expect(await files.has('extra.txt')).toBe(false);
    expect(await files.list('onnx')).toEqual(['model.onnx']);
  });

  it('refuses a wrong digest, a wrong length, and a graph that is none', async () => {
    const files = verifiedModelFiles(inMemoryModelFiles({ 'config.json': new TextEncoder().encode('[]'), 'onnx/model.onnx': Uint8Array.of(1, 2) }), manifest);
    await expect(files.read('config.json')).rejects.toMatchObject({ code: 'VOICE_ERR_MODEL_CHECKSUM' });
    await expect(files.read('onnx/model.onnx')).rejects.toMatchObject({ code: 'VOICE_ERR_MODEL_CHECKSUM' });
    const wrongGraph = verifiedModelFiles(inMemoryModelFiles({ 'onnx/model.onnx': Uint8Array.of(255, 255, 255) }), manifest);
    await expect(wrongGraph.read('onnx/model.onnx')).rejects.toMatchObject({ code: 'VOICE_ERR_MODEL_FORMAT' });
  });
});
