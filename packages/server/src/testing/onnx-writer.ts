import { ProtobufWriter } from './protobuf-writer.ts';
import type { StreamedBytes } from './streamed-bytes.ts';

/** Field numbers and element types of onnx.proto3. */
const FLOAT = 1;
const INT64 = 7;
const BOOL = 9;
const ELEMENT_TYPES = { float: FLOAT, int64: INT64, bool: BOOL } as const;

export type ElementType = keyof typeof ELEMENT_TYPES;
/** A number is a fixed size, a name a free one. */
export type Dimensions = readonly (number | string)[];
export type Attribute = number | readonly number[] | { readonly float: number } | OnnxGraph;

/** A graph under construction: each method adds a node and returns the name of its output. */
export class OnnxGraph {
  readonly #name: string;
  readonly #proto = new ProtobufWriter();
  readonly #inputs: ProtobufWriter[] = [];
  readonly #outputs: ProtobufWriter[] = [];
  #count = 0;

  constructor(name: string) {
    this.#name = name;
  }

  op(type: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}, output?: string): string {
    return this.ops(type, inputs, attributes, [output ?? this.#fresh(type)])[0]!;
  }

  ops(type: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>>, outputs: readonly string[]): readonly string[] {
    const node = new ProtobufWriter();
    for (const input of inputs) node.text(1, input);
    for (const output of outputs) node.text(2, output);
    node.text(4, type);
    for (const [name, value] of Object.entries(attributes)) node.message(5, attributeProto(name, value));
    this.#proto.message(1, node);
    return outputs;
  }

  floats(values: Float32Array | readonly number[], dimensions: readonly number[], name = this.#fresh('weights')): string {
    return this.#tensor(name, FLOAT, dimensions, new Uint8Array(Float32Array.from(values).buffer));
  }

  /** Floats that are made while the model is written; four bytes a value, little-endian. */
  streamedFloats(values: StreamedBytes, dimensions: readonly number[], name: string): string {
    return this.#tensor(name, FLOAT, dimensions, values);
  }

  ints(...values: number[]): string {
    return this.#tensor(this.#fresh('ints'), INT64, [values.length], new Uint8Array(BigInt64Array.from(values, BigInt).buffer));
  }

  int(value: number): string {
    return this.#tensor(this.#fresh('int'), INT64, [], new Uint8Array(BigInt64Array.of(BigInt(value)).buffer));
  }

  input(name: string, type: ElementType, dimensions: Dimensions): string {
    this.#inputs.push(valueInfo(name, type, dimensions));
    return name;
  }

  output(name: string, type: ElementType, dimensions: Dimensions): void {
    this.#outputs.push(valueInfo(name, type, dimensions));
  }

  toProto(): ProtobufWriter {
    const graph = new ProtobufWriter().fieldsOf(this.#proto).text(2, this.#name);
    for (const input of this.#inputs) graph.message(11, input);
    for (const output of this.#outputs) graph.message(12, output);
    return graph;
  }

  #tensor(name: string, type: number, dimensions: readonly number[], raw: Uint8Array | StreamedBytes): string {
    const tensor = new ProtobufWriter();
    for (const dimension of dimensions) tensor.varint(1, dimension);
    this.#proto.message(5, tensor.varint(2, type).text(8, name).bytes(9, raw));
    return name;
  }

  #fresh(hint: string): string {
    return `${this.#name}/${hint}_${this.#count++}`;
  }
}

/** A whole model file, to be written or finished. */
export function onnxModel(graph: OnnxGraph, opset = 17): ProtobufWriter {
  const opsetImport = new ProtobufWriter().text(1, '').varint(2, opset);
  return new ProtobufWriter().varint(1, 8).text(2, 'sotto').message(7, graph.toProto()).message(8, opsetImport);
}

function attributeProto(name: string, value: Attribute): ProtobufWriter {
  const attribute = new ProtobufWriter().text(1, name);
  if (typeof value === 'number') return attribute.varint(3, value).varint(20, 2);
  if (value instanceof OnnxGraph) return attribute.message(6, value.toProto()).varint(20, 5);
  if ('float' in value) return attribute.float(2, value.float).varint(20, 1);
  for (const item of value) attribute.varint(8, item);
  return attribute.varint(20, 7);
}

function valueInfo(name: string, type: ElementType, dimensions: Dimensions): ProtobufWriter {
  const shape = new ProtobufWriter();
  for (const dimension of dimensions) {
    shape.message(1, typeof dimension === 'number' ? new ProtobufWriter().varint(1, dimension) : new ProtobufWriter().text(2, dimension));
  }
  const tensor = new ProtobufWriter().varint(1, ELEMENT_TYPES[type]).message(2, shape);
  return new ProtobufWriter().text(1, name).message(2, new ProtobufWriter().message(1, tensor));
}
