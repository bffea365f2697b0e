import { type StreamedBytes, writeStreamedSync } from './streamed-bytes.ts';

/** Value types of GGUF metadata, by their number in the GGUF v3 specification. */
const VALUE_TYPE = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;

export type GgufValue =
  | { readonly type: 'uint32' | 'int32' | 'float32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'string-array'; readonly value: readonly string[] }
  | { readonly type: 'int32-array' | 'float32-array'; readonly value: readonly number[] };

export type GgufTensor = StreamedBytes & {
  readonly name: string;
  /** Row length first, as ggml counts. */
  readonly shape: readonly number[];
  /** Number of the ggml type: 0 float32, 8 Q8_0. */
  readonly typeId: number;
};

const ALIGNMENT = 32;

/** Writes a GGUF v3 file in one go. */
export function writeGguf(path: string, metadata: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): void {
  writeStreamedSync(path, ggufFile(metadata, tensors));
}

/** A GGUF v3 file: header, metadata, tensor table, tensor data aligned to 32 bytes. */
export function ggufFile(metadata: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): StreamedBytes {
  const header = new ByteSink();
  header.ascii('GGUF').uint32(3).uint64(tensors.length).uint64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    header.string(key);
    writeValue(header, value);
  }
  let offset = 0;
  for (const tensor of tensors) {
    header.string(tensor.name).uint32(tensor.shape.length);
    for (const length of tensor.shape) header.uint64(length);
    header.uint32(tensor.typeId).uint64(offset);
    offset += aligned(tensor.byteCount);
  }
  header.pad(aligned(header.byteCount) - header.byteCount);
  return {
    byteCount: header.byteCount + offset,
    *pieces() {
      yield header.bytes();
      for (const tensor of tensors) {
        yield* tensor.pieces();
        yield new Uint8Array(aligned(tensor.byteCount) - tensor.byteCount);
      }
    },
  };
}

function aligned(byteCount: number): number {
  return Math.ceil(byteCount / ALIGNMENT) * ALIGNMENT;
}

function writeValue(sink: ByteSink, value: GgufValue): void {
  switch (value.type) {
    case 'uint32':
      sink.uint32(VALUE_TYPE.uint32).uint32(value.value);
      return;
    case 'int32':
      sink.uint32(VALUE_TYPE.int32).int32(value.value);
      return;
    case 'float32':
      sink.uint32(VALUE_TYPE.float32).float32(value.value);
      return;
    case 'bool':
      sink.uint32(VALUE_TYPE.bool).uint8(value.value ? 1 : 0);
      return;
    case 'string':
      sink.uint32(VALUE_TYPE.string).string(value.value);
      return;
    case 'string-array':
      sink.uint32(VALUE_TYPE.array).uint32(VALUE_TYPE.string).uint64(value.value.length);
      for (const item of value.value) sink.string(item);
      return;
    case 'int32-array':
      sink.uint32(VALUE_TYPE.array).uint32(VALUE_TYPE.int32).uint64(value.value.length);
      for (const item of value.value) sink.int32(item);
      return;
    case 'float32-array':
      sink.uint32(VALUE_TYPE.array).uint32(VALUE_TYPE.float32).uint64(value.value.length);
      for (const item of value.value) sink.float32(item);
      return;
  }
}

/** Little-endian bytes, growing. */
class ByteSink {
  #buffer = Buffer.alloc(1 << 16);
  byteCount = 0;

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.byteCount);
  }

  uint8(value: number): this {
    const at = this.#take(1);
    this.#buffer.writeUInt8(value, at);
    return this;
  }

  uint32(value: number): this {
    const at = this.#take(4);
    this.#buffer.writeUInt32LE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.#take(4);
    this.#buffer.writeInt32LE(value, at);
    return this;
  }

  float32(value: number): this {
    const at = this.#take(4);
    this.#buffer.writeFloatLE(value, at);
    return this;
  }

  uint64(value: number): this {
    const at = this.#take(8);
    this.#buffer.writeBigUInt64LE(BigInt(value), at);
    return this;
  }

  ascii(value: string): this {
    const at = this.#take(value.length);
    this.#buffer.write(value, at, 'latin1');
    return this;
  }

  string(value: string): this {
    const encoded = Buffer.from(value, 'utf8');
    this.uint64(encoded.length);
    const at = this.#take(encoded.length);
    encoded.copy(this.#buffer, at);
    return this;
  }

  pad(byteCount: number): this {
    this.#take(byteCount);
    return this;
  }

  #take(byteCount: number): number {
    const at = this.byteCount;
    this.byteCount += byteCount;
    if (this.byteCount > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(this.byteCount, this.#buffer.length * 2));
      this.#buffer.copy(larger);
      this.#buffer = larger;
    }
    return at;
  }
}
