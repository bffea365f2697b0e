import { OnnxGraph } from '@sotto/server/testing';
import { encoderCache, type DecoderBranch, grownCache, type LayerCache, mergedDecoder } from './cached-decoder-graph.ts';
import type { WhisperShape } from './model-shape.ts';
import { SharedWeights } from './random-weights.ts';
import { TransformerLayers } from './transformer-layers.ts';
import { whisperTokenIds } from './made-up-tokenizer.ts';

const MEL_COUNT = 80;
const SOURCE_POSITIONS = 1500;
export const WHISPER_TARGET_POSITIONS = 448;
/** Start, language, task, no timestamps. */
const PROMPT_TOKEN_COUNT = 4;
/** What the decoder says before it ends, whatever the audio: it always hears 30 s and cannot know how much of it is speech. About 10 s of English. */
export const WHISPER_TOKEN_COUNT = 32;

/** 30 s of log-mel features to hidden states. */
export function whisperEncoder(shape: WhisperShape): OnnxGraph {
  const { width } = shape;
  const g = new OnnxGraph('encoder');
  const L = new TransformerLayers(g, new SharedWeights(g), shape);
  const features = g.input('input_features', 'float', ['batch_size', MEL_COUNT, 2 * SOURCE_POSITIONS]);
  const first = L.gelu(L.conv(features, 'conv1', { from: MEL_COUNT, to: width, kernel: 3, stride: 1, pad: 1, bias: true }));
  const second = L.gelu(L.conv(first, 'conv2', { from: width, to: width, kernel: 3, stride: 2, pad: 1, bias: true }));
  let x = g.op('Add', [g.op('Transpose', [second], { perm: [0, 2, 1] }), L.weights.tensor('embed_positions.weight', [SOURCE_POSITIONS, width], 0.1)]);
  for (let i = 0; i < shape.layerCount; i++) {
    const name = `layers.${i}`;
    const normed = L.norm(x, `${name}.self_attn_layer_norm`, { bias: true });
    const [q, k, v] = project(L, `${name}.self_attn`, normed, normed);
    x = g.op('Add', [x, L.attend(q(), k(), v(), `${name}.self_attn.out_proj`, { bias: true })]);
    x = feedForward(L, shape, name, x);
  }
  g.output(L.norm(x, 'layer_norm', { bias: true, output: 'last_hidden_state' }), 'float', ['batch_size', SOURCE_POSITIONS, width]);
  return g;
}

/** Tokens and hidden states to logits; ends after {@link WHISPER_TOKEN_COUNT} tokens. */
export function whisperDecoder(shape: WhisperShape): OnnxGraph {
  const { end } = whisperTokenIds(shape.vocabularySize);
  return mergedDecoder(shape, (branch) => {
    const { layers: L, places } = branch;
    const g = L.graph;
    const embedding = L.weights.tensor('embed_tokens.weight', [shape.vocabularySize, shape.width], 1 / Math.sqrt(shape.width));
    const positions = L.weights.tensor('embed_positions.weight', [WHISPER_TARGET_POSITIONS, shape.width], 0.05);
    const caches: LayerCache[] = [];
    let x = g.op('Add', [g.op('Gather', [embedding, 'input_ids']), g.op('Gather', [positions, places])]);
    for (let i = 0; i < shape.layerCount; i++) x = decoderLayer(branch, shape, i, x, caches);
    const logits = g.op('MatMul', [L.norm(x, 'layer_norm', { bias: true }), g.op('Transpose', [embedding], { perm: [1, 0] })]);
    return { logits: L.endAt(logits, places, L.number(PROMPT_TOKEN_COUNT - 1 + WHISPER_TOKEN_COUNT), { end, isSpecial: (token) => token > end, vocabularySize: shape.vocabularySize }), caches };
  });
}

function decoderLayer(branch: DecoderBranch, shape: WhisperShape, index: number, x: string, caches: LayerCache[]): string {
  const { layers: L } = branch;
  const g = L.graph;
  const name = `layers.${index}`;
  const normed = L.norm(x, `${name}.self_attn_layer_norm`, { bias: true });
  const [q, k, v] = project(L, `${name}.self_attn`, normed, normed);
  const decoderKey = grownCache(branch, index, 'key', k());
  const decoderValue = grownCache(branch, index, 'value', v());
  const attended = g.op('Add', [x, L.attend(q(), decoderKey, decoderValue, `${name}.self_attn.out_proj`, { bias: true, mask: branch.mask })]);
  const [crossQuery, crossKey, crossValue] = project(L, `${name}.encoder_attn`, L.norm(attended, `${name}.encoder_attn_layer_norm`, { bias: true }), 'encoder_hidden_states');
  const { used: [key, value], given: [encoderKey, encoderValue] } = encoderCache(branch, index, (part) => (part === 'key' ? crossKey() : crossValue()));
  const crossed = g.op('Add', [attended, L.attend(crossQuery(), key, value, `${name}.encoder_attn.out_proj`, { bias: true })]);
  caches.push({ decoderKey, decoderValue, encoderKey, encoderValue });
  return feedForward(L, shape, name, crossed);
}

/** Query, key and value, each computed where it is asked for; Whisper's keys have no bias. */
function project(L: TransformerLayers, name: string, from: string, memory: string): readonly [() => string, () => string, () => string] {
  const make = (input: string, part: string, bias: boolean) => () => L.heads(L.linear(input, `${name}.${part}`, L.width, L.width, { bias }));
  return [make(from, 'q_proj', true), make(memory, 'k_proj', false), make(memory, 'v_proj', true)];
}

function feedForward(L: TransformerLayers, { width, feedForwardWidth }: WhisperShape, name: string, x: string): string {
  const inner = L.gelu(L.linear(L.norm(x, `${name}.final_layer_norm`, { bias: true }), `${name}.fc1`, width, feedForwardWidth, { bias: true }));
  return L.graph.op('Add', [x, L.linear(inner, `${name}.fc2`, feedForwardWidth, width, { bias: true })]);
}
