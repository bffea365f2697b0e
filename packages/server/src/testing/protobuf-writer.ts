import type { StreamedBytes } from './streamed-bytes.ts';

/** Writes Protocol Buffers messages field by field; as much of the wire format as ONNX needs. */
export class ProtobufWriter implements StreamedBytes {
  readonly #parts: (Uint8Array | StreamedBytes)[] = [];
  #byteCount = 0;

  get byteCount(): number {
    return this.#byteCount;
  }

  varint(field: number, value: number | bigint): this {
    return this.#key(field, 0).#varint(BigInt(value));
  }

  float(field: number, value: number): this {
    return this.#key(field, 5).#add(new Uint8Array(Float32Array.of(value).buffer));
  }

  /** Streamed bytes are asked for when the message is written, and not before. */
  bytes(field: number, value: Uint8Array | StreamedBytes): this {
    return this.#key(field, 2).#varint(BigInt(byteCountOf(value))).#add(value);
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, value: ProtobufWriter): this {
    return this.bytes(field, value);
  }

  /** Goes on with the fields of another message. */
  fieldsOf(other: ProtobufWriter): this {
    return this.#add(other);
  }

  *pieces(): Iterable<Uint8Array> {
    for (const part of this.#parts) {
      if (part instanceof Uint8Array) yield part;
      else yield* part.pieces();
    }
  }

  finish(): Uint8Array {
    const whole = new Uint8Array(this.#byteCount);
    let at = 0;
    for (const piece of this.pieces()) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  #key(field: number, wireType: number): this {
    return this.#varint(BigInt((field << 3) | wireType));
  }

  #varint(value: bigint): this {
    let rest = BigInt.asUintN(64, value);
    const bytes: number[] = [];
    do {
      bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
      rest >>= 7n;
    } while (rest > 0n);
    return this.#add(Uint8Array.from(bytes));
  }

  #add(part: Uint8Array | StreamedBytes): this {
    this.#parts.push(part);
    this.#byteCount += byteCountOf(part);
    return this;
  }
}

function byteCountOf(part: Uint8Array | StreamedBytes): number {
  return part instanceof Uint8Array ? part.length : part.byteCount;
}
