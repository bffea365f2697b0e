import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { assertNoExternalData, ModelError, type ModelFile } from '@sotto/pipeline';
import { assertLoadableGguf } from '../engines/gguf-check.ts';
import { readGgufHeader } from '../engines/gguf-header.ts';
import { MANIFEST_FILE_NAME } from './describe-folder.ts';
import { fileDigest } from './file-digest.ts';
import type { LocatedModel } from './model-folder.ts';

export type VerifyOptions = { readonly signal?: AbortSignal; readonly onFile?: (file: ModelFile) => void };

/**
 * Checks everything about an installed model without giving a byte to a runtime: all files there and regular,
 * nothing else in the folder, no links, lengths, digests, and the form of graphs and GGUF headers.
 * @throws {ModelError} VOICE_ERR_MODEL_NOT_FOUND, VOICE_ERR_MODEL_CHECKSUM, VOICE_ERR_MODEL_FORMAT, VOICE_ERR_MODEL_EXTERNAL_DATA
 */
export async function verifyModel(model: LocatedModel, options: VerifyOptions = {}): Promise<void> {
  await assertNothingElse(model);
  for (const file of model.manifest.files) {
    options.onFile?.(file);
    await verifyFile(model, file, options);
  }
}

/** Checks one file as {@link verifyModel} does. */
export async function verifyFile({ directory, manifest }: LocatedModel, file: ModelFile, { signal }: VerifyOptions = {}): Promise<void> {
  const path = join(directory, file.path);
  const name = `${manifest.id}/${file.path}`;
  const stats = await lstat(path).catch(() => undefined);
  if (!stats) throw new ModelError('VOICE_ERR_MODEL_NOT_FOUND', `${name} is missing; pull or import the model again`, { stage: 'models' });
  if (!stats.isFile()) throw new ModelError('VOICE_ERR_MODEL_FORMAT', `${name} is a link or no regular file, which is refused`, { stage: 'models' });
  if (file.bytes !== undefined && stats.size !== file.bytes) throw new ModelError('VOICE_ERR_MODEL_CHECKSUM', `${name} has ${stats.size} bytes, expected ${file.bytes}; remove and pull the model again`, { stage: 'models' });
  if (file.sha256 !== undefined) {
    const digest = await fileDigest(path, signal ? { signal } : {});
    if (digest !== file.sha256) throw new ModelError('VOICE_ERR_MODEL_CHECKSUM', `${name} has SHA-256 ${digest}, expected ${file.sha256}; remove and pull the model again`, { stage: 'models' });
  }
  if (file.path.endsWith('.onnx')) assertNoExternalData(await readFile(path), name);
  if (file.path.endsWith('.gguf')) assertLoadableGguf(await readGgufHeader(path));
}

/** A model's folder holds its files and its manifest; anything more could be picked up by a runtime unasked. */
async function assertNothingElse({ directory, manifest }: LocatedModel): Promise<void> {
  const listed = new Set([...manifest.files.map((file) => file.path), MANIFEST_FILE_NAME]);
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/');
    if (entry.isDirectory()) continue;
    const stats = await lstat(join(directory, path));
    if (!stats.isFile()) throw new ModelError('VOICE_ERR_MODEL_FORMAT', `${manifest.id}/${path} is a link or no regular file, which is refused`, { stage: 'models' });
    if (stats.nlink > 1) throw new ModelError('VOICE_ERR_MODEL_FORMAT', `${manifest.id}/${path} is hard-linked to another file, which is refused; copy it instead`, { stage: 'models' });
    if (!listed.has(path)) throw new ModelError('VOICE_ERR_MODEL_FORMAT', `${manifest.id} holds the unexpected file ${path}; remove it or import the model again`, { stage: 'models' });
  }
}
