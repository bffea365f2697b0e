import { MODEL_KINDS, type ModelManifest, totalBytes } from '@sotto/pipeline';
import type { ModelStore } from '../models/model-store.ts';
import { DEFAULT_HUB, type PulledModel, pullModel } from '../models/pull-model.ts';
import { readUserConfig, writeUserConfig } from '../models/user-config.ts';
import { configFile } from '../models/user-folders.ts';
import type { ConsoleIo } from './console-io.ts';
import { formatBytes, ProgressBar } from './progress.ts';

/** What a model costs and allows, told before it is pulled. */
export function describeOffer(manifest: ModelManifest): string {
  const bytes = totalBytes(manifest);
  const known = manifest.files.reduce((sum, file) => sum + (file.bytes ?? 0), 0);
  const size = bytes !== undefined ? formatBytes(bytes) : known > 0 ? `at least ${formatBytes(known)}` : 'size not on record';
  const { name, url, note } = manifest.licence;
  return `${manifest.id}: ${manifest.title}, ${size}, licence ${name} (${url})${note ? `. ${note}` : ''}`;
}

/** Pulls one model, telling how far it is, and what was taken on trust. */
export async function pullWithProgress(manifest: ModelManifest, store: ModelStore, io: ConsoleIo): Promise<PulledModel> {
  io.note(describeOffer(manifest));
  const bars = new Map<string, ProgressBar>();
  const pulled = await pullModel(manifest, store, {
    hub: io.env['SOTTO_MODEL_HUB'] ?? DEFAULT_HUB,
    signal: io.signal,
    onProgress: ({ file, doneBytes, totalBytes: total }) => {
      const bar = bars.get(file.path) ?? new ProgressBar(io, file.path);
      bars.set(file.path, bar);
      bar.update(doneBytes, total);
    },
  });
  for (const file of pulled.recorded) io.note(`No digest was on record for ${file.path}: recorded SHA-256 ${file.sha256}`);
  return pulled;
}

/** Makes installed models the ones that are used when nothing else is said. */
export async function useByDefault(models: readonly PulledModel[], io: ConsoleIo): Promise<void> {
  const path = configFile(io.env);
  const config = await readUserConfig(path);
  const chosen = Object.fromEntries(models.map(({ manifest }) => [manifest.kind, manifest.id]).filter(([kind]) => (MODEL_KINDS as readonly string[]).includes(kind!)));
  await writeUserConfig(path, { ...config, models: { ...config.models, ...chosen } });
}
