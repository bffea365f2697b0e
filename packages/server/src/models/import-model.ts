import { copyFile, lstat, mkdir, readdir } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { isSafeModelPath, ModelError, type ModelFile, type ModelManifest } from '@sotto/pipeline';
import { catalogueEntry } from './catalogue.ts';
import { describeModelFolder, MANIFEST_FILE_NAME } from './describe-folder.ts';
import { fileDigest } from './file-digest.ts';
import type { LocatedModel } from './model-folder.ts';
import type { ModelStore } from './model-store.ts';
import { verifyFile } from './verify-model.ts';

export type ImportOptions = {
  /** Hold the files to this entry of the catalogue instead of taking them as they are. */
  readonly as?: string;
  readonly signal?: AbortSignal;
  readonly onFile?: (file: ModelFile) => void;
};

/**
 * Copies a model that came on a stick or over an inner network into the store, checked as strictly as a pulled one:
 * no links, no file that the manifest does not list, digests where they are known, the form of graphs and GGUF headers.
 * Where no digest is known, the one found is recorded.
 * @throws {ModelError} VOICE_ERR_MODEL_NOT_FOUND, VOICE_ERR_MODEL_CHECKSUM, VOICE_ERR_MODEL_FORMAT, VOICE_ERR_MODEL_EXTERNAL_DATA
 */
export async function importModel(folder: string, store: ModelStore, options: ImportOptions = {}): Promise<LocatedModel> {
  const { directory, manifest } = await describe(folder, options.as);
  if (!folder.endsWith('.gguf')) await assertOnlyPlainFiles(directory, manifest);
  await store.removePartial(manifest.id);
  const partial = await store.openPartial(manifest.id);
  const files: ModelFile[] = [];
  try {
    for (const file of manifest.files) {
      options.signal?.throwIfAborted();
      options.onFile?.(file);
      files.push(await copyChecked(file, directory, partial, manifest));
    }
    return await store.commit({ ...manifest, files });
  } catch (error) {
    await store.removePartial(manifest.id);
    throw error;
  }
}

async function describe(folder: string, as: string | undefined): Promise<LocatedModel> {
  if (as === undefined) return describeModelFolder(folder);
  return { directory: resolve(folder), manifest: catalogueEntry(as) };
}

async function copyChecked(file: ModelFile, from: string, to: string, manifest: ModelManifest): Promise<ModelFile> {
  const source = join(from, file.path);
  const stats = await lstat(source).catch(() => undefined);
  if (!stats?.isFile()) throw new ModelError('VOICE_ERR_MODEL_NOT_FOUND', `${source} is missing or no regular file; ${manifest.id} needs it`, { stage: 'models' });
  const target = join(to, file.path);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(source, target);
  // The copy is what gets checked and what stays, so that nobody can change it in between.
  await verifyFile({ directory: to, manifest }, file);
  return { path: file.path, bytes: stats.size, sha256: file.sha256 ?? (await fileDigest(target)) };
}

async function assertOnlyPlainFiles(directory: string, manifest: ModelManifest): Promise<void> {
  const listed = new Set([...manifest.files.map(({ path }) => path), MANIFEST_FILE_NAME]);
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const absolute = join(entry.parentPath, entry.name);
    const path = relative(directory, absolute).split(sep).join('/');
    const stats = await lstat(absolute);
    if (!stats.isFile()) throw refused(path, 'a link or no regular file');
    if (stats.nlink > 1) throw refused(path, 'hard-linked to another file');
    if (!isSafeModelPath(path) || !listed.has(path)) throw refused(path, 'no file of this model');
  }
}

function refused(path: string, what: string): ModelError {
  return new ModelError('VOICE_ERR_MODEL_FORMAT', `${path} is ${what}, which is refused; import a folder that holds the model's own files and nothing else`, { stage: 'models' });
}
