import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ConsoleIo, ProgressBar } from '@sotto/server';
import { writeStreamed } from '@sotto/server/testing';
import type { ModelShape } from './model-shape.ts';
import { shapeFiles } from './shape-files.ts';

/** Raised when the same shape gives other files, so that kept ones are written anew. */
export const SHAPE_RECIPE_VERSION = 1;
/** Written last; a folder without it is no model. */
const MARKER_FILE_NAME = 'written.json';

/** A model with random weights on disk. */
export type WrittenShape = { readonly name: string; readonly directory: string; readonly bytes: number; readonly sha256: Readonly<Record<string, string>> };
type Marker = { readonly recipeVersion: number; readonly shape: ModelShape; readonly bytes: number; readonly sha256: Readonly<Record<string, string>> };

/**
 * Writes a model below `folder`, or finds the one that was written before. It is written under another name first: an abort, which
 * rejects with its reason, leaves nothing, and what an ended process left is cleared away by the next.
 */
export async function writeShape(folder: string, name: string, shape: ModelShape, io: ConsoleIo): Promise<WrittenShape> {
  const directory = join(folder, name);
  const found = await readMarker(directory);
  if (found?.recipeVersion === SHAPE_RECIPE_VERSION && JSON.stringify(found.shape) === JSON.stringify(shape)) return { name, directory, bytes: found.bytes, sha256: found.sha256 };
  await rm(directory, { recursive: true, force: true });
  await removeLeftovers(folder, name);
  const unfinished = join(folder, `${name}.part-${process.pid}`);
  try {
    const { bytes, sha256 } = await writeFiles(unfinished, name, shape, io);
    const marker: Marker = { recipeVersion: SHAPE_RECIPE_VERSION, shape, bytes, sha256 };
    await writeFile(join(unfinished, MARKER_FILE_NAME), JSON.stringify(marker));
    await rename(unfinished, directory);
    return { name, directory, bytes, sha256 };
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

async function writeFiles(directory: string, name: string, shape: ModelShape, io: ConsoleIo): Promise<Pick<Marker, 'bytes' | 'sha256'>> {
  const files = shapeFiles(shape);
  const total = [...files.values()].reduce((sum, { byteCount }) => sum + byteCount, 0);
  const bar = new ProgressBar(io, `Writing ${name}`);
  const sha256: Record<string, string> = {};
  let done = 0;
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    sha256[path] = await writeStreamed(join(directory, path), bytes, { signal: io.signal, onProgress: (written) => bar.update(done + written, total) });
    done += bytes.byteCount;
  }
  return { bytes: total, sha256 };
}

async function readMarker(directory: string): Promise<Marker | undefined> {
  const text = await readFile(join(directory, MARKER_FILE_NAME), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Marker);
}

/** Folders of processes that were ended in the middle; one that still writes keeps its own. */
async function removeLeftovers(folder: string, name: string): Promise<void> {
  const entries = await readdir(folder).catch((): string[] => []);
  const prefix = `${name}.part-`;
  const abandoned = entries.filter((entry) => entry.startsWith(prefix) && !isAlive(Number(entry.slice(prefix.length))));
  for (const entry of abandoned) await rm(join(folder, entry), { recursive: true, force: true });
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}
