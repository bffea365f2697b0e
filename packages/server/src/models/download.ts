import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ModelError, VoiceError } from '@sotto/pipeline';
import { fileDigest } from './file-digest.ts';

export type DownloadRequest = {
  readonly url: URL;
  /** The name the file gets once it is complete and checked; until then it is `<path>.part`. */
  readonly path: string;
  readonly bytes?: number | undefined;
  readonly sha256?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes there so far, resumed ones included. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number | undefined) => void) | undefined;
  /** A last look at the complete file before it gets its name. */
  readonly inspect?: ((partPath: string) => Promise<void>) | undefined;
  readonly limits?: Partial<DownloadLimits>;
};

export type DownloadLimits = {
  /** @defaultValue 5 */
  readonly maxRedirects: number;
  /** Attempts that bring nothing new before giving up; one that made progress does not count. @defaultValue 4 */
  readonly maxIdleAttempts: number;
  /** Silence of the server that counts as a broken connection. @defaultValue 30 000 */
  readonly stallMs: number;
  /** Wait before the second attempt, doubled each time. @defaultValue 500 */
  readonly retryDelayMs: number;
  /** Largest file taken when its length is not known beforehand. @defaultValue 64 GB */
  readonly maxBytes: number;
};

const DEFAULT_LIMITS: DownloadLimits = { maxRedirects: 5, maxIdleAttempts: 4, stallMs: 30_000, retryDelayMs: 500, maxBytes: 64e9 };

export type Downloaded = {
  readonly bytes: number;
  readonly sha256: string;
  /** The commit that the hub says the file belongs to, where it says so. */
  readonly revision: string | undefined;
};

/** What must be the same for a part to be continued. */
type PartState = { readonly url: string; readonly etag: string | undefined };

/**
 * Downloads one file: streams into `<path>.part`, continues an earlier part when the server still has the same
 * file, and gives it its name only after length and digest were checked. An abort or a broken connection leaves the
 * part to be resumed; wrong contents leave nothing.
 * @throws {VoiceError} VOICE_ERR_DOWNLOAD, VOICE_ERR_DISK. {@link ModelError} VOICE_ERR_MODEL_CHECKSUM.
 */
export async function download(request: DownloadRequest): Promise<Downloaded> {
  const transfer = new Transfer(request, { ...DEFAULT_LIMITS, ...request.limits });
  await mkdir(dirname(request.path), { recursive: true });
  await transfer.run();
  return transfer.complete();
}

class Transfer {
  readonly #request: DownloadRequest;
  readonly #limits: DownloadLimits;
  readonly #partPath: string;
  readonly #statePath: string;
  #totalBytes: number | undefined;
  #revision: string | undefined;
  #linkedDigest: string | undefined;

  constructor(request: DownloadRequest, limits: DownloadLimits) {
    this.#request = request;
    this.#limits = limits;
    this.#partPath = `${request.path}.part`;
    this.#statePath = `${this.#partPath}.json`;
    this.#totalBytes = request.bytes;
  }

  /** Attempts until all bytes are there. */
  async run(): Promise<void> {
    for (let idleAttempts = 0; ; ) {
      const before = await this.#partBytes();
      try {
        if (await this.#attempt(before)) return;
        throw new TransferBroken('the connection ended early');
      } catch (thrown) {
        this.#request.signal?.throwIfAborted();
        if (!(thrown instanceof TransferBroken)) throw thrown;
        idleAttempts = (await this.#partBytes()) > before ? 0 : idleAttempts + 1;
        if (idleAttempts >= this.#limits.maxIdleAttempts) throw this.#downloadError(`${thrown.message}; what arrived is kept, run the command again to continue`, thrown);
        await this.#pause(this.#limits.retryDelayMs * 2 ** idleAttempts);
      }
    }
  }

  /** Checks what arrived and gives it its name. */
  async complete(): Promise<Downloaded> {
    const { path, bytes, sha256, signal, inspect } = this.#request;
    const actualBytes = await this.#partBytes();
    const actualDigest = await fileDigest(this.#partPath, signal ? { signal } : {});
    const expectedDigest = sha256 ?? this.#linkedDigest;
    try {
      if (bytes !== undefined && actualBytes !== bytes) throw this.#mismatch(`${actualBytes} bytes`, `${bytes}`);
      if (expectedDigest !== undefined && actualDigest !== expectedDigest) throw this.#mismatch(`SHA-256 ${actualDigest}`, expectedDigest);
      await inspect?.(this.#partPath);
    } catch (error) {
      await this.#discard();
      throw error;
    }
    await rename(this.#partPath, path);
    await rm(this.#statePath, { force: true });
    return { bytes: actualBytes, sha256: actualDigest, revision: this.#revision };
  }

  /** One request. @returns whether the file is complete now. */
  async #attempt(haveBytes: number): Promise<boolean> {
    if (haveBytes > 0 && haveBytes === this.#totalBytes) return true;
    const state = haveBytes > 0 ? await this.#readState() : undefined;
    const resumeFrom = state?.etag !== undefined ? haveBytes : 0;
    const watchdog = new StallWatchdog(this.#limits.stallMs, this.#request.signal);
    try {
      const response = await this.#fetch(resumeFrom, state?.etag, watchdog);
      return await this.#receive(response, resumeFrom, watchdog);
    } catch (thrown) {
      this.#request.signal?.throwIfAborted();
      throw VoiceError.isInstance(thrown) || thrown instanceof TransferBroken ? thrown : brokenOrDisk(thrown, this.#request.path);
    } finally {
      watchdog.stop();
    }
  }

  async #fetch(resumeFrom: number, etag: string | undefined, watchdog: StallWatchdog): Promise<Response> {
    const headers: Record<string, string> = { 'accept-encoding': 'identity', 'user-agent': 'sotto' };
    if (resumeFrom > 0 && etag !== undefined) Object.assign(headers, { 'range': `bytes=${resumeFrom}-`, 'if-range': etag });
    let url = this.#request.url;
    for (let redirects = 0; redirects <= this.#limits.maxRedirects; redirects++) {
      const response = await fetch(url, { headers, redirect: 'manual', signal: watchdog.signal });
      this.#revision ??= response.headers.get('x-repo-commit') ?? undefined;
      const linked = response.headers.get('x-linked-etag')?.replace(/^(W\/)?"|"$/g, '');
      if (linked && /^[0-9a-f]{64}$/.test(linked)) this.#linkedDigest ??= linked;
      if (![301, 302, 303, 307, 308].includes(response.status)) return response;
      await response.body?.cancel();
      const target = redirectTarget(url, response.headers.get('location'));
      if (typeof target === 'string') throw this.#downloadError(target);
      url = target;
    }
    throw this.#downloadError(`the server redirects more than ${this.#limits.maxRedirects} times`);
  }

  async #receive(response: Response, resumeFrom: number, watchdog: StallWatchdog): Promise<boolean> {
    const { status, headers } = response;
    if (status === 416) {
      await response.body?.cancel();
      await this.#discard();
      throw new TransferBroken('the server could not continue the file');
    }
    if (status >= 500 || status === 429 || status === 408) {
      await response.body?.cancel();
      throw new TransferBroken(`the server answered ${status}`);
    }
    if (status !== 200 && status !== 206) throw this.#downloadError(`the server answered ${status}, expected the file`);
    if (!response.body) throw this.#downloadError('the server answered without a file');

    const startAt = status === 206 ? this.#checkedRangeStart(headers, resumeFrom) : 0;
    const declaredBytes = headers.get('content-length') === null ? undefined : startAt + Number(headers.get('content-length'));
    this.#checkDeclaredLength(declaredBytes);
    const etag = headers.get('etag') ?? undefined;
    // A weak tag does not promise the same bytes (RFC 9110, section 13.1.5), so such a part begins anew.
    await this.#writeState({ url: this.#request.url.href, etag: etag?.startsWith('W/') ? undefined : etag });
    const receivedBytes = await this.#append(response.body, startAt, watchdog);
    return this.#totalBytes === undefined ? true : receivedBytes >= this.#totalBytes;
  }

  #checkedRangeStart(headers: Headers, resumeFrom: number): number {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
    if (!range || Number(range[1]) !== resumeFrom) throw this.#downloadError('the server sent another part of the file than was asked for');
    if (range[2] !== '*' && this.#totalBytes !== undefined && Number(range[2]) !== this.#totalBytes) throw this.#mismatch(`${range[2]} bytes`, `${this.#totalBytes}`);
    return resumeFrom;
  }

  #checkDeclaredLength(declaredBytes: number | undefined): void {
    if (declaredBytes === undefined) return;
    const { bytes } = this.#request;
    if (bytes !== undefined && declaredBytes !== bytes) throw this.#mismatch(`${declaredBytes} bytes`, `${bytes}`);
    if (declaredBytes > this.#limits.maxBytes) throw this.#downloadError(`it has ${declaredBytes} bytes, more than the ${this.#limits.maxBytes} that are taken`);
    this.#totalBytes = declaredBytes;
  }

  async #append(body: ReadableStream<Uint8Array>, startAt: number, watchdog: StallWatchdog): Promise<number> {
    const file = await open(this.#partPath, startAt > 0 ? 'r+' : 'w');
    let doneBytes = startAt;
    try {
      await file.truncate(startAt);
      const limit = this.#totalBytes ?? this.#limits.maxBytes;
      for await (const chunk of body) {
        watchdog.feed();
        if (doneBytes + chunk.length > limit) throw this.#mismatch('more bytes', `${limit}`);
        await file.write(chunk, 0, chunk.length, doneBytes);
        doneBytes += chunk.length;
        this.#request.onProgress?.(doneBytes, this.#totalBytes);
      }
      await file.sync();
      return doneBytes;
    } catch (error) {
      if (VoiceError.isInstance(error)) await this.#discard();
      throw error;
    } finally {
      await file.close();
    }
  }

  async #readState(): Promise<PartState | undefined> {
    const text = await readFile(this.#statePath, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      const state = JSON.parse(text) as PartState;
      return state.url === this.#request.url.href ? state : undefined;
    } catch {
      return undefined;
    }
  }

  #writeState(state: PartState): Promise<void> {
    return writeFile(this.#statePath, JSON.stringify(state));
  }

  async #partBytes(): Promise<number> {
    return existsSync(this.#partPath) ? (await stat(this.#partPath)).size : 0;
  }

  async #discard(): Promise<void> {
    await rm(this.#partPath, { force: true });
    await rm(this.#statePath, { force: true });
  }

  #pause(durationMs: number): Promise<void> {
    const { signal } = this.#request;
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, durationMs);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  #downloadError(why: string, cause?: unknown): VoiceError {
    return new VoiceError('VOICE_ERR_DOWNLOAD', `${this.#request.url.href} could not be downloaded: ${why}`, { stage: 'models', retryable: true, cause });
  }

  #mismatch(got: string, expected: string): ModelError {
    return new ModelError('VOICE_ERR_MODEL_CHECKSUM', `${this.#request.url.href} has ${got}, expected ${expected}; it is not the file that the manifest names and was not kept`, { stage: 'models' });
  }
}

/** Where a redirect leads, or the sentence that says why it is not followed. */
export function redirectTarget(from: URL, location: string | null): URL | string {
  if (location === null || !URL.canParse(location, from.href)) return 'the server redirects to nowhere';
  const target = new URL(location, from.href);
  const isDowngrade = from.protocol === 'https:' && target.protocol !== 'https:';
  if (isDowngrade || !['https:', 'http:'].includes(target.protocol)) return `the server redirects from ${from.protocol}// to ${target.protocol}//, which is refused`;
  if (target.username !== '' || target.password !== '') return 'the server redirects to an address with credentials in it, which is refused';
  return target;
}

/** Worth another attempt. */
class TransferBroken extends Error {}

function brokenOrDisk(thrown: unknown, path: string): Error {
  const { code, message, cause } = thrown as NodeJS.ErrnoException & { cause?: NodeJS.ErrnoException };
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EACCES' || code === 'EROFS') {
    return new VoiceError('VOICE_ERR_DISK', `${path} could not be written: ${code === 'ENOSPC' || code === 'EDQUOT' ? 'the disk is full' : message}`, { stage: 'models', cause: thrown });
  }
  return new TransferBroken(cause?.message ? `${message} (${cause.message})` : message, { cause: thrown });
}

/** Aborts a request whose server has gone silent. */
class StallWatchdog {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #stallMs: number;
  #timer: NodeJS.Timeout;

  constructor(stallMs: number, signal: AbortSignal | undefined) {
    this.#stallMs = stallMs;
    this.signal = signal ? AbortSignal.any([signal, this.#controller.signal]) : this.#controller.signal;
    this.#timer = this.#start();
  }

  feed(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#start();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #start(): NodeJS.Timeout {
    return setTimeout(() => this.#controller.abort(new TransferBroken(`the server was silent for ${this.#stallMs} ms`)), this.#stallMs);
  }
}
