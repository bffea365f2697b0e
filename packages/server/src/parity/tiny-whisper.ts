import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from './clips.ts';
import { OnnxGraph, onnxModel } from '../testing/onnx-writer.ts';

/**
 * A Whisper of random weights: the graphs, tokenizer and configurations of the public ones, a thousand times smaller.
 * It understands nothing; it is there to compare two programs that run it.
 */
const WIDTH = 32;
const HEADS = 2;
const HEAD_WIDTH = WIDTH / HEADS;
const ENCODER_LAYERS = 1;
const DECODER_LAYERS = 2;
const MEL_COUNT = 80;
const SOURCE_POSITIONS = 1500;
const TARGET_POSITIONS = 448;
const LANGUAGES = ['en', 'zh', 'de', 'es', 'fr', 'ja'];

const MERGES = ['Ġ t', 'h e', 'Ġt he', 'Ġ a', 'i n', 'e r', 'o n', 'Ġ s', 'r e', 'n d', 'Ġa nd', 'Ġ w', 'o u', 'i s', 'Ġ b', 'Ġ m'];

export type TinyWhisperOptions = {
  readonly seed: number;
  /** Give the decoder `cross_attentions` outputs, as the `_timestamped` exports have. */
  readonly timestamped?: boolean;
  /** Added to the logits of these tokens, to make the model do what it should be kept from. */
  readonly bias?: Readonly<Record<string, number>>;
  /** Divides the logits; a high one leaves the model unsure of every token. @defaultValue 1 */
  readonly temperature?: number;
};

/** Writes the model into `folder`, in the layout of onnx-community. */
export async function makeTinyWhisper(folder: string, options: TinyWhisperOptions): Promise<void> {
  const vocabulary = tinyVocabulary();
  const weights = new Weights(seededRandom(options.seed));
  await mkdir(join(folder, 'onnx'), { recursive: true });
  await writeFile(join(folder, 'onnx/encoder_model.onnx'), encoderModel(weights));
  await writeFile(join(folder, 'onnx/decoder_model_merged.onnx'), decoderModel(weights, vocabulary, options));
  for (const [name, content] of Object.entries(textFiles(vocabulary))) await writeFile(join(folder, name), JSON.stringify(content));
}

type Vocabulary = { readonly text: readonly string[]; readonly special: readonly string[]; readonly timestamps: readonly string[]; readonly size: number; id(token: string): number };

function tinyVocabulary(): Vocabulary {
  let next = 0x100;
  const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode((byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae ? byte : next++));
  const text = [...bytes, ...MERGES.map((merge) => merge.replace(' ', ''))];
  const languages = LANGUAGES.map((language) => `<|${language}|>`);
  const special = ['<|endoftext|>', '<|startoftranscript|>', ...languages, '<|translate|>', '<|transcribe|>', '<|startoflm|>', '<|startofprev|>', '<|nospeech|>', '<|notimestamps|>'];
  const timestamps = Array.from({ length: 1501 }, (_, i) => `<|${(i * 0.02).toFixed(2)}|>`);
  const all = new Map([...text, ...special, ...timestamps].map((token, id) => [token, id]));
  return { text, special, timestamps, size: all.size, id: (token) => all.get(token)! };
}

class Weights {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Roughly normal numbers of the given deviation. */
  normal(count: number, deviation: number): Float32Array {
    return Float32Array.from({ length: count }, () => (this.#random() + this.#random() + this.#random() + this.#random() - 2) * Math.sqrt(3) * deviation);
  }
}

class Layers {
  readonly graph: OnnxGraph;
  readonly #weights: Weights;

  constructor(graph: OnnxGraph, weights: Weights) {
    this.graph = graph;
    this.#weights = weights;
  }

  linear(x: string, from = WIDTH, to = WIDTH, graph = this.graph, gain = 1.2): string {
    const product = graph.op('MatMul', [x, this.graph.floats(this.#weights.normal(from * to, gain / Math.sqrt(from)), [from, to])]);
    return graph.op('Add', [product, this.graph.floats(this.#weights.normal(to, 0.1), [to])]);
  }

  norm(x: string, output?: string): string {
    const scale = this.graph.floats(new Float32Array(WIDTH).fill(1), [WIDTH]);
    return this.graph.op('LayerNormalization', [x, scale, this.graph.floats(this.#weights.normal(WIDTH, 0.1), [WIDTH])], { axis: -1, epsilon: { float: 1e-5 } }, output);
  }

  gelu(x: string): string {
    const g = this.graph;
    const erf = g.op('Erf', [g.op('Div', [x, g.floats([Math.SQRT2], [])])]);
    return g.op('Mul', [g.op('Mul', [x, g.op('Add', [erf, g.floats([1], [])])]), g.floats([0.5], [])]);
  }

  conv(x: string, from: number, stride: number): string {
    const kernel = this.graph.floats(this.#weights.normal(WIDTH * from * 3, 1 / Math.sqrt(from * 3)), [WIDTH, from, 3]);
    return this.graph.op('Conv', [x, kernel, this.graph.floats(this.#weights.normal(WIDTH, 0.1), [WIDTH])], { strides: [stride], pads: [1, 1], kernel_shape: [3] });
  }

  table(rows: number, deviation: number): Float32Array {
    return this.#weights.normal(rows * WIDTH, deviation);
  }

  heads(x: string, graph = this.graph): string {
    const split = graph.op('Reshape', [x, this.graph.ints(0, 0, HEADS, HEAD_WIDTH)]);
    return graph.op('Transpose', [split], { perm: [0, 2, 1, 3] });
  }

  attend(q: string, k: string, v: string, mask?: string, weightsOutput?: string): string {
    const g = this.graph;
    const product = g.op('MatMul', [g.op('Mul', [q, g.floats([HEAD_WIDTH ** -0.5], [])]), g.op('Transpose', [k], { perm: [0, 1, 3, 2] })]);
    const attention = g.op('Softmax', [mask ? g.op('Add', [product, mask]) : product], { axis: -1 }, weightsOutput);
    const mixed = g.op('Transpose', [g.op('MatMul', [attention, v])], { perm: [0, 2, 1, 3] });
    return this.linear(g.op('Reshape', [mixed, g.ints(0, 0, WIDTH)]));
  }

  feedForward(x: string): string {
    return this.linear(this.gelu(this.linear(x, WIDTH, 2 * WIDTH)), 2 * WIDTH, WIDTH);
  }
}

function encoderModel(weights: Weights): Uint8Array {
  const g = new OnnxGraph('encoder');
  const layers = new Layers(g, weights);
  const features = g.input('input_features', 'float', ['batch_size', MEL_COUNT, 2 * SOURCE_POSITIONS]);
  const frames = layers.gelu(layers.conv(layers.gelu(layers.conv(features, MEL_COUNT, 1)), WIDTH, 2));
  let x = g.op('Add', [g.op('Transpose', [frames], { perm: [0, 2, 1] }), g.floats(layers.table(SOURCE_POSITIONS, 0.3), [SOURCE_POSITIONS, WIDTH])]);
  for (let i = 0; i < ENCODER_LAYERS; i++) {
    const normed = layers.norm(x);
    x = g.op('Add', [x, layers.attend(layers.heads(layers.linear(normed)), layers.heads(layers.linear(normed)), layers.heads(layers.linear(normed)))]);
    x = g.op('Add', [x, layers.feedForward(layers.norm(x))]);
  }
  layers.norm(x, 'last_hidden_state');
  g.output('last_hidden_state', 'float', ['batch_size', SOURCE_POSITIONS, WIDTH]);
  return onnxModel(g).finish();
}

function decoderModel(weights: Weights, vocabulary: Vocabulary, { timestamped = false, bias = {}, temperature = 1 }: TinyWhisperOptions): Uint8Array {
  const vocabularySize = vocabulary.size;
  const g = new OnnxGraph('decoder');
  const layers = new Layers(g, weights);
  g.input('input_ids', 'int64', ['batch_size', 'decoder_sequence_length']);
  g.input('encoder_hidden_states', 'float', ['batch_size', 'encoder_sequence_length', WIDTH]);
  for (let i = 0; i < DECODER_LAYERS; i++) {
    for (const part of ['key', 'value']) {
      g.input(`past_key_values.${i}.decoder.${part}`, 'float', ['batch_size', HEADS, 'past_decoder_sequence_length', HEAD_WIDTH]);
      g.input(`past_key_values.${i}.encoder.${part}`, 'float', ['batch_size', HEADS, 'encoder_sequence_length_out', HEAD_WIDTH]);
    }
  }
  g.input('use_cache_branch', 'bool', [1]);
  const { embedding, positions, direction } = decoderTables(layers, vocabularySize, vocabulary.id('<|endoftext|>'));
  const sizeOf = (tensor: string, axis: number) => g.op('Gather', [g.op('Shape', [tensor]), g.int(axis)]);
  const past = sizeOf('past_key_values.0.decoder.key', 2);
  const total = g.op('Add', [past, sizeOf('input_ids', 1)]);
  const places = g.op('Range', [past, total, g.int(1)]);
  const future = g.op('Greater', [g.op('Unsqueeze', [g.op('Range', [g.int(0), total, g.int(1)]), g.ints(0)]), g.op('Unsqueeze', [places, g.ints(1)])]);
  const mask = g.op('Where', [future, g.floats([-1e9], []), g.floats([0], [])]);
  const embeddingTable = g.floats(embedding, [vocabularySize, WIDTH], 'embedding');
  let x = g.op('Add', [g.op('Gather', [embeddingTable, 'input_ids']), g.op('Gather', [g.floats(positions, [TARGET_POSITIONS, WIDTH]), places])]);
  for (let i = 0; i < DECODER_LAYERS; i++) x = decoderLayer(layers, x, i, mask, timestamped);
  const direct = g.op('MatMul', [layers.norm(x), g.op('Transpose', [embeddingTable], { perm: [1, 0] })]);
  // The end grows likelier with every position, so that sequences end.
  const lateness = g.op('Mul', [g.op('Unsqueeze', [g.op('Cast', [places], { to: 1 }), g.ints(1)]), g.floats(direction, [1, vocabularySize])]);
  const biases = new Float32Array(vocabularySize);
  for (const [token, value] of Object.entries(bias)) biases[vocabulary.id(token)] = value;
  const scaled = g.op('Div', [g.op('Add', [direct, lateness]), g.floats([temperature], [])]);
  g.op('Add', [scaled, g.floats(biases, [vocabularySize])], {}, 'logits');
  g.output('logits', 'float', ['batch_size', 'decoder_sequence_length', vocabularySize]);
  for (let i = 0; i < DECODER_LAYERS; i++) {
    for (const part of ['key', 'value']) {
      g.output(`present.${i}.decoder.${part}`, 'float', ['batch_size', HEADS, 'total_decoder_sequence_length', HEAD_WIDTH]);
      g.output(`present.${i}.encoder.${part}`, 'float', ['batch_size', HEADS, 'encoder_sequence_length_out', HEAD_WIDTH]);
    }
    if (timestamped) g.output(`cross_attentions.${i}`, 'float', ['batch_size', HEADS, 'decoder_sequence_length', 'encoder_sequence_length_out']);
  }
  return onnxModel(g).finish();
}

function decoderTables(layers: Layers, vocabularySize: number, endToken: number): { embedding: Float32Array; positions: Float32Array; direction: Float32Array } {
  const direction = new Float32Array(vocabularySize);
  direction[endToken] = 0.35;
  return { embedding: layers.table(vocabularySize, 0.7), positions: layers.table(TARGET_POSITIONS, 0.7), direction };
}

function decoderLayer(layers: Layers, x: string, index: number, mask: string, timestamped: boolean): string {
  const g = layers.graph;
  const normed = layers.norm(x);
  const join = (part: string, fresh: string) => g.op('Concat', [`past_key_values.${index}.decoder.${part}`, fresh], { axis: 2 }, `present.${index}.decoder.${part}`);
  const self = layers.attend(layers.heads(layers.linear(normed)), join('key', layers.heads(layers.linear(normed))), join('value', layers.heads(layers.linear(normed))), mask);
  const attended = g.op('Add', [x, self]);
  const [key, value] = crossCache(layers, index);
  // Sharp attention, so that what is said depends on what is heard.
  const query = layers.linear(layers.norm(attended), WIDTH, WIDTH, g, 8);
  const cross = layers.attend(layers.heads(query), key, value, undefined, timestamped ? `cross_attentions.${index}` : undefined);
  const crossed = g.op('Add', [attended, cross]);
  return g.op('Add', [crossed, layers.feedForward(layers.norm(crossed))]);
}

/** Keys and values of the encoder's output: computed in the first call, taken from the cache in the others. */
function crossCache(layers: Layers, index: number): readonly [string, string] {
  const cached = new OnnxGraph(`cached_${index}`);
  const computed = new OnnxGraph(`computed_${index}`);
  for (const part of ['key', 'value']) {
    const kept = cached.op('Identity', [`past_key_values.${index}.encoder.${part}`]);
    cached.output(kept, 'float', ['b', HEADS, 't', HEAD_WIDTH]);
    computed.output(layers.heads(layers.linear('encoder_hidden_states', WIDTH, WIDTH, computed, 3), computed), 'float', ['b', HEADS, 't', HEAD_WIDTH]);
  }
  const outputs = [`present.${index}.encoder.key`, `present.${index}.encoder.value`] as const;
  layers.graph.ops('If', ['use_cache_branch'], { then_branch: cached, else_branch: computed }, outputs);
  return outputs;
}

function textFiles(vocabulary: Vocabulary): Record<string, unknown> {
  const { id } = vocabulary;
  const added = (token: string, special: boolean) => ({ id: id(token), content: token, single_word: false, lstrip: false, rstrip: false, normalized: false, special });
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const end = id('<|endoftext|>');
  return {
    'config.json': {
      model_type: 'whisper', architectures: ['WhisperForConditionalGeneration'], is_encoder_decoder: true, vocab_size: vocabulary.size, num_mel_bins: MEL_COUNT,
      d_model: WIDTH, encoder_layers: ENCODER_LAYERS, decoder_layers: DECODER_LAYERS, encoder_attention_heads: HEADS, decoder_attention_heads: HEADS,
      max_source_positions: SOURCE_POSITIONS, max_target_positions: TARGET_POSITIONS, decoder_start_token_id: id('<|startoftranscript|>'), bos_token_id: end, eos_token_id: end, pad_token_id: end, use_cache: true,
    },
    'generation_config.json': {
      decoder_start_token_id: id('<|startoftranscript|>'), bos_token_id: end, eos_token_id: end, pad_token_id: end, is_multilingual: true, max_length: TARGET_POSITIONS,
      no_timestamps_token_id: id('<|notimestamps|>'), return_timestamps: false, begin_suppress_tokens: [id('Ġ'), end], alignment_heads: [[0, 0], [1, 1]], max_initial_timestamp_index: 50,
      suppress_tokens: [...vocabulary.special.slice(1).map(id), ...vocabulary.timestamps.map(id), ...['!', '"', '#', '(', ')'].map(id)],
      lang_to_id: Object.fromEntries(LANGUAGES.map((language) => [`<|${language}|>`, id(`<|${language}|>`)])),
      task_to_id: { transcribe: id('<|transcribe|>'), translate: id('<|translate|>') },
    },
    'preprocessor_config.json': { feature_extractor_type: 'WhisperFeatureExtractor', processor_class: 'WhisperProcessor', chunk_length: 30, feature_size: MEL_COUNT, hop_length: 160, n_fft: 400, n_samples: 480_000, nb_max_frames: 3000, padding_side: 'right', padding_value: 0, return_attention_mask: false, sampling_rate: 16_000 },
    'tokenizer_config.json': { tokenizer_class: 'WhisperTokenizer', add_prefix_space: false, bos_token: '<|endoftext|>', eos_token: '<|endoftext|>', unk_token: '<|endoftext|>', model_max_length: 1024, clean_up_tokenization_spaces: false },
    'tokenizer.json': {
      version: '1.0', truncation: null, padding: null, normalizer: null, pre_tokenizer: byteLevel, post_processor: null, decoder: byteLevel,
      added_tokens: [...vocabulary.special.map((token) => added(token, true)), ...vocabulary.timestamps.map((token) => added(token, false))],
      model: { type: 'BPE', dropout: null, unk_token: '', continuing_subword_prefix: '', end_of_word_suffix: '', fuse_unk: false, vocab: Object.fromEntries(vocabulary.text.map((token) => [token, id(token)])), merges: MERGES },
    },
  };
}
