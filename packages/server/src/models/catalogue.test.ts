import { describe, expect, it } from 'vitest';
import { parseModelManifest } from '@sotto/pipeline';
import { bundledModel } from './bundled-models.ts';
import { CATALOGUE, catalogueEntry, RECOMMENDED } from './catalogue.ts';
import { openModel } from './model-folder.ts';

describe('the catalogue', () => {
  it('holds valid manifests with ids of their own', () => {
    for (const manifest of CATALOGUE) expect(parseModelManifest(manifest, manifest.id)).toEqual(manifest);
    expect(new Set(CATALOGUE.map(({ id }) => id)).size).toBe(CATALOGUE.length);
  });

  it.each([
    'moonshine-tiny', 'moonshine-base', 'whisper-tiny.en', 'whisper-base', 'whisper-small', 'whisper-large-v3-turbo', 'silero', 'kokoro-82m', 'qwen3-0.6b', 'qwen3-1.7b', 'qwen3-4b',
    'qwen3.5-0.8b', 'qwen3.5-2b', 'qwen3.5-4b', 'llama-3.2-1b', 'llama-3.2-3b', 'smollm2-360m', 'gemma-3-1b',
  ])('knows %s, its licence and its parameters', (id) => {
    const { licence, parameters, source } = catalogueEntry(id);
    expect(licence.url).toMatch(/^https:/);
    expect(parameters.active).toBeGreaterThan(0);
    expect(parameters.total).toBeGreaterThanOrEqual(parameters.active);
    expect(source.type).toBe('hub');
  });

  it('recommends models whose weights are all on record', () => {
    for (const [kind, id] of Object.entries(RECOMMENDED)) {
      const manifest = catalogueEntry(id);
      expect(manifest.kind).toBe(kind);
      for (const file of manifest.files.filter(({ path }) => /\.(onnx|gguf|bin)$/.test(path))) expect(file.sha256, file.path).toBeDefined();
    }
  });
});

describe('the bundled models', () => {
  it.each(['vad', 'stt', 'llm', 'tts'] as const)('have a %s whose files are what their manifest says', async (kind) => {
    const model = await bundledModel(kind);
    expect(parseModelManifest(model.manifest, kind)).toEqual(model.manifest);
    const weights = model.manifest.files.filter(({ path }) => /\.(onnx|gguf|bin)$/.test(path));
    expect(weights.length).toBeGreaterThan(0);
    for (const file of weights) {
      expect(file.sha256, `${file.path} has its digest on record`).toBeDefined();
      expect((await openModel(model).read(file.path)).length).toBe(file.bytes);
    }
  });
});
