import { assertFileMatches, ModelError, type ModelFile, type ModelManifest } from '@sotto/pipeline';
import type { LoadProgress } from '../voice-event.ts';
import { noteKept, noteRemoved, wasKept } from './kept-models.ts';

const CACHE_NAME = 'sotto-models-v1';

export type ModelCacheOptions = {
  /** Folder on the page's origin that holds one folder per model id. */
  readonly baseUrl: string;
  readonly onProgress: (progress: LoadProgress) => void;
  readonly signal?: AbortSignal | undefined;
};

/**
 * A model's files from Cache Storage, or from the page's origin and then kept.
 * Every byte is hashed before it is handed on, also what comes from the cache:
 * a cache can be edited by anything that runs on the origin.
 * @throws {ModelError} VOICE_ERR_MODEL_CHECKSUM, VOICE_ERR_MODEL_NOT_FOUND, VOICE_ERR_DOWNLOAD
 */
export async function loadModelFiles(manifest: ModelManifest, options: ModelCacheOptions): Promise<Record<string, Uint8Array>> {
  const totalBytes = manifest.files.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  const cache = await openCache();
  const files: Record<string, Uint8Array> = {};
  let finishedBytes = 0;
  const tell: Tell = (step, loadedBytes, again) =>
    options.onProgress({ modelId: manifest.id, step, loadedBytes: finishedBytes + loadedBytes, totalBytes, ...(again !== undefined && wasKept(manifest) ? { again } : {}) });
  for (const file of manifest.files) {
    files[file.path] = await loadFile(cache, manifest, file, options, tell);
    finishedBytes += files[file.path]?.length ?? 0;
  }
  if (cache !== undefined) noteKept(manifest);
  return files;
}

type Tell = (step: LoadProgress['step'], loadedBytes: number, again?: LoadProgress['again']) => void;

/** Whether every file of the model is in the cache: false after the browser evicted it. */
export async function isModelCached(manifest: ModelManifest, baseUrl: string): Promise<boolean> {
  const cache = await openCache();
  if (cache === undefined) return false;
  const found = await Promise.all(manifest.files.map((file) => cache.match(urlOf(manifest, file, baseUrl))));
  return found.every((response) => response !== undefined);
}

export async function removeCachedModel(manifest: ModelManifest, baseUrl: string): Promise<void> {
  noteRemoved(manifest);
  const cache = await openCache();
  if (cache === undefined) return;
  await Promise.all(manifest.files.map((file) => cache.delete(urlOf(manifest, file, baseUrl))));
}

async function loadFile(cache: Cache | undefined, manifest: ModelManifest, file: ModelFile, options: ModelCacheOptions, tell: Tell): Promise<Uint8Array> {
  const url = urlOf(manifest, file, options.baseUrl);
  const cached = await cache?.match(url);
  if (cached !== undefined) {
    const bytes = new Uint8Array(await cached.arrayBuffer());
    tell('checking', bytes.length);
    const sound = await assertFileMatches(file, bytes, manifest.id).then(() => true, () => false);
    if (sound) return bytes;
    await cache?.delete(url);
  }
  const again = cached === undefined ? 'evicted' : 'damaged';
  const bytes = await fetchWithProgress(url, options.signal, (loadedBytes) => tell('fetching', loadedBytes, again));
  tell('checking', bytes.length);
  await assertFileMatches(file, bytes, manifest.id);
  // A full disk must not keep the page from working now.
  await cache?.put(url, new Response(bytes.slice())).catch(() => undefined);
  return bytes;
}

async function fetchWithProgress(url: string, signal: AbortSignal | undefined, onProgress: (loadedBytes: number) => void): Promise<Uint8Array> {
  // Kept once, in Cache Storage; a copy that the browser keeps of its own accord may be of another release.
  const response = await fetch(url, { cache: 'no-store', ...(signal === undefined ? {} : { signal }) }).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new ModelError('VOICE_ERR_DOWNLOAD', `${url} could not be fetched; check that the server is there, then reload`, { stage: 'models', retryable: true, cause });
  });
  if (!response.ok || response.body === null) {
    throw new ModelError('VOICE_ERR_MODEL_NOT_FOUND', `${url} answered ${response.status}; the page's server does not have this model`, { stage: 'models' });
  }
  const chunks: Uint8Array[] = [];
  let loadedBytes = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    loadedBytes += value.length;
    onProgress(loadedBytes);
  }
  const bytes = new Uint8Array(loadedBytes);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** Absent on pages that are neither https nor localhost, and in some private windows. */
async function openCache(): Promise<Cache | undefined> {
  return globalThis.caches?.open(CACHE_NAME).catch(() => undefined);
}

function urlOf(manifest: ModelManifest, file: ModelFile, baseUrl: string): string {
  return new URL(`${baseUrl}/${manifest.id}/${file.path}`, globalThis.location?.href).href;
}
