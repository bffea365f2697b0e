import { OnnxGraph } from '@sotto/server/testing';
import { SharedWeights } from './random-weights.ts';
import { TransformerLayers } from './transformer-layers.ts';

export type DecoderSize = { readonly width: number; readonly headCount: number; readonly layerCount: number; readonly vocabularySize: number };

/** Keys and values that a layer of one branch gives out, [batch, heads, length, head width] each. */
export type LayerCache = { readonly decoderKey: string; readonly decoderValue: string; readonly encoderKey: string; readonly encoderValue: string };

/** One branch of the decoder under construction. */
export type DecoderBranch = {
  readonly layers: TransformerLayers;
  /** Whether this branch takes one token and the keys and values of all before. */
  readonly cached: boolean;
  /** Positions of the tokens read, and how many there are with those before; int64. */
  readonly places: string;
  readonly total: string;
  readonly mask: string | undefined;
};

/**
 * The merged decoder of Optimum's exports: two whole branches over shared weights, one that reads tokens from nothing and one
 * that goes on from a cache, and `use_cache_branch` to choose.
 */
export function mergedDecoder(size: DecoderSize, build: (branch: DecoderBranch) => { readonly logits: string; readonly caches: readonly LayerCache[] }): OnnxGraph {
  const g = new OnnxGraph('decoder');
  declareInputs(g, size);
  const weights = new SharedWeights(g);
  const outputs = cacheNames(size, 'present').map(([name]) => name);
  const make = (name: string, cached: boolean): OnnxGraph => {
    const graph = new OnnxGraph(name);
    const { logits, caches } = build(openBranch(new TransformerLayers(graph, weights, size), cached));
    const given = [logits, ...caches.flatMap(({ decoderKey, decoderValue, encoderKey, encoderValue }) => [decoderKey, decoderValue, encoderKey, encoderValue])];
    graph.output(given[0]!, 'float', ['batch_size', 'decoder_sequence_length', size.vocabularySize]);
    for (const [index, tensor] of given.slice(1).entries()) graph.output(tensor, 'float', [`${name}_batch_${index % 4}`, size.headCount, `${name}_length_${index % 4}`, size.width / size.headCount]);
    return graph;
  };
  g.ops('If', ['use_cache_branch'], { then_branch: make('cached', true), else_branch: make('first', false) }, ['logits', ...outputs]);
  g.output('logits', 'float', ['batch_size', 'decoder_sequence_length', size.vocabularySize]);
  for (const [name, length] of cacheNames(size, 'present')) g.output(name, 'float', ['batch_size', size.headCount, length, size.width / size.headCount]);
  return g;
}

/** Keys and values of what was read so far, with those of the new tokens behind. */
export function grownCache({ layers, cached }: DecoderBranch, layer: number, part: 'key' | 'value', fresh: string): string {
  return cached ? layers.graph.op('Concat', [`past_key_values.${layer}.decoder.${part}`, fresh], { axis: 2 }) : fresh;
}

/** Keys and values of the encoder's output: computed in the first call, taken from the cache in the others. */
export function encoderCache({ layers, cached }: DecoderBranch, layer: number, compute: (part: 'key' | 'value') => string): { readonly used: readonly [string, string]; readonly given: readonly [string, string] } {
  if (!cached) {
    const made = [compute('key'), compute('value')] as const;
    return { used: made, given: made };
  }
  const g = layers.graph;
  // Exports give out something empty here; whoever runs them keeps the first call's.
  const empty = () => g.op('ConstantOfShape', [g.ints(0, layers.headCount, 1, layers.headWidth)]);
  return { used: [`past_key_values.${layer}.encoder.key`, `past_key_values.${layer}.encoder.value`], given: [empty(), empty()] };
}

function openBranch(layers: TransformerLayers, cached: boolean): DecoderBranch {
  const g = layers.graph;
  const fresh = layers.sizeOf('input_ids', 1);
  const past = cached ? layers.sizeOf('past_key_values.0.decoder.key', 2) : g.int(0);
  const total = g.op('Add', [past, fresh]);
  const places = g.op('Range', [past, total, g.int(1)]);
  return { layers, cached, places, total, mask: cached ? undefined : layers.causalMask(places, total) };
}

function declareInputs(g: OnnxGraph, size: DecoderSize): void {
  g.input('input_ids', 'int64', ['batch_size', 'decoder_sequence_length']);
  g.input('encoder_hidden_states', 'float', ['batch_size', 'encoder_sequence_length', size.width]);
  for (const [name, length] of cacheNames(size, 'past_key_values')) g.input(name, 'float', ['batch_size', size.headCount, length, size.width / size.headCount]);
  g.input('use_cache_branch', 'bool', [1]);
}

/** Names of the caches in the order of the exports, with the name of their free length. */
function cacheNames(size: DecoderSize, prefix: 'past_key_values' | 'present'): (readonly [name: string, length: string])[] {
  const length = prefix === 'present' ? 'total_decoder_sequence_length' : 'past_decoder_sequence_length';
  return Array.from({ length: size.layerCount }, (_, layer) => (['decoder.key', 'decoder.value', 'encoder.key', 'encoder.value'] as const).map((part) => [`${prefix}.${layer}.${part}`, part.startsWith('decoder') ? length : 'encoder_sequence_length_out'] as const)).flat();
}
