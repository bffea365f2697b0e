import { ModelError } from '../errors.ts';

/** How messages nest, by field number, down to the tensors (onnx.proto of ONNX 1.17). */
const NESTED: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  Model: { 7: 'Graph', 20: 'TrainingInfo', 25: 'Function' },
  TrainingInfo: { 1: 'Graph', 2: 'Graph' },
  Function: { 7: 'Node', 11: 'Attribute' },
  Graph: { 1: 'Node', 5: 'Tensor', 15: 'SparseTensor' },
  Node: { 5: 'Attribute' },
  Attribute: { 5: 'Tensor', 6: 'Graph', 10: 'Tensor', 11: 'Graph', 22: 'SparseTensor', 23: 'SparseTensor' },
  SparseTensor: { 1: 'Tensor', 2: 'Tensor' },
  Tensor: {},
};
const TENSOR_EXTERNAL_DATA = 13;
const TENSOR_DATA_LOCATION = 14;
const MAX_DEPTH = 64;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/**
 * Refuses an ONNX graph that keeps tensors in other files. Such a graph names paths that the runtime
 * opens by itself, which has been used to read files outside the model's folder (CVE-2022-25882,
 * CVE-2024-27318, CVE-2026-27489), also from sparse tensors and sub-graphs; so every tensor is looked at.
 * @throws {ModelError} VOICE_ERR_MODEL_EXTERNAL_DATA; VOICE_ERR_MODEL_FORMAT when the bytes are not a well-formed graph.
 */
export function assertNoExternalData(bytes: Uint8Array, name: string): void {
  try {
    if (holdsExternalData(new Cursor(bytes, 0, bytes.length), 'Model', 0)) {
      throw new ModelError('VOICE_ERR_MODEL_EXTERNAL_DATA', `${name} keeps tensors in other files, which is refused; use a graph that holds its own weights`, { stage: 'models' });
    }
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    throw new ModelError('VOICE_ERR_MODEL_FORMAT', `${name} is not a whole ONNX graph: ${thrown.message}; pull or import the model again`, { stage: 'models', cause: thrown });
  }
}

function holdsExternalData(cursor: Cursor, message: string, depth: number): boolean {
  if (depth > MAX_DEPTH) throw new RangeError(`graphs are nested deeper than ${MAX_DEPTH}`);
  const nested = NESTED[message]!;
  let fieldCount = 0;
  while (!cursor.atEnd) {
    const { field, wireType } = cursor.tag();
    fieldCount++;
    if (message === 'Tensor' && field === TENSOR_EXTERNAL_DATA) return true;
    if (wireType === VARINT) {
      const value = cursor.varint();
      if (message === 'Tensor' && field === TENSOR_DATA_LOCATION && value !== 0) return true;
    } else if (wireType === LENGTH_DELIMITED) {
      const content = cursor.slice(cursor.varint());
      const child = nested[field];
      if (child && holdsExternalData(content, child, depth + 1)) return true;
    } else {
      cursor.slice(wireType === FIXED64 ? 8 : wireType === FIXED32 ? 4 : Number.NaN);
    }
  }
  if (message === 'Model' && fieldCount === 0) throw new RangeError('it is empty');
  return false;
}

/** A window into protobuf bytes. Every step beyond the window is a RangeError. */
class Cursor {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get atEnd(): boolean {
    return this.#at >= this.#end;
  }

  tag(): { readonly field: number; readonly wireType: number } {
    const tag = this.varint();
    const field = Math.floor(tag / 8);
    if (field === 0) throw new RangeError(`byte ${this.#at} begins no field`);
    return { field, wireType: tag % 8 };
  }

  /** Values beyond 2^53 lose precision, which no length or enum of a readable file has. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= this.#end) throw new RangeError('it ends within a number');
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError(`byte ${this.#at} continues a number of more than ten bytes`);
  }

  slice(length: number): Cursor {
    if (!(this.#at + length <= this.#end)) throw new RangeError(`it ends ${this.#at + length - this.#end} bytes too early`);
    const slice = new Cursor(this.#bytes, this.#at, this.#at + length);
    this.#at += length;
    return slice;
  }
}
