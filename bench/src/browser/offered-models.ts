import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, MODEL_KINDS, type ModelManifest, parseModelManifest } from '@sotto/pipeline';
import type { EngineModels } from '@sotto/server';

/** What the tab may load, the first of each kind by default, and where each model's files lie. */
export type OfferedModels = { readonly manifests: readonly ModelManifest[]; readonly folders: ReadonlyMap<string, string> };

/**
 * A chosen model for its kind, else those that the demo page offers.
 * @throws {ConfigError} VOICE_ERR_INVALID_OPTION when the page's assets were not built.
 */
export async function offeredModels(chosen: EngineModels, assetsFolder: string): Promise<OfferedModels> {
  const indexPath = join(assetsFolder, 'models', 'index.json');
  const text = await readFile(indexPath, 'utf8').catch((cause: unknown) => {
    throw new ConfigError('VOICE_ERR_INVALID_OPTION', `${indexPath} cannot be read; build the page with "node packages/web-client/scripts/build-page.mjs"`, { cause });
  });
  const bundled = (JSON.parse(text) as unknown[]).map((manifest) => parseModelManifest(manifest, indexPath));
  const manifests: ModelManifest[] = [];
  const folders = new Map<string, string>();
  for (const kind of MODEL_KINDS) {
    const model = chosen[kind];
    const offered = model === undefined ? bundled.filter((manifest) => manifest.kind === kind) : [model.manifest];
    for (const manifest of offered) {
      manifests.push(manifest);
      folders.set(manifest.id, model?.directory ?? join(assetsFolder, 'models', manifest.id));
    }
  }
  return { manifests, folders };
}
