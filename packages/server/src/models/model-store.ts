import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { ModelError, type ModelManifest } from '@sotto/pipeline';
import { describeModelFolder, MANIFEST_FILE_NAME } from './describe-folder.ts';
import type { LocatedModel } from './model-folder.ts';

/** Parts of downloads that may be resumed lie beside the models, out of the way of `list`. */
const PARTIAL_SUFFIX = '.partial';

/** Installed models: one folder each, named by the model's id, with its manifest among its files. */
export class ModelStore {
  readonly root: string;

  constructor(root: string) {
    this.root = resolve(root);
  }

  folderOf(modelId: string): string {
    return join(this.root, modelId);
  }

  /** Where a model's files gather until all of them are there and checked. */
  partialFolderOf(modelId: string): string {
    return join(this.root, `${modelId}${PARTIAL_SUFFIX}`);
  }

  has(modelId: string): boolean {
    return existsSync(join(this.folderOf(modelId), MANIFEST_FILE_NAME));
  }

  /** @throws {ModelError} VOICE_ERR_MODEL_NOT_FOUND */
  async locate(modelId: string): Promise<LocatedModel> {
    if (!this.has(modelId)) throw new ModelError('VOICE_ERR_MODEL_NOT_FOUND', `The model ${modelId} is not installed; get it with: sotto models pull ${modelId}`, { stage: 'models' });
    return describeModelFolder(this.folderOf(modelId));
  }

  async list(): Promise<LocatedModel[]> {
    const names = await readdir(this.root).catch(() => []);
    return Promise.all(names.filter((name) => !name.includes(PARTIAL_SUFFIX) && this.has(name)).sort().map((name) => this.locate(name)));
  }

  /** Gives a complete, checked partial folder its name. The manifest is written last, so no half model is ever seen. */
  async commit(manifest: ModelManifest): Promise<LocatedModel> {
    const partial = this.partialFolderOf(manifest.id);
    const folder = this.folderOf(manifest.id);
    await removeAllBut(partial, manifest);
    await writeFile(join(partial, MANIFEST_FILE_NAME), `${JSON.stringify(manifest, undefined, 2)}\n`);
    await replaceFolder(partial, folder);
    return { directory: folder, manifest };
  }

  async openPartial(modelId: string): Promise<string> {
    const folder = this.partialFolderOf(modelId);
    await mkdir(folder, { recursive: true });
    return folder;
  }

  /** Forgets an unfinished download or import. */
  async removePartial(modelId: string): Promise<void> {
    await rm(this.partialFolderOf(modelId), { recursive: true, force: true });
  }

  /** @returns whether there was anything to remove. */
  async remove(modelId: string): Promise<boolean> {
    const folders = [this.folderOf(modelId), this.partialFolderOf(modelId)].filter((folder) => existsSync(folder));
    for (const folder of folders) await rm(folder, { recursive: true });
    return folders.length > 0;
  }
}

/** What an interrupted pull kept for itself does not belong to the model. */
async function removeAllBut(folder: string, manifest: ModelManifest): Promise<void> {
  const wanted = new Set(manifest.files.map(({ path }) => path));
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isDirectory() && !wanted.has(relative(folder, path).split(sep).join('/'))) await rm(path);
  }
}

/** Moves the old version aside first, so that there is always one whole version on disk. */
async function replaceFolder(from: string, to: string): Promise<void> {
  const aside = `${to}${PARTIAL_SUFFIX}-old`;
  await rm(aside, { recursive: true, force: true });
  if (existsSync(to)) await rename(to, aside);
  await rename(from, to);
  await rm(aside, { recursive: true, force: true });
}
