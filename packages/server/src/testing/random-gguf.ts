import { ggufFile, type GgufTensor, type GgufValue } from './gguf-writer.ts';
import { type StreamedBytes, writeStreamedSync } from './streamed-bytes.ts';

export type RandomGgufShape = {
  /** Gemma 3 looks back over a sliding window only; Mamba keeps a running state and no past. Neither can rewind at will. */
  readonly architecture: 'llama' | 'qwen3' | 'gemma3' | 'mamba';
  readonly width: number;
  readonly layerCount: number;
  readonly headCount: number;
  /** Heads of keys and values (grouped-query attention); divides `headCount`. */
  readonly kvHeadCount: number;
  readonly headWidth: number;
  readonly feedForwardWidth: number;
  readonly contextTokenCount: number;
  /** Filled up with unused tokens to this size; at least 260 plus the scripted tokens. */
  readonly vocabularySize: number;
};

/** Small enough to load and run in a blink. */
export const TINY_SHAPE: RandomGgufShape = {
  architecture: 'llama',
  width: 64,
  layerCount: 2,
  headCount: 2,
  kvHeadCount: 2,
  headWidth: 32,
  feedForwardWidth: 128,
  contextTokenCount: 8192,
  vocabularySize: 512,
};

/** Tensor shapes of Qwen3-0.6B (its config.json): the work of a real small model, without its weights. */
export const QWEN3_0_6B_SHAPE: RandomGgufShape = {
  architecture: 'qwen3',
  width: 1024,
  layerCount: 28,
  headCount: 16,
  kvHeadCount: 8,
  headWidth: 128,
  feedForwardWidth: 3072,
  contextTokenCount: 40_960,
  vocabularySize: 151_936,
};

export type RandomGgufOptions = {
  readonly shape?: RandomGgufShape;
  /** @defaultValue 'f32' */
  readonly weights?: 'f32' | 'q8_0';
  /** Jinja template; the default is ChatML's. */
  readonly chatTemplate?: string;
  /**
   * Tokens that the model says, whatever it is asked, before it ends its turn: texts, or single
   * bytes as numbers. None twice, and none a line end alone. Without a script the model says noise.
   */
  readonly script?: readonly (string | number)[];
  /** Score tokens with the embedding, as most small models do, instead of a matrix of their own. Excludes a script. */
  readonly tied?: boolean;
  /** Metadata keys to leave out, to make a file that a loader must refuse. */
  readonly omitKeys?: readonly string[];
};

export const CHATML_TEMPLATE =
  "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/** Tokens that a layer of the Gemma 3 shape looks back. */
const SLIDING_WINDOW = 64;
/** Sizes of Mamba's inner state, as in its paper, but small. */
const MAMBA = { convolutionWidth: 4, stateWidth: 16, timeStepRank: 4 };

const END_OF_TEXT = '<|endoftext|>';
const TURN_START = '<|im_start|>';
const TURN_END = '<|im_end|>';
const GGML_F32 = 0;
const GGML_Q8_0 = 8;
const NORMAL_TOKEN = 1;
const CONTROL_TOKEN = 3;

/**
 * Writes a chat model with random weights: the real file format, tokenizer, template and amount of
 * work, without anything learned. Bytes are its only ordinary tokens, so one character of ASCII
 * prompt is one token.
 *
 * A scripted model has every attention and feed-forward output at zero, so that what comes out
 * depends on the last token alone, and an output matrix that maps each token to the next one of
 * the script. The arithmetic done is the same as for any other weights.
 */
export function writeRandomGguf(path: string, options: RandomGgufOptions = {}): void {
  writeStreamedSync(path, randomGguf(options));
}

/** The same as a stream of bytes. */
export function randomGguf(options: RandomGgufOptions = {}): StreamedBytes {
  const shape = options.shape ?? TINY_SHAPE;
  const vocabulary = makeVocabulary(shape.vocabularySize, options.script ?? []);
  const omitted = new Set(options.omitKeys ?? []);
  const metadata = makeMetadata(shape, vocabulary, options.chatTemplate ?? CHATML_TEMPLATE);
  const kept = Object.fromEntries(Object.entries(metadata).filter(([key]) => !omitted.has(key)));
  return ggufFile(kept, makeTensors(shape, vocabulary, options));
}

type Vocabulary = { readonly tokens: readonly string[]; readonly types: readonly number[]; readonly successors: ReadonlyMap<number, number> };

function makeVocabulary(size: number, script: readonly (string | number)[]): Vocabulary {
  const tokens = [...byteTokens(), END_OF_TEXT, TURN_START, TURN_END];
  const types = tokens.map((_, id) => (id < 256 ? NORMAL_TOKEN : CONTROL_TOKEN));
  const successors = new Map<number, number>();
  let previous = tokens.indexOf(toByteAlphabet('\n'));
  for (const step of [...script.map((part) => (typeof part === 'number' ? byteTokens()[part] ?? '' : toByteAlphabet(part))), ...(script.length > 0 ? [TURN_END] : [])]) {
    if (!tokens.includes(step)) {
      tokens.push(step);
      types.push(NORMAL_TOKEN);
    }
    if (successors.has(previous)) throw new RangeError(`A scripted token must not repeat, got ${JSON.stringify(script)}`);
    successors.set(previous, tokens.indexOf(step));
    previous = tokens.indexOf(step);
  }
  if (tokens.length > size) throw new RangeError(`A vocabulary of ${size} cannot hold ${tokens.length} tokens`);
  while (tokens.length < size) {
    // Latin words of no meaning: never the result of tokenizing, for there are no merges.
    tokens.push(`unused${tokens.length}`);
    types.push(NORMAL_TOKEN);
  }
  return { tokens, types, successors };
}

/** GPT-2 writes each byte as a printable character: itself where printable, else from U+0100 on. */
function byteTokens(): string[] {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}

function toByteAlphabet(text: string): string {
  const alphabet = byteTokens();
  return Array.from(new TextEncoder().encode(text), (byte) => alphabet[byte]).join('');
}

function makeMetadata(shape: RandomGgufShape, vocabulary: Vocabulary, chatTemplate: string): Record<string, GgufValue> {
  const arch = shape.architecture;
  const uint32 = (value: number): GgufValue => ({ type: 'uint32', value });
  return {
    'general.architecture': { type: 'string', value: arch },
    'general.name': { type: 'string', value: 'random weights' },
    [`${arch}.context_length`]: uint32(shape.contextTokenCount),
    [`${arch}.embedding_length`]: uint32(shape.width),
    [`${arch}.block_count`]: uint32(shape.layerCount),
    [`${arch}.feed_forward_length`]: uint32(shape.feedForwardWidth),
    [`${arch}.attention.head_count`]: uint32(shape.headCount),
    [`${arch}.attention.head_count_kv`]: uint32(shape.kvHeadCount),
    [`${arch}.attention.key_length`]: uint32(shape.headWidth),
    [`${arch}.attention.value_length`]: uint32(shape.headWidth),
    ...architectureMetadata(shape),
    [`${arch}.attention.layer_norm_rms_epsilon`]: { type: 'float32', value: 1e-6 },
    [`${arch}.rope.freq_base`]: { type: 'float32', value: 10_000 },
    'tokenizer.ggml.model': { type: 'string', value: 'gpt2' },
    'tokenizer.ggml.pre': { type: 'string', value: 'qwen2' },
    'tokenizer.ggml.tokens': { type: 'string-array', value: vocabulary.tokens },
    'tokenizer.ggml.token_type': { type: 'int32-array', value: vocabulary.types },
    'tokenizer.ggml.merges': { type: 'string-array', value: [] },
    'tokenizer.ggml.bos_token_id': uint32(256),
    'tokenizer.ggml.eos_token_id': uint32(258),
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: false },
    'tokenizer.chat_template': { type: 'string', value: chatTemplate },
  };
}

function architectureMetadata(shape: RandomGgufShape): Record<string, GgufValue> {
  const uint32 = (value: number): GgufValue => ({ type: 'uint32', value });
  if (shape.architecture === 'gemma3') return { 'gemma3.attention.sliding_window': uint32(SLIDING_WINDOW) };
  if (shape.architecture !== 'mamba') return { [`${shape.architecture}.rope.dimension_count`]: uint32(shape.headWidth) };
  return {
    'mamba.ssm.conv_kernel': uint32(MAMBA.convolutionWidth),
    'mamba.ssm.inner_size': uint32(shape.width * 2),
    'mamba.ssm.state_size': uint32(MAMBA.stateWidth),
    'mamba.ssm.time_step_rank': uint32(MAMBA.timeStepRank),
  };
}

function makeTensors(shape: RandomGgufShape, vocabulary: Vocabulary, options: RandomGgufOptions): GgufTensor[] {
  const { width } = shape;
  const isScripted = vocabulary.successors.size > 0;
  const matrix = options.weights === 'q8_0' ? q8Matrix : floatMatrix;
  const makers: Makers = { matrix, passThrough: isScripted ? zeroMatrix(matrix) : matrix };
  const embedding = isScripted ? scriptedEmbedding(width, vocabulary) : matrix('token_embd.weight', width, shape.vocabularySize, 1);
  const blocks = Array.from({ length: shape.layerCount }, (_, layer) => (shape.architecture === 'mamba' ? mambaBlock(shape, layer, makers) : attentionBlock(shape, layer, makers)));
  if (options.tied === true) return [unrepeatedQ8Matrix('token_embd.weight', width, shape.vocabularySize, 1), ...blocks.flat(), constant('output_norm.weight', [width], 1)];
  // Not tied to the embedding: a tied one would only repeat the last token.
  const output = isScripted ? scriptedOutput(width, vocabulary) : matrix('output.weight', width, shape.vocabularySize, 9);
  return [embedding, ...blocks.flat(), constant('output_norm.weight', [width], 1), output];
}

type Makers = { readonly matrix: MatrixMaker; readonly passThrough: MatrixMaker };

function attentionBlock(shape: RandomGgufShape, layer: number, { matrix, passThrough }: Makers): GgufTensor[] {
  const { width, feedForwardWidth, architecture, headWidth } = shape;
  const queryWidth = shape.headCount * headWidth;
  const kvWidth = shape.kvHeadCount * headWidth;
  const name = (part: string) => `blk.${layer}.${part}.weight`;
  const norm = (part: string, length: number) => constant(name(part), [length], 1);
  const tensors = [
    norm('attn_norm', width),
    matrix(name('attn_q'), width, queryWidth, layer * 8 + 2),
    matrix(name('attn_k'), width, kvWidth, layer * 8 + 3),
    matrix(name('attn_v'), width, kvWidth, layer * 8 + 4),
    passThrough(name('attn_output'), queryWidth, width, layer * 8 + 5),
    norm('ffn_norm', width),
    matrix(name('ffn_gate'), width, feedForwardWidth, layer * 8 + 6),
    matrix(name('ffn_up'), width, feedForwardWidth, layer * 8 + 7),
    passThrough(name('ffn_down'), feedForwardWidth, width, layer * 8 + 8),
  ];
  if (architecture === 'qwen3' || architecture === 'gemma3') tensors.push(norm('attn_q_norm', headWidth), norm('attn_k_norm', headWidth));
  if (architecture === 'gemma3') tensors.push(norm('post_attention_norm', width), norm('post_ffw_norm', width));
  return tensors;
}

function mambaBlock({ width }: RandomGgufShape, layer: number, { matrix, passThrough }: Makers): GgufTensor[] {
  const innerWidth = width * 2;
  const { convolutionWidth, stateWidth, timeStepRank } = MAMBA;
  const name = (part: string) => `blk.${layer}.${part}`;
  return [
    constant(name('attn_norm.weight'), [width], 1),
    matrix(name('ssm_in.weight'), width, innerWidth * 2, layer * 8 + 2),
    constant(name('ssm_conv1d.weight'), [convolutionWidth, innerWidth], 0.25),
    constant(name('ssm_conv1d.bias'), [innerWidth], 0),
    matrix(name('ssm_x.weight'), innerWidth, timeStepRank + 2 * stateWidth, layer * 8 + 3),
    constant(name('ssm_dt.weight'), [timeStepRank, innerWidth], 0.1),
    constant(name('ssm_dt.bias'), [innerWidth], 0),
    // Negative, so that the state fades.
    constant(name('ssm_a'), [stateWidth, innerWidth], -1),
    constant(name('ssm_d'), [innerWidth], 1),
    passThrough(name('ssm_out.weight'), innerWidth, width, layer * 8 + 4),
  ];
}

type MatrixMaker = (name: string, rowLength: number, rowCount: number, seed: number) => GgufTensor;

const floatMatrix: MatrixMaker = (name, rowLength, rowCount, seed) => {
  const random = makeRandom(seed);
  const scale = 1 / Math.sqrt(rowLength);
  const block = Float32Array.from({ length: rowLength * Math.min(rowCount, 64) }, () => (random() * 2 - 1) * scale);
  return repeatedBlock(name, [rowLength, rowCount], GGML_F32, new Uint8Array(block.buffer), rowLength * rowCount * 4);
};

/** Q8_0: blocks of 32 weights, a half-precision scale followed by 32 signed bytes. */
const q8Matrix: MatrixMaker = (name, rowLength, rowCount, seed) => {
  if (rowLength % 32 !== 0) throw new RangeError(`Q8_0 needs rows of a multiple of 32, got ${rowLength}`);
  const random = makeRandom(seed);
  const blockCount = (rowLength / 32) * Math.min(rowCount, 64);
  const bytes = Buffer.alloc(blockCount * 34);
  const scale = toHalf(1 / (127 * Math.sqrt(rowLength)));
  for (let block = 0; block < blockCount; block++) {
    bytes.writeUInt16LE(scale, block * 34);
    for (let index = 0; index < 32; index++) bytes.writeInt8(Math.floor(random() * 255) - 127, block * 34 + 2 + index);
  }
  return repeatedBlock(name, [rowLength, rowCount], GGML_Q8_0, bytes, (rowLength / 32) * rowCount * 34);
};

/** As {@link q8Matrix}, with no two rows alike, so that no two tokens score alike. */
const unrepeatedQ8Matrix: MatrixMaker = (name, rowLength, rowCount, seed) => {
  const { shape, typeId, byteCount } = q8Matrix(name, rowLength, 1, seed);
  const blocksPerRow = rowLength / 32;
  return {
    name,
    shape: [shape[0]!, rowCount],
    typeId,
    byteCount: byteCount * rowCount,
    *pieces() {
      // Xorshift32 (Marsaglia 2003): four weights a step, for there are 150 million.
      let state = (seed * 0x9e3779b9) | 1;
      const row = Buffer.alloc(byteCount);
      const scale = toHalf(1 / (127 * Math.sqrt(rowLength)));
      for (let index = 0; index < rowCount; index++) {
        for (let block = 0; block < blocksPerRow; block++) {
          row.writeUInt16LE(scale, block * 34);
          for (let word = 0; word < 8; word++) {
            state ^= state << 13;
            state ^= state >>> 17;
            state ^= state << 5;
            row.writeInt32LE(state, block * 34 + 2 + word * 4);
          }
        }
        yield row;
      }
    },
  };
};

function zeroMatrix(like: MatrixMaker): MatrixMaker {
  return (name, rowLength, rowCount) => {
    const { shape, typeId, byteCount } = like(name, rowLength, rowCount, 0);
    return repeatedBlock(name, shape, typeId, new Uint8Array(Math.min(byteCount, 1 << 16)), byteCount);
  };
}

function constant(name: string, shape: readonly number[], value: number): GgufTensor {
  const length = shape.reduce((product, side) => product * side, 1);
  return repeatedBlock(name, shape, GGML_F32, new Uint8Array(new Float32Array(length).fill(value).buffer), length * 4);
}

function scriptedEmbedding(width: number, vocabulary: Vocabulary): GgufTensor {
  return rows('token_embd.weight', width, vocabulary.tokens.length, (token) => tokenVector(width, token));
}

/** The row of a token is the vector of the token it follows, so that this token scores highest after that one. */
function scriptedOutput(width: number, vocabulary: Vocabulary): GgufTensor {
  const predecessors = new Map([...vocabulary.successors].map(([token, next]) => [next, token]));
  return rows('output.weight', width, vocabulary.tokens.length, (token) => {
    const predecessor = predecessors.get(token);
    return predecessor === undefined ? new Float32Array(width) : tokenVector(width, predecessor);
  });
}

/** A direction of its own for each token; random ones are nearly at right angles. */
function tokenVector(width: number, token: number): Float32Array {
  const random = makeRandom(token + 1000);
  return Float32Array.from({ length: width }, () => random() * 2 - 1);
}

function rows(name: string, width: number, rowCount: number, row: (index: number) => Float32Array): GgufTensor {
  return {
    name,
    shape: [width, rowCount],
    typeId: GGML_F32,
    byteCount: width * rowCount * 4,
    *pieces() {
      for (let index = 0; index < rowCount; index++) yield new Uint8Array(row(index).buffer);
    },
  };
}

function repeatedBlock(name: string, shape: readonly number[], typeId: number, block: Uint8Array, byteCount: number): GgufTensor {
  return {
    name,
    shape,
    typeId,
    byteCount,
    *pieces() {
      for (let written = 0; written < byteCount; written += block.length) yield block.subarray(0, Math.min(block.length, byteCount - written));
    },
  };
}

/** Mulberry32: uniform in [0, 1), the same on every machine. */
function makeRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** IEEE half precision of a small positive normal number. */
function toHalf(value: number): number {
  const exponent = Math.floor(Math.log2(value));
  return ((exponent + 15) << 10) | Math.round((value / 2 ** exponent - 1) * 1024);
}
