import { OnnxGraph } from '@sotto/server/testing';
import { type DecoderBranch, encoderCache, grownCache, type LayerCache, mergedDecoder } from './cached-decoder-graph.ts';
import type { MoonshineShape } from './model-shape.ts';
import { SharedWeights } from './random-weights.ts';
import { TransformerLayers } from './transformer-layers.ts';

const FLOAT = 1;
const ROPE_THETA = 10_000;
const END_TOKEN = 2;
/** One encoder frame is 384 samples (strides 64 · 3 · 2). */
const FRAME_S = 384 / 16_000;
/** Moonshine's own limit for English, and near what people say: the length that is forced. */
export const MOONSHINE_TOKENS_PER_SECOND = 6.5;

/** Tables of cosines and sines, [positions, rotary width]. */
type Rotation = { readonly cos: string; readonly sin: string };

/** Raw samples to hidden states: three convolutions, then layers of attention. */
export function moonshineEncoder(shape: MoonshineShape): OnnxGraph {
  const { width, feedForwardWidth } = shape;
  const g = new OnnxGraph('encoder');
  const L = new TransformerLayers(g, new SharedWeights(g), shape);
  const samples = g.op('Unsqueeze', [g.input('input_values', 'float', ['batch_size', 'num_samples']), g.ints(1)]);
  const conv = (x: string, name: string, from: number, to: number, kernel: number, stride: number, bias: boolean) => L.conv(x, `encoder.${name}`, { from, to, kernel, stride, pad: 0, bias });
  const first = groupNorm(L, g.op('Tanh', [conv(samples, 'conv1', 1, width, 127, 64, false)]));
  const second = L.gelu(conv(first, 'conv2', width, 2 * width, 7, 3, true));
  const third = L.gelu(conv(second, 'conv3', 2 * width, width, 3, 2, true));
  let x = g.op('Transpose', [third], { perm: [0, 2, 1] });
  const rotation = rotationTables(L, shape, g.op('Range', [g.int(0), L.sizeOf(x, 1), g.int(1)]));
  for (let i = 0; i < shape.layerCount; i++) {
    const name = `encoder.layers.${i}`;
    const normed = L.norm(x, `${name}.input_layernorm`, { bias: false });
    const [q, k, v] = (['q_proj', 'k_proj', 'v_proj'] as const).map((part) => L.heads(L.linear(normed, `${name}.self_attn.${part}`, width, width, { bias: false })));
    x = g.op('Add', [x, L.attend(rotate(L, shape, q!, rotation), rotate(L, shape, k!, rotation), v!, `${name}.self_attn.o_proj`, { bias: false })]);
    const inner = L.gelu(L.linear(L.norm(x, `${name}.post_attention_layernorm`, { bias: false }), `${name}.fc1`, width, feedForwardWidth, { bias: true }));
    x = g.op('Add', [x, L.linear(inner, `${name}.fc2`, feedForwardWidth, width, { bias: true })]);
  }
  g.output(L.norm(x, 'encoder.layer_norm', { bias: false, output: 'last_hidden_state' }), 'float', ['batch_size', 'encoder_sequence_length', width]);
  return g;
}

/** Tokens and hidden states to logits; ends after {@link MOONSHINE_TOKENS_PER_SECOND} of the audio. */
export function moonshineDecoder(shape: MoonshineShape): OnnxGraph {
  return mergedDecoder(shape, (branch) => {
    const { layers: L, places } = branch;
    const g = L.graph;
    const embedding = L.weights.tensor('decoder.embed_tokens.weight', [shape.vocabularySize, shape.width], 1 / Math.sqrt(shape.width));
    const rotation = rotationTables(L, shape, places);
    const caches: LayerCache[] = [];
    let x = g.op('Gather', [embedding, 'input_ids']);
    for (let i = 0; i < shape.layerCount; i++) x = decoderLayer(branch, shape, i, x, rotation, caches);
    const logits = g.op('MatMul', [L.norm(x, 'decoder.norm', { bias: false }), g.op('Transpose', [embedding], { perm: [1, 0] })]);
    const frames = g.op('Cast', [L.sizeOf('encoder_hidden_states', 1)], { to: FLOAT });
    const limit = g.op('Floor', [g.op('Mul', [frames, L.number(FRAME_S * MOONSHINE_TOKENS_PER_SECOND)])]);
    return { logits: L.endAt(logits, places, limit, { end: END_TOKEN, isSpecial: (token) => token < END_TOKEN, vocabularySize: shape.vocabularySize }), caches };
  });
}

function decoderLayer(branch: DecoderBranch, shape: MoonshineShape, index: number, x: string, rotation: Rotation, caches: LayerCache[]): string {
  const { layers: L } = branch;
  const { width, feedForwardWidth } = shape;
  const g = L.graph;
  const name = `decoder.layers.${index}`;
  const project = (input: string, part: string) => L.heads(L.linear(input, `${name}.${part}`, width, width, { bias: false }));
  const normed = L.norm(x, `${name}.input_layernorm`, { bias: false });
  const query = rotate(L, shape, project(normed, 'self_attn.q_proj'), rotation);
  const decoderKey = grownCache(branch, index, 'key', rotate(L, shape, project(normed, 'self_attn.k_proj'), rotation));
  const decoderValue = grownCache(branch, index, 'value', project(normed, 'self_attn.v_proj'));
  const attended = g.op('Add', [x, L.attend(query, decoderKey, decoderValue, `${name}.self_attn.o_proj`, { bias: false, mask: branch.mask })]);
  const { used: [key, value], given: [encoderKey, encoderValue] } = encoderCache(branch, index, (part) => project('encoder_hidden_states', `encoder_attn.${part[0]}_proj`));
  const crossQuery = project(L.norm(attended, `${name}.post_attention_layernorm`, { bias: false }), 'encoder_attn.q_proj');
  const crossed = g.op('Add', [attended, L.attend(crossQuery, key, value, `${name}.encoder_attn.o_proj`, { bias: false })]);
  caches.push({ decoderKey, decoderValue, encoderKey, encoderValue });
  const both = L.linear(L.norm(crossed, `${name}.final_layernorm`, { bias: false }), `${name}.mlp.fc1`, width, 2 * feedForwardWidth, { bias: true });
  const [hidden, gate] = [L.slice(both, 2, 0, feedForwardWidth), L.slice(both, 2, feedForwardWidth)];
  const inner = g.op('Mul', [g.op('Mul', [gate, g.op('Sigmoid', [gate])]), hidden]);
  return g.op('Add', [crossed, L.linear(inner, `${name}.mlp.fc2`, feedForwardWidth, width, { bias: true })]);
}

/** Normalisation over all channels and samples at once, as PyTorch exports a group norm of one group. */
function groupNorm(L: TransformerLayers, x: string): string {
  const g = L.graph;
  const flat = g.op('Reshape', [x, g.ints(0, 1, -1)]);
  const normal = g.op('InstanceNormalization', [flat, g.floats([1], [1]), g.floats([0], [1])], { epsilon: { float: 1e-5 } });
  const shaped = g.op('Reshape', [normal, g.op('Shape', [x])]);
  const scaled = g.op('Mul', [shaped, L.weights.constant('encoder.groupnorm.weight', new Float32Array(L.width).fill(1), [L.width, 1])]);
  return g.op('Add', [scaled, L.weights.tensor('encoder.groupnorm.bias', [L.width, 1], 0.02)]);
}

function rotationTables(L: TransformerLayers, { rotaryWidth }: MoonshineShape, places: string): Rotation {
  const g = L.graph;
  const frequencies = Float32Array.from({ length: rotaryWidth / 2 }, (_, i) => ROPE_THETA ** ((-2 * i) / rotaryWidth));
  const angles = g.op('MatMul', [g.op('Unsqueeze', [g.op('Cast', [places], { to: FLOAT }), g.ints(1)]), L.weights.constant('rotary_frequencies', frequencies, [1, rotaryWidth / 2])]);
  const doubled = (x: string) => g.op('Reshape', [g.op('Concat', [g.op('Unsqueeze', [x, g.ints(-1)]), g.op('Unsqueeze', [x, g.ints(-1)])], { axis: -1 }), g.ints(0, -1)]);
  return { cos: doubled(g.op('Cos', [angles])), sin: doubled(g.op('Sin', [angles])) };
}

/** Rotates neighbouring channels of each head's first part and leaves the rest. */
function rotate(L: TransformerLayers, { rotaryWidth }: MoonshineShape, x: string, { cos, sin }: Rotation): string {
  const g = L.graph;
  const turned = L.slice(x, 3, 0, rotaryWidth);
  const [even, odd] = [L.slice(turned, 3, 0, undefined, 2), L.slice(turned, 3, 1, undefined, 2)];
  const swapped = g.op('Reshape', [g.op('Concat', [g.op('Unsqueeze', [g.op('Neg', [odd]), g.ints(-1)]), g.op('Unsqueeze', [even, g.ints(-1)])], { axis: -1 }), g.ints(0, 0, 0, -1)]);
  const rotated = g.op('Add', [g.op('Mul', [turned, cos]), g.op('Mul', [swapped, sin])]);
  return g.op('Concat', [rotated, L.slice(x, 3, rotaryWidth)], { axis: -1 });
}
