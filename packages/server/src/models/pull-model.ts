import { readFile, rm, statfs, unlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { assertNoExternalData, ConfigError, ModelError, type ModelFile, type ModelManifest, totalBytes, VoiceError } from '@sotto/pipeline';
import { assertLoadableGguf } from '../engines/gguf-check.ts';
import { readGgufHeader } from '../engines/gguf-header.ts';
import { type DownloadLimits, download } from './download.ts';
import type { LocatedModel } from './model-folder.ts';
import type { ModelStore } from './model-store.ts';

export const DEFAULT_HUB = 'https://huggingface.co';

export type PullOptions = {
  /** Where repositories live; a mirror may stand in. @defaultValue https://huggingface.co */
  readonly hub?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PullProgress) => void;
  readonly limits?: Partial<DownloadLimits>;
};

export type PullProgress = { readonly file: ModelFile; readonly doneBytes: number; readonly totalBytes: number | undefined };

export type PulledModel = LocatedModel & {
  /** Files whose digest was on no record and is recorded now. */
  readonly recorded: readonly ModelFile[];
};

/**
 * Downloads a model into the store. Every file is checked before it gets its name, and the model appears in the store
 * only when all of them are there; until then an interrupted pull is continued by the next one.
 * @throws {VoiceError} VOICE_ERR_DOWNLOAD, VOICE_ERR_DISK. {@link ModelError} VOICE_ERR_MODEL_CHECKSUM, VOICE_ERR_MODEL_EXTERNAL_DATA, VOICE_ERR_MODEL_FORMAT.
 */
export async function pullModel(manifest: ModelManifest, store: ModelStore, options: PullOptions = {}): Promise<PulledModel> {
  if (manifest.source.type !== 'hub') throw new ConfigError('VOICE_ERR_INVALID_OPTION', `${manifest.id} comes with Sotto and need not be pulled`, { stage: 'models' });
  const folder = await store.openPartial(manifest.id);
  await using _lock = await lockFolder(folder, manifest.id);
  await assertRoom(folder, manifest);
  const files: ModelFile[] = [];
  const recorded: ModelFile[] = [];
  let revision = manifest.source.revision;
  for (const file of manifest.files) {
    const pulled = await pullFile(file, manifest, folder, options);
    files.push(pulled.file);
    if (file.sha256 === undefined) recorded.push(pulled.file);
    if (pulled.revision !== undefined) revision = pulled.revision;
  }
  await rm(lockPath(folder), { force: true });
  const located = await store.commit({ ...manifest, source: { ...manifest.source, revision }, files });
  return { ...located, recorded };
}

async function pullFile(file: ModelFile, manifest: ModelManifest, folder: string, options: PullOptions): Promise<{ file: ModelFile; revision: string | undefined }> {
  const path = join(folder, file.path);
  const donePath = `${path}.done.json`;
  // A file of an interrupted pull that was complete is taken over with the digest that was checked then.
  if (existsSync(path) && existsSync(donePath)) {
    const done = JSON.parse(await readFile(donePath, 'utf8')) as { file: ModelFile; revision?: string };
    if ((file.sha256 ?? done.file.sha256) === done.file.sha256) return { file: done.file, revision: done.revision };
  }
  const result = await download({
    url: fileUrl(manifest, file, options.hub ?? DEFAULT_HUB),
    path, bytes: file.bytes, sha256: file.sha256, signal: options.signal, ...(options.limits && { limits: options.limits }),
    onProgress: (doneBytes, total) => options.onProgress?.({ file, doneBytes, totalBytes: total }),
    inspect: (partPath) => inspectForm(file, partPath, manifest.id),
  });
  const done = { path: file.path, bytes: result.bytes, sha256: result.sha256 };
  await writeFile(donePath, JSON.stringify({ file: done, revision: result.revision }));
  return { file: done, revision: result.revision };
}

/** The form of a graph or a GGUF file, before any runtime is given it. */
async function inspectForm(file: ModelFile, path: string, modelId: string): Promise<void> {
  if (file.path.endsWith('.onnx')) assertNoExternalData(await readFile(path), `${modelId}/${file.path}`);
  if (file.path.endsWith('.gguf')) assertLoadableGguf(await readGgufHeader(path));
}

function fileUrl(manifest: ModelManifest, file: ModelFile, hub: string): URL {
  if (manifest.source.type !== 'hub') throw new ModelError('VOICE_ERR_MODEL_FORMAT', `${manifest.id} has no hub to come from`, { stage: 'models' });
  if (!URL.canParse(hub) || !/^https?:$/.test(new URL(hub).protocol)) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `The model hub is ${hub}; expected an https address`, { stage: 'models' });
  const { repository, revision } = manifest.source;
  return new URL(`${hub.replace(/\/$/, '')}/${repository}/resolve/${revision}/${file.path}`);
}

async function assertRoom(folder: string, manifest: ModelManifest): Promise<void> {
  const neededBytes = totalBytes(manifest) ?? manifest.files.reduce((sum, file) => sum + (file.bytes ?? 0), 0);
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < neededBytes) throw new VoiceError('VOICE_ERR_DISK', `${manifest.id} needs ${neededBytes} bytes and ${folder} has ${bavail * bsize} left; make room, or set SOTTO_MODELS to another disk`, { stage: 'models' });
}

const lockPath = (folder: string): string => join(folder, '.pulling');

/** One pull of a model at a time; a lock whose process is gone is taken over. */
async function lockFolder(folder: string, modelId: string): Promise<AsyncDisposable> {
  const path = lockPath(folder);
  const tryLock = () => writeFile(path, String(process.pid), { flag: 'wx' }).then(() => true, () => false);
  if (!(await tryLock())) {
    const owner = Number(await readFile(path, 'utf8').catch(() => ''));
    if (owner !== process.pid && isRunning(owner)) throw new VoiceError('VOICE_ERR_DOWNLOAD', `${modelId} is being pulled by process ${owner} already; wait for it or stop it`, { stage: 'models', retryable: true });
    await rm(path, { force: true });
    await tryLock();
  }
  return { [Symbol.asyncDispose]: () => unlink(path).catch(() => undefined) };
}

function isRunning(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
