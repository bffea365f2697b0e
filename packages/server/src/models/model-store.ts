import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
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
    return Promise.all(names.filter((name) => !name.endsWith(PARTIAL_SUFFIX) && this.has(name)).sort().map((name) => this.locate(name)));
  }

  /** Gives a complete, checked partial folder its name. The manifest is written last, so no half model is ever seen. */
  async commit(manifest: ModelManifest): Promise<LocatedModel> {
    const partial = this.partialFolderOf(manifest.id);
    const folder = this.folderOf(manifest.id);
    await writeFile(join(partial, MANIFEST_FILE_NAME), `${JSON.stringify(manifest, undefined, 2)}\n`);
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
    return { directory: folder, manifest };
  }

  async openPartial(modelId: string): Promise<string> {
    const folder = this.partialFolderOf(modelId);
    await mkdir(folder, { recursive: true });
    return folder;
  }

  /** @returns whether there was anything to remove. */
  async remove(modelId: string): Promise<boolean> {
    const folders = [this.folderOf(modelId), this.partialFolderOf(modelId)].filter((folder) => existsSync(folder));
    for (const folder of folders) await rm(folder, { recursive: true });
    return folders.length > 0;
  }
}
