import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inMemoryModelFiles, type ModelFile, verifiedModelFiles, VoiceError } from '@sotto/pipeline';
import { bundledModel } from './bundled-models.ts';
import type { LocatedModel } from './model-folder.ts';

const FLIPS_PER_FILE = 40;

/** What a driver would be given of a file with these contents: its refusal, or 'read'. */
async function verdict({ manifest }: LocatedModel, file: ModelFile, bytes: Uint8Array): Promise<string> {
  return verifiedModelFiles(inMemoryModelFiles({ [file.path]: bytes }), manifest)
    .read(file.path)
    .then(() => 'read', (error: unknown) => (VoiceError.isInstance(error) ? error.code : String(error)));
}

it('every weight file, cut at every percent, with any one of many bits flipped, or swapped for another, is refused before a parser sees it', async () => {
  const models = await Promise.all((['vad', 'stt', 'llm', 'tts'] as const).map((kind) => bundledModel(kind)));
  const weights = models.flatMap((model) => model.manifest.files.filter(({ sha256 }) => sha256 !== undefined).map((file) => ({ model, file })));
  expect(weights.length).toBeGreaterThanOrEqual(8);
  let refusedCount = 0;
  let seed = 12_345;
  for (const { model, file } of weights) {
    const bytes = new Uint8Array(await readFile(join(model.directory, file.path)));
    expect(await verdict(model, file, bytes)).toBe('read');
    const corrupted: Uint8Array[] = [];
    for (let percent = 0; percent < 100; percent++) corrupted.push(bytes.subarray(0, Math.floor((bytes.length * percent) / 100)));
    for (const other of weights) if (other.file !== file) corrupted.push(new Uint8Array(await readFile(join(other.model.directory, other.file.path))));
    for (const candidate of corrupted) expect(await verdict(model, file, candidate)).toBe('VOICE_ERR_MODEL_CHECKSUM');
    for (let flip = 0; flip < FLIPS_PER_FILE; flip++) {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff;
      const at = seed % bytes.length;
      bytes[at]! ^= 1 << (seed & 7);
      expect(await verdict(model, file, bytes)).toBe('VOICE_ERR_MODEL_CHECKSUM');
      bytes[at]! ^= 1 << (seed & 7);
    }
    refusedCount += corrupted.length + FLIPS_PER_FILE;
  }
  expect(refusedCount).toBeGreaterThan(1000);
}, 300_000);
