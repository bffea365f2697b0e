import { randomBytes } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { encodePcm16, VoiceError } from '@sotto/pipeline';
import { PCM16_WAV_HEADER_BYTES, pcm16WavHeader } from './pcm16-wav-header.ts';

/** Lengths in a RIFF header are 32-bit. */
const MAX_DATA_BYTES = 0xffffffff - PCM16_WAV_HEADER_BYTES;

/**
 * Writes mono 16-bit PCM as it comes. The file gets its name only when `finish` succeeds: until then, and
 * after a failure, nothing stands at `path` that was not there before.
 */
export class WavWriter implements AsyncDisposable {
  readonly path: string;
  readonly sampleRate: number;
  readonly #temporaryPath: string;
  #file: FileHandle | undefined;
  #dataBytes = 0;

  private constructor(path: string, sampleRate: number, temporaryPath: string, file: FileHandle) {
    this.path = path;
    this.sampleRate = sampleRate;
    this.#temporaryPath = temporaryPath;
    this.#file = file;
  }

  /** @throws {VoiceError} VOICE_ERR_DISK when the folder is missing or not writable. */
  static async create(path: string, sampleRate: number): Promise<WavWriter> {
    const temporaryPath = `${resolve(path)}.${randomBytes(4).toString('hex')}.part`;
    try {
      const file = await open(temporaryPath, 'wx');
      await file.write(new Uint8Array(PCM16_WAV_HEADER_BYTES));
      return new WavWriter(resolve(path), sampleRate, temporaryPath, file);
    } catch (cause) {
      throw writeError(path, cause);
    }
  }

  get durationMs(): number {
    return (this.#dataBytes / 2 / this.sampleRate) * 1000;
  }

  /** Appends float32 samples, clipped to [-1, 1]; resolves when they were handed to the system. */
  async write(samples: Float32Array): Promise<void> {
    const pcm = encodePcm16(samples);
    if (this.#dataBytes + pcm.byteLength > MAX_DATA_BYTES) throw new VoiceError('VOICE_ERR_DISK', `${this.path} would outgrow the 4 GB of a WAV file`);
    try {
      await this.#opened().write(pcm);
      this.#dataBytes += pcm.byteLength;
    } catch (cause) {
      throw writeError(this.path, cause);
    }
  }

  /** Completes the header, makes the file durable and gives it its name. */
  async finish(): Promise<void> {
    const file = this.#opened();
    try {
      await file.write(pcm16WavHeader(this.sampleRate, this.#dataBytes), 0, PCM16_WAV_HEADER_BYTES, 0);
      await file.sync();
      await file.close();
      this.#file = undefined;
      await rename(this.#temporaryPath, this.path);
    } catch (cause) {
      throw writeError(this.path, cause);
    }
  }

  /** Drops an unfinished file; does nothing after `finish`. */
  async [Symbol.asyncDispose](): Promise<void> {
    const file = this.#file;
    if (!file) return;
    this.#file = undefined;
    await file.close().catch(() => undefined);
    await rm(this.#temporaryPath, { force: true });
  }

  #opened(): FileHandle {
    if (!this.#file) throw new VoiceError('VOICE_ERR_DISPOSED', `${this.path} was written to after it was finished`);
    return this.#file;
  }
}

/** Writes a whole file at once, as {@link WavWriter} does. */
export async function writeWavFile(path: string, samples: Float32Array, sampleRate: number): Promise<void> {
  await using writer = await WavWriter.create(path, sampleRate);
  await writer.write(samples);
  await writer.finish();
}

function writeError(path: string, cause: unknown): VoiceError {
  if (VoiceError.isInstance(cause)) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  const why = code === 'ENOENT' ? `the folder ${dirname(resolve(path))} does not exist` : code === 'ENOSPC' ? 'the disk is full' : message;
  return new VoiceError('VOICE_ERR_DISK', `${path} could not be written: ${why}`, { cause });
}
