import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** SHA-256 of a file in lower-case hex, read as a stream. */
export async function fileDigest(path: string, options: { readonly signal?: AbortSignal } = {}): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, ...(options.signal && { signal: options.signal }) })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
