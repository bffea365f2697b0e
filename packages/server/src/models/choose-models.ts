import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MODEL_KINDS, ModelError, type ModelKind } from '@sotto/pipeline';
import type { EngineModels } from '../engines/load-engines.ts';
import { describeModelFolder } from './describe-folder.ts';
import type { LocatedModel } from './model-folder.ts';
import { ModelStore } from './model-store.ts';
import { readUserConfig } from './user-config.ts';
import { configFile, modelsFolder } from './user-folders.ts';

/** What the user said about models: names of installed ones, or folders. */
export type ModelChoice = { readonly [Kind in ModelKind]?: string } & {
  /** A model's folder, or a folder with `vad`, `stt`, `llm` and `tts` in it, of which any may be absent. */
  readonly modelDir?: string;
};

/**
 * Finds the model of each kind: the one named, else the one in `modelDir`, else the one remembered in the
 * user's configuration. A kind that is absent from the result is served by its starter model.
 * @throws {ModelError} VOICE_ERR_MODEL_NOT_FOUND, VOICE_ERR_MODEL_FORMAT
 */
export async function chooseModels(choice: ModelChoice, env: Readonly<Record<string, string | undefined>>): Promise<EngineModels> {
  const store = new ModelStore(modelsFolder(env));
  const remembered = choice.modelDir === undefined ? ((await readUserConfig(configFile(env))).models ?? {}) : {};
  const fromFolder = choice.modelDir === undefined ? {} : await modelsIn(choice.modelDir);
  const chosen: { [Kind in ModelKind]?: LocatedModel } = { ...fromFolder };
  for (const kind of MODEL_KINDS) {
    const named = choice[kind] ?? (fromFolder[kind] ? undefined : remembered[kind]);
    if (named !== undefined) chosen[kind] = await locateModel(named, store);
  }
  return chosen;
}

/** An installed model's name, or a folder, or a .gguf file. */
export function locateModel(nameOrPath: string, store: ModelStore): Promise<LocatedModel> {
  const looksLikePath = /[\\/]/.test(nameOrPath) || nameOrPath.endsWith('.gguf') || (!store.has(nameOrPath) && existsSync(nameOrPath));
  return looksLikePath ? describeModelFolder(nameOrPath) : store.locate(nameOrPath);
}

async function modelsIn(folder: string): Promise<EngineModels> {
  const kinds = MODEL_KINDS.filter((kind) => existsSync(join(folder, kind)));
  if (kinds.length === 0) {
    const model = await describeModelFolder(folder);
    return { [model.manifest.kind]: model };
  }
  const models = await Promise.all(kinds.map(async (kind) => [kind, await describeModelFolder(join(folder, kind))] as const));
  for (const [kind, { manifest }] of models) {
    if (manifest.kind !== kind) throw new ModelError('VOICE_ERR_MODEL_FORMAT', `${join(folder, kind)} holds a model of kind ${manifest.kind}, expected ${kind}`, { stage: 'models' });
  }
  return Object.fromEntries(models);
}
