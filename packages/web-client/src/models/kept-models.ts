import type { ModelManifest } from '@sotto/pipeline';

const STORAGE_KEY = 'sotto-kept-models';

/**
 * Which models this browser was given to keep, remembered outside the cache that
 * keeps them: only so can a browser that dropped one be told from one that never
 * had it. A model whose files have changed since counts as one it never had.
 */
export function wasKept(manifest: ModelManifest): boolean {
  return readKept()[manifest.id] === fingerprintOf(manifest);
}

export function noteKept(manifest: ModelManifest): void {
  writeKept({ ...readKept(), [manifest.id]: fingerprintOf(manifest) });
}

export function noteRemoved({ id }: ModelManifest): void {
  const { [id]: _removed, ...rest } = readKept();
  writeKept(rest);
}

function fingerprintOf({ files }: ModelManifest): string {
  return files.map(({ sha256, bytes }) => sha256?.slice(0, 8) ?? String(bytes)).join('-');
}

/** Absent where the page may store nothing; then nothing is ever missed either. */
function readKept(): Readonly<Record<string, string>> {
  try {
    return JSON.parse(globalThis.localStorage.getItem(STORAGE_KEY) ?? '{}') as Record<string, string>;
  } catch {
    return {};
  }
}

function writeKept(kept: Readonly<Record<string, string>>): void {
  try {
    globalThis.localStorage.setItem(STORAGE_KEY, JSON.stringify(kept));
  } catch {
    // Private windows refuse; the models are fetched all the same.
  }
}
