import { type FileHandle, open } from 'node:fs/promises';
import { ModelError } from '@sotto/pipeline';

export type GgufMetadataValue = string | number | bigint | boolean | readonly GgufMetadataValue[];

export type GgufTensorInfo = {
  readonly name: string;
  /** Row length first. */
  readonly shape: readonly number[];
  /** Number of the ggml type. */
  readonly typeId: number;
  /** From {@link GgufHeader.dataOffset}. */
  readonly offset: number;
};

export type GgufHeader = {
  readonly path: string;
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufMetadataValue>;
  readonly tensors: readonly GgufTensorInfo[];
  /** Where tensor data begins in the file, in bytes. */
  readonly dataOffset: number;
  readonly fileByteCount: number;
};

/** Limits far above any real model; they bound what a hostile header can make us allocate. */
const MAX_KEY_COUNT = 65_536;
const MAX_TENSOR_COUNT = 65_536;
const MAX_STRING_BYTES = 16 * 1024 * 1024;
const MAX_DIMENSION_COUNT = 4;
const MAX_ARRAY_DEPTH = 2;
const READ_BYTES = 1 << 20;
const DEFAULT_ALIGNMENT = 32;
const SCALAR_BATCH = 65_536;

const STRING_TYPE = 8;
const ARRAY_TYPE = 9;
/** Metadata value types of fixed size, by their number in the GGUF specification. */
const SCALARS: Readonly<Record<number, { readonly byteCount: number; readonly read: (bytes: Buffer, at: number) => number | bigint | boolean }>> = {
  0: { byteCount: 1, read: (bytes, at) => bytes.readUInt8(at) },
  1: { byteCount: 1, read: (bytes, at) => bytes.readInt8(at) },
  2: { byteCount: 2, read: (bytes, at) => bytes.readUInt16LE(at) },
  3: { byteCount: 2, read: (bytes, at) => bytes.readInt16LE(at) },
  4: { byteCount: 4, read: (bytes, at) => bytes.readUInt32LE(at) },
  5: { byteCount: 4, read: (bytes, at) => bytes.readInt32LE(at) },
  6: { byteCount: 4, read: (bytes, at) => bytes.readFloatLE(at) },
  7: { byteCount: 1, read: (bytes, at) => bytes.readUInt8(at) !== 0 },
  10: { byteCount: 8, read: (bytes, at) => bytes.readBigUInt64LE(at) },
  11: { byteCount: 8, read: (bytes, at) => bytes.readBigInt64LE(at) },
  12: { byteCount: 8, read: (bytes, at) => bytes.readDoubleLE(at) },
};

/**
 * Reads the header of a GGUF file (versions 2 and 3, little-endian): metadata and tensor table,
 * no weights. llama.cpp ends the process on some malformed headers, so none reaches it unread.
 * @throws {ModelError} VOICE_ERR_MODEL_NOT_FOUND when there is no such file.
 * @throws {ModelError} VOICE_ERR_MODEL_FORMAT when the file is not GGUF, cut off, or malformed.
 */
export async function readGgufHeader(path: string): Promise<GgufHeader> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new ModelError('VOICE_ERR_MODEL_NOT_FOUND', `Cannot open the model file ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { stage: 'llm', cause });
  });
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new ModelError('VOICE_ERR_MODEL_NOT_FOUND', `Expected a model file at ${path}, got something else`, { stage: 'llm' });
    return await parseHeader(new GgufReader(file, path, stat.size));
  } finally {
    await file.close();
  }
}

async function parseHeader(reader: GgufReader): Promise<GgufHeader> {
  const magic = await reader.bytes(4);
  if (magic.toString('latin1') !== 'GGUF') throw reader.malformed(`expected it to begin with "GGUF", got ${JSON.stringify(magic.toString('latin1'))}`);
  const version = await reader.uint32();
  if (version !== 2 && version !== 3) throw reader.malformed(`expected version 2 or 3, got ${version}`);
  const tensorCount = await reader.count(MAX_TENSOR_COUNT, 'tensors');
  const keyCount = await reader.count(MAX_KEY_COUNT, 'metadata keys');

  const metadata = new Map<string, GgufMetadataValue>();
  for (let index = 0; index < keyCount; index++) {
    const key = await reader.string();
    if (metadata.has(key)) throw reader.malformed(`metadata key ${JSON.stringify(key)} appears twice`);
    metadata.set(key, await reader.value(await reader.uint32()));
  }
  const tensors: GgufTensorInfo[] = [];
  for (let index = 0; index < tensorCount; index++) tensors.push(await readTensorInfo(reader));

  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  if (typeof alignment !== 'number' || alignment <= 0 || alignment % 8 !== 0) throw reader.malformed(`general.alignment must be a multiple of 8, got ${String(alignment)}`);
  const dataOffset = Math.ceil(reader.position / alignment) * alignment;
  return { path: reader.path, version, metadata, tensors, dataOffset, fileByteCount: reader.fileByteCount };
}

async function readTensorInfo(reader: GgufReader): Promise<GgufTensorInfo> {
  const name = await reader.string();
  const dimensionCount = await reader.uint32();
  if (dimensionCount < 1 || dimensionCount > MAX_DIMENSION_COUNT) throw reader.malformed(`tensor ${JSON.stringify(name)} has ${dimensionCount} dimensions`);
  const shape: number[] = [];
  for (let index = 0; index < dimensionCount; index++) shape.push(await reader.count(Number.MAX_SAFE_INTEGER, 'elements'));
  return { name, shape, typeId: await reader.uint32(), offset: await reader.count(Number.MAX_SAFE_INTEGER, 'bytes') };
}

/** Sequential reader over a file, one megabyte at a time, that knows where the file ends. */
class GgufReader {
  readonly path: string;
  readonly fileByteCount: number;
  readonly #file: FileHandle;
  #buffer = Buffer.alloc(0);
  #at = 0;
  /** Position in the file of the end of the buffer. */
  #readUpTo = 0;

  constructor(file: FileHandle, path: string, fileByteCount: number) {
    this.#file = file;
    this.path = path;
    this.fileByteCount = fileByteCount;
  }

  get position(): number {
    return this.#readUpTo - (this.#buffer.length - this.#at);
  }

  malformed(what: string): ModelError {
    return new ModelError('VOICE_ERR_MODEL_FORMAT', `${this.path} is not a usable GGUF file: ${what} (at byte ${this.position})`, { stage: 'llm' });
  }

  async bytes(byteCount: number): Promise<Buffer> {
    if (this.#buffer.length - this.#at < byteCount) await this.#fill(byteCount);
    this.#at += byteCount;
    return this.#buffer.subarray(this.#at - byteCount, this.#at);
  }

  async uint32(): Promise<number> {
    return (await this.bytes(4)).readUInt32LE();
  }

  async count(max: number, what: string): Promise<number> {
    const value = (await this.bytes(8)).readBigUInt64LE();
    if (value > BigInt(max)) throw this.malformed(`it claims ${value} ${what}`);
    return Number(value);
  }

  async string(): Promise<string> {
    const byteCount = await this.count(MAX_STRING_BYTES, 'bytes in a string');
    return (await this.bytes(byteCount)).toString('utf8');
  }

  async value(typeId: number, depth = 0): Promise<GgufMetadataValue> {
    const scalar = SCALARS[typeId];
    if (scalar !== undefined) return scalar.read(await this.bytes(scalar.byteCount), 0);
    if (typeId === STRING_TYPE) return await this.string();
    if (typeId === ARRAY_TYPE) return await this.#array(depth);
    throw this.malformed(`unknown metadata type ${typeId}`);
  }

  async #array(depth: number): Promise<readonly GgufMetadataValue[]> {
    if (depth >= MAX_ARRAY_DEPTH) throw this.malformed('arrays are nested too deeply');
    const typeId = await this.uint32();
    const scalar = SCALARS[typeId];
    // Every element takes at least so many bytes, so an honest count cannot exceed what is left of the file.
    const itemCount = await this.count(Math.floor((this.fileByteCount - this.position) / (scalar?.byteCount ?? 8)), 'items in an array');
    const items: GgufMetadataValue[] = [];
    if (scalar !== undefined) {
      while (items.length < itemCount) {
        const batch = Math.min(itemCount - items.length, SCALAR_BATCH);
        const bytes = await this.bytes(batch * scalar.byteCount);
        for (let index = 0; index < batch; index++) items.push(scalar.read(bytes, index * scalar.byteCount));
      }
      return items;
    }
    // A vocabulary has hundreds of thousands of strings: await only where the buffer ends.
    while (items.length < itemCount) items.push((typeId === STRING_TYPE ? this.#bufferedString() : undefined) ?? (await this.value(typeId, depth + 1)));
    return items;
  }

  #bufferedString(): string | undefined {
    if (this.#buffer.length - this.#at < 8) return undefined;
    const end = BigInt(this.#at + 8) + this.#buffer.readBigUInt64LE(this.#at);
    if (end > BigInt(this.#buffer.length)) return undefined;
    const start = this.#at + 8;
    this.#at = Number(end);
    return this.#buffer.toString('utf8', start, this.#at);
  }

  async #fill(byteCount: number): Promise<void> {
    const left = this.#buffer.subarray(this.#at);
    if (this.#readUpTo + (byteCount - left.length) > this.fileByteCount) throw this.malformed(`it ends after ${this.fileByteCount} bytes, in the middle of its header`);
    const next = Buffer.alloc(Math.max(byteCount - left.length, Math.min(READ_BYTES, this.fileByteCount - this.#readUpTo)));
    let filled = 0;
    while (filled < next.length) {
      const { bytesRead } = await this.#file.read(next, filled, next.length - filled, this.#readUpTo + filled);
      if (bytesRead === 0) throw this.malformed('it became shorter while being read');
      filled += bytesRead;
    }
    this.#readUpTo += filled;
    this.#buffer = Buffer.concat([left, next]);
    this.#at = 0;
  }
}
