import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { VoiceError } from '@sotto/pipeline';
import { download, type DownloadLimits } from '@sotto/server';
import { extract } from 'tar';

export const LIBRISPEECH_ORIGIN = 'https://www.openslr.org/resources/12';

/** MD5 of each archive, as https://www.openslr.org/resources/12/md5sum.txt has them. */
const PUBLISHED_MD5 = {
  'dev-clean': '42e2234ba48799c1f50f24a7926300a1',
  'dev-other': 'c8d0bcc9cca99d4f8b62fcc847357931',
  'test-clean': '32fa31d27d2e1cad72775fee3f4849a9',
  'test-other': 'fb5a50374b501bb3bac4815ee91d3135',
} as const;

export type LibriSpeechSplit = keyof typeof PUBLISHED_MD5;
export const LIBRISPEECH_SPLITS = Object.keys(PUBLISHED_MD5) as readonly LibriSpeechSplit[];

/** A `.tar.gz` with `LibriSpeech/<split>` in it. */
export type LibriSpeechArchive = { readonly split: string; readonly url: URL; readonly md5: string };

/** @param origin a mirror may stand in, since what comes from it is checked. */
export function librispeechArchive(split: LibriSpeechSplit, origin = LIBRISPEECH_ORIGIN): LibriSpeechArchive {
  return { split, url: new URL(`${origin.replace(/\/$/, '')}/${split}.tar.gz`), md5: PUBLISHED_MD5[split] };
}

export type CorpusDownloadOptions = {
  readonly signal: AbortSignal;
  readonly limits?: Partial<DownloadLimits>;
  readonly onProgress?: (step: 'Downloading' | 'Unpacking', doneBytes: number, totalBytes: number | undefined) => void;
};

/**
 * Makes `<folder>/<split>` of an archive, unless it is there already. The archive is checked before anything is unpacked, and the
 * folder gets its name when all of it is there; what an interrupted download brought is continued the next time.
 * @throws {VoiceError} VOICE_ERR_DOWNLOAD, VOICE_ERR_DISK.
 */
export async function downloadLibriSpeech(archive: LibriSpeechArchive, folder: string, options: CorpusDownloadOptions): Promise<void> {
  const target = join(folder, archive.split);
  if (existsSync(target)) return;
  const path = join(folder, `${archive.split}.tar.gz`);
  const { signal, limits, onProgress } = options;
  if (!existsSync(path) || (await md5Of(path, signal)) !== archive.md5) {
    await rm(path, { force: true });
    await download({
      url: archive.url,
      path,
      signal,
      ...(limits && { limits }),
      onProgress: (doneBytes, totalBytes) => onProgress?.('Downloading', doneBytes, totalBytes),
      inspect: (partPath) => assertMd5(partPath, archive, signal),
    });
  }
  const unpacking = join(folder, `.${archive.split}.unpacking`);
  await rm(unpacking, { recursive: true, force: true });
  await mkdir(unpacking);
  try {
    await unpack(path, unpacking, archive, options);
    await rename(join(unpacking, 'LibriSpeech', archive.split), target);
  } finally {
    await rm(unpacking, { recursive: true, force: true, maxRetries: 3 });
  }
  await rm(path);
}

async function assertMd5(path: string, { url, md5 }: LibriSpeechArchive, signal: AbortSignal): Promise<void> {
  const got = await md5Of(path, signal);
  if (got !== md5) throw new VoiceError('VOICE_ERR_DOWNLOAD', `${url.href} has MD5 ${got}, expected ${md5}; it is not what was published and was not kept`, { stage: 'models' });
}

async function md5Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(path)) {
    signal.throwIfAborted();
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

async function unpack(path: string, folder: string, { split, url }: LibriSpeechArchive, { signal, onProgress }: CorpusDownloadOptions): Promise<void> {
  const prefix = `LibriSpeech/${split}/`;
  const unpacker = extract({ cwd: folder, strict: true, filter: (name) => `${name}/`.startsWith(prefix) });
  const ended = once(unpacker, 'close');
  // Awaited below, unless reading fails before.
  ended.catch(() => undefined);
  const totalBytes = (await stat(path)).size;
  let doneBytes = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      signal.throwIfAborted();
      if (!unpacker.write(chunk as Buffer)) await Promise.race([once(unpacker, 'drain'), ended]);
      doneBytes += (chunk as Buffer).length;
      onProgress?.('Unpacking', doneBytes, totalBytes);
    }
    unpacker.end();
    await ended;
    signal.throwIfAborted();
  } catch (thrown) {
    signal.throwIfAborted();
    const { code, message } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') throw new VoiceError('VOICE_ERR_DISK', `${folder} could not be written: the disk is full`, { stage: 'models', cause: thrown });
    throw new VoiceError('VOICE_ERR_DOWNLOAD', `${path} could not be unpacked: ${message}`, { stage: 'models', cause: thrown });
  }
  if (!existsSync(join(folder, prefix))) throw new VoiceError('VOICE_ERR_DOWNLOAD', `${url.href} holds no ${prefix}`, { stage: 'models' });
}
