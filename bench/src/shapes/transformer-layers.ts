import type { OnnxGraph } from '@sotto/server/testing';
import type { SharedWeights } from './random-weights.ts';

const FLOAT = 1;
/** Past the end of every axis. */
const END = 2 ** 40;
/** Beyond any logit, and finite, so that probabilities stay numbers. */
const CERTAIN = 1e9;

/** Building blocks that Moonshine and Whisper share, as the nodes that exports from PyTorch have. Nodes go into `graph`, weights are shared. */
export class TransformerLayers {
  readonly graph: OnnxGraph;
  readonly weights: SharedWeights;
  readonly width: number;
  readonly headCount: number;

  constructor(graph: OnnxGraph, weights: SharedWeights, size: { readonly width: number; readonly headCount: number }) {
    this.graph = graph;
    this.weights = weights;
    this.width = size.width;
    this.headCount = size.headCount;
  }

  get headWidth(): number {
    return this.width / this.headCount;
  }

  linear(x: string, name: string, from: number, to: number, options: { readonly bias: boolean }): string {
    const product = this.graph.op('MatMul', [x, this.weights.tensor(`${name}.weight`, [from, to], 1 / Math.sqrt(from))]);
    return options.bias ? this.graph.op('Add', [this.weights.tensor(`${name}.bias`, [to], 0.02), product]) : product;
  }

  norm(x: string, name: string, options: { readonly bias: boolean; readonly output?: string }): string {
    const inputs = [x, this.weights.constant(`${name}.weight`, new Float32Array(this.width).fill(1), [this.width])];
    if (options.bias) inputs.push(this.weights.tensor(`${name}.bias`, [this.width], 0.02));
    return this.graph.op('LayerNormalization', inputs, { axis: -1, epsilon: { float: 1e-5 } }, options.output);
  }

  conv(x: string, name: string, size: { readonly from: number; readonly to: number; readonly kernel: number; readonly stride: number; readonly pad: number; readonly bias: boolean }): string {
    const { from, to, kernel, stride, pad } = size;
    const inputs = [x, this.weights.tensor(`${name}.weight`, [to, from, kernel], 1 / Math.sqrt(from * kernel))];
    if (size.bias) inputs.push(this.weights.tensor(`${name}.bias`, [to], 0.02));
    return this.graph.op('Conv', inputs, { dilations: [1], group: 1, kernel_shape: [kernel], pads: [pad, pad], strides: [stride] });
  }

  gelu(x: string): string {
    const erf = this.graph.op('Erf', [this.graph.op('Div', [x, this.number(Math.SQRT2)])]);
    const product = this.graph.op('Mul', [x, this.graph.op('Add', [erf, this.number(1)])]);
    return this.graph.op('Mul', [product, this.number(0.5)]);
  }

  /** [batch, length, width] → [batch, heads, length, head width]. */
  heads(x: string): string {
    return this.graph.op('Transpose', [this.graph.op('Reshape', [x, this.graph.ints(0, 0, this.headCount, this.headWidth)])], { perm: [0, 2, 1, 3] });
  }

  /** Scaled dot-product attention and the projection of its output. */
  attend(q: string, k: string, v: string, projection: string, options: { readonly bias: boolean; readonly mask?: string | undefined }): string {
    const g = this.graph;
    // PyTorch exports the scale as its root on both sides, for the sake of half precision.
    const root = this.number(this.headWidth ** -0.25);
    const scores = g.op('MatMul', [g.op('Mul', [q, root]), g.op('Mul', [g.op('Transpose', [k], { perm: [0, 1, 3, 2] }), root])]);
    const attention = g.op('Softmax', [options.mask === undefined ? scores : g.op('Add', [scores, options.mask])], { axis: -1 });
    const mixed = g.op('Transpose', [g.op('MatMul', [attention, v])], { perm: [0, 2, 1, 3] });
    return this.linear(g.op('Reshape', [mixed, g.ints(0, 0, this.width)]), projection, this.width, this.width, options);
  }

  /** 0 where a row may look, and very little where it would see what comes after it. */
  causalMask(places: string, total: string): string {
    const g = this.graph;
    const columns = g.op('Unsqueeze', [g.op('Range', [g.int(0), total, g.int(1)]), g.ints(0)]);
    return g.op('Where', [g.op('Greater', [columns, g.op('Unsqueeze', [places, g.ints(1)])]), this.number(-CERTAIN), this.number(0)]);
  }

  /**
   * Makes the end token win from position `limit` (a float) on and lose before it, and lets no other special token be said. Random
   * weights never end a sentence of themselves; with the end in the graph every runtime says equally much.
   */
  endAt(logits: string, places: string, limit: string, tokens: { readonly end: number; readonly isSpecial: (token: number) => boolean; readonly vocabularySize: number }): string {
    const g = this.graph;
    const { end, isSpecial, vocabularySize } = tokens;
    const scores = (endScore: number) => Float32Array.from({ length: vocabularySize }, (_, token) => (token === end ? endScore : isSpecial(token) ? -CERTAIN : 0));
    const reached = g.op('Unsqueeze', [g.op('GreaterOrEqual', [g.op('Cast', [places], { to: FLOAT }), limit]), g.ints(1)]);
    const before = this.weights.constant('scores_before_end', scores(-CERTAIN), [1, vocabularySize]);
    const after = this.weights.constant('scores_at_end', scores(CERTAIN), [1, vocabularySize]);
    return g.op('Add', [logits, g.op('Where', [reached, after, before])]);
  }

  slice(x: string, axis: number, start: number, end = END, step = 1): string {
    const g = this.graph;
    return g.op('Slice', [x, g.ints(start), g.ints(end), g.ints(axis), g.ints(step)]);
  }

  sizeOf(x: string, axis: number): string {
    return this.graph.op('Gather', [this.graph.op('Shape', [x]), this.graph.int(axis)]);
  }

  number(value: number): string {
    return this.graph.floats([value], []);
  }
}
