import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSafeModelPath, ModelError, type ModelFiles, type ModelManifest, verifiedModelFiles } from '@sotto/pipeline';

/** A model on this machine: its folder and what is known about the files in it. Structured-cloneable. */
export type LocatedModel = {
  readonly directory: string;
  readonly manifest: ModelManifest;
};

/** Checked read access to a located model, for a driver. */
export function openModel({ directory, manifest }: LocatedModel): ModelFiles {
  return verifiedModelFiles(readModelFolder(directory), manifest);
}

/** Reads regular files below `directory`; links are refused, because they may lead anywhere. */
function readModelFolder(directory: string): ModelFiles {
  return {
    has: (name) => isRegularFile(directory, name),
    async read(name) {
      if (!(await isRegularFile(directory, name))) throw new ModelError('VOICE_ERR_MODEL_NOT_FOUND', `${join(directory, name)} is missing or no regular file; pull or import the model again`, { stage: 'models' });
      return new Uint8Array(await readFile(join(directory, name)));
    },
    list: (folder) => readdir(join(directory, folder)).catch(() => []),
  };
}

async function isRegularFile(directory: string, name: string): Promise<boolean> {
  if (!isSafeModelPath(name)) return false;
  return lstat(join(directory, name)).then((stats) => stats.isFile(), () => false);
}
