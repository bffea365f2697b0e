import { access, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelError, type ModelFiles } from '@sotto/pipeline';

/** Reads a model folder without a manifest; for tests, whose files are ours or come from a pinned package. */
export function modelFolder(root: string): ModelFiles {
  return {
    has: (name) => access(join(root, name)).then(() => true, () => false),
    async read(name) {
      try {
        return await readFile(join(root, name));
      } catch (cause) {
        throw new ModelError('VOICE_ERR_MODEL_NOT_FOUND', `${root} has no file ${name}`, { stage: 'models', cause });
      }
    },
    list: (folder) => readdir(join(root, folder)).catch(() => []),
  };
}
