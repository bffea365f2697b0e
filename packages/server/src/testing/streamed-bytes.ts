import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** Bytes that are made while they are written, so that a file larger than memory can be made. */
export type StreamedBytes = {
  readonly byteCount: number;
  /** All of them, from the start at each call. A piece is valid until the next is asked for. */
  readonly pieces: () => Iterable<Uint8Array>;
};

/** Small pieces are gathered into writes of this size. */
const WRITE_BYTES = 1 << 20;

/** Writes a file in one go, for small ones. */
export function writeStreamedSync(path: string, bytes: StreamedBytes): void {
  const file = openSync(path, 'w');
  try {
    for (const block of blocks(bytes)) writeSync(file, block);
  } finally {
    closeSync(file);
  }
}

/**
 * Writes a file block by block; an abort takes effect between two blocks, leaves what was written so far, and rejects with
 * `signal.reason`.
 * @returns SHA-256 of the file, in hexadecimal.
 */
export async function writeStreamed(path: string, bytes: StreamedBytes, options: { readonly signal?: AbortSignal; readonly onProgress?: (writtenBytes: number) => void } = {}): Promise<string> {
  await using file = await open(path, 'w');
  const digest = createHash('sha256');
  let written = 0;
  for (const block of blocks(bytes)) {
    options.signal?.throwIfAborted();
    digest.update(block);
    await file.writeFile(block);
    options.onProgress?.((written += block.length));
  }
  return digest.digest('hex');
}

/** The same bytes in blocks of one size; a block is valid until the next. */
function* blocks(bytes: StreamedBytes): Iterable<Uint8Array> {
  const block = new Uint8Array(WRITE_BYTES);
  let filled = 0;
  for (const piece of bytes.pieces()) {
    for (let taken = 0; taken < piece.length;) {
      const part = piece.subarray(taken, taken + WRITE_BYTES - filled);
      block.set(part, filled);
      filled += part.length;
      taken += part.length;
      if (filled < WRITE_BYTES) continue;
      yield block;
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}
