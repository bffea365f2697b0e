import { ModelError } from '../errors.ts';
import { assertNoExternalData } from './external-data.ts';
import type { ModelFile, ModelManifest } from './manifest.ts';
import type { ModelFiles } from './model-files.ts';

/**
 * Lets a driver read only what the manifest lists, and each file only after its length and digest were
 * checked on the very bytes that the parser will see. ONNX graphs with external data are refused.
 */
export function verifiedModelFiles(files: ModelFiles, manifest: ModelManifest): ModelFiles {
  const listed = new Map(manifest.files.map((file) => [file.path, file]));
  return {
    has: (name) => (listed.has(name) ? files.has(name) : Promise.resolve(false)),
    async read(name) {
      const file = listed.get(name);
      if (!file) throw new ModelError('VOICE_ERR_MODEL_NOT_FOUND', `The model ${manifest.id} lists no file ${name}`, { stage: 'models' });
      const bytes = await files.read(name);
      await assertFileMatches(file, bytes, manifest.id);
      if (name.endsWith('.onnx')) assertNoExternalData(bytes, `${manifest.id}/${name}`);
      return bytes;
    },
    async list(folder) {
      const names = await files.list(folder);
      return names.filter((name) => listed.has(folder === '' ? name : `${folder}/${name}`));
    },
  };
}

/** @throws {ModelError} VOICE_ERR_MODEL_CHECKSUM when length or digest differ from what the manifest records. */
export async function assertFileMatches(file: ModelFile, bytes: Uint8Array, modelId: string): Promise<void> {
  if (file.bytes !== undefined && bytes.length !== file.bytes) throw mismatch(file, modelId, `${bytes.length} bytes`, `${file.bytes}`);
  if (file.sha256 === undefined) return;
  const digest = await sha256Hex(bytes);
  if (digest !== file.sha256) throw mismatch(file, modelId, `SHA-256 ${digest}`, file.sha256);
}

export function mismatch(file: ModelFile, modelId: string, got: string, expected: string): ModelError {
  return new ModelError('VOICE_ERR_MODEL_CHECKSUM', `${modelId}/${file.path} has ${got}, expected ${expected}; remove and pull the model again`, { stage: 'models' });
}

async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
