import { ModelError } from '@sotto/pipeline';
import type { GgufHeader, GgufMetadataValue, GgufTensorInfo } from './gguf-header.ts';

/** Architectures without attention; they have no heads to count. */
const RECURRENT_ARCHITECTURES = new Set(['mamba', 'mamba2', 'rwkv6', 'rwkv6qwen2', 'rwkv7', 'arwkv7']);

/** Architectures whose graphs assert that the whole head is rotated; others rotate a part. */
const FULLY_ROTARY_ARCHITECTURES = new Set(['llama', 'qwen2', 'qwen3', 'gemma', 'gemma2', 'gemma3', 'smollm3', 'lfm2']);

/** llama.cpp's LLAMA_MAX_LAYERS. */
const MAX_BLOCK_COUNT = 512;

/** Elements and bytes of a block, by ggml type number (ggml.h, `type_traits`). */
const BLOCK_OF_TYPE: Readonly<Record<number, { readonly elementCount: number; readonly byteCount: number }>> = {
  0: { elementCount: 1, byteCount: 4 },
  1: { elementCount: 1, byteCount: 2 },
  2: { elementCount: 32, byteCount: 18 },
  3: { elementCount: 32, byteCount: 20 },
  6: { elementCount: 32, byteCount: 22 },
  7: { elementCount: 32, byteCount: 24 },
  8: { elementCount: 32, byteCount: 34 },
  10: { elementCount: 256, byteCount: 84 },
  11: { elementCount: 256, byteCount: 110 },
  12: { elementCount: 256, byteCount: 144 },
  13: { elementCount: 256, byteCount: 176 },
  14: { elementCount: 256, byteCount: 210 },
  30: { elementCount: 1, byteCount: 2 },
};

/**
 * Refuses a file on which llama.cpp would end the process, or fail without saying why: missing or
 * contradictory metadata, a vocabulary with twins, tensors beyond the end of the file.
 * @throws {ModelError} VOICE_ERR_MODEL_FORMAT with the key and what was expected.
 */
export function assertLoadableGguf(header: GgufHeader): void {
  const check = new HeaderCheck(header);
  const architecture = check.text('general.architecture');
  checkHyperparameters(check, architecture);
  checkTokenizer(check);
  checkTensors(check, header);
  checkShapes(check, header, architecture);
}

function checkHyperparameters(check: HeaderCheck, architecture: string): void {
  const key = (name: string) => `${architecture}.${name}`;
  check.positive(key('context_length'));
  const blockCount = check.positive(key('block_count'));
  if (blockCount > MAX_BLOCK_COUNT) throw check.fails(`${key('block_count')} is ${blockCount}, more than llama.cpp's ${MAX_BLOCK_COUNT}`);
  const width = check.positive(key('embedding_length'));
  if (RECURRENT_ARCHITECTURES.has(architecture)) return;
  check.positiveOrPerLayer(key('feed_forward_length'));
  const epsilon = check.get(key('attention.layer_norm_rms_epsilon')) ?? check.get(key('attention.layer_norm_epsilon'));
  if (typeof epsilon !== 'number' || !(epsilon >= 0 && epsilon < 1)) throw check.missing(key('attention.layer_norm_rms_epsilon'), 'a small number');
  for (const name of ['attention.key_length', 'attention.value_length']) if (check.get(key(name)) !== undefined) check.positive(key(name));
  const heads = check.positiveOrPerLayer(key('attention.head_count'));
  if (heads === undefined) return;
  if (check.get(key('attention.key_length')) === undefined && width % heads !== 0) throw check.fails(`${key('embedding_length')} ${width} is not a multiple of ${key('attention.head_count')} ${heads}`);
  checkRotation(check, architecture, width / heads);
  if (check.get(key('attention.head_count_kv')) === undefined) return;
  const kvHeads = check.positiveOrPerLayer(key('attention.head_count_kv'));
  if (kvHeads !== undefined && heads % kvHeads !== 0) throw check.fails(`${key('attention.head_count')} ${heads} is not a multiple of ${key('attention.head_count_kv')} ${kvHeads}`);
}

function checkRotation(check: HeaderCheck, architecture: string, defaultHeadWidth: number): void {
  const rotated = check.get(`${architecture}.rope.dimension_count`);
  if (rotated === undefined || !FULLY_ROTARY_ARCHITECTURES.has(architecture)) return;
  const headWidth = check.get(`${architecture}.attention.key_length`) ?? defaultHeadWidth;
  if (rotated !== headWidth) throw check.fails(`${architecture}.rope.dimension_count is ${String(rotated)}, but a head is ${String(headWidth)} wide`);
}

function checkTokenizer(check: HeaderCheck): void {
  const model = check.text('tokenizer.ggml.model');
  const tokens = check.list('tokenizer.ggml.tokens');
  if (tokens.length === 0) throw check.fails('tokenizer.ggml.tokens is empty');
  if (model === 'gpt2') check.list('tokenizer.ggml.merges');
  for (const key of ['tokenizer.ggml.token_type', 'tokenizer.ggml.scores']) {
    const perToken = check.get(key);
    if (perToken === undefined) continue;
    if (!Array.isArray(perToken) || perToken.length !== tokens.length) throw check.fails(`${key} must have one entry for each of the ${tokens.length} tokens`);
  }
  for (const name of ['bos', 'eos', 'unknown', 'padding', 'eot', 'eom']) {
    const id = check.get(`tokenizer.ggml.${name}_token_id`);
    if (typeof id === 'number' && id !== 0xffff_ffff && id >= tokens.length) throw check.fails(`tokenizer.ggml.${name}_token_id is ${id}, but there are ${tokens.length} tokens`);
  }
  if (new Set(tokens).size !== tokens.length) throw check.fails('tokenizer.ggml.tokens holds the same token twice');
}

function checkTensors(check: HeaderCheck, header: GgufHeader): void {
  if (header.tensors.length === 0) throw check.fails('it holds no tensors');
  const names = new Set<string>();
  for (const tensor of header.tensors) {
    if (names.has(tensor.name)) throw check.fails(`tensor ${JSON.stringify(tensor.name)} appears twice`);
    names.add(tensor.name);
    if (tensor.shape.some((length) => length === 0)) throw check.fails(`tensor ${JSON.stringify(tensor.name)} is empty`);
    const end = header.dataOffset + tensor.offset + tensorByteCount(tensor);
    if (end > header.fileByteCount) throw check.fails(`it is cut off: tensor ${JSON.stringify(tensor.name)} ends at byte ${end}, the file at ${header.fileByteCount}`);
  }
  if (!names.has('token_embd.weight')) throw check.fails('it has no tensor "token_embd.weight"');
}

/** llama.cpp asserts on a quantised row that its metadata calls shorter than a block. */
function checkShapes(check: HeaderCheck, header: GgufHeader, architecture: string): void {
  const width = check.positive(`${architecture}.embedding_length`);
  const tokenCount = check.list('tokenizer.ggml.tokens').length;
  const feedForward = check.get(`${architecture}.feed_forward_length`);
  const expected = new Map<string, readonly (number | undefined)[]>([
    ['token_embd.weight', [width, tokenCount]],
    ['blk.0.ffn_down.weight', [typeof feedForward === 'number' ? feedForward : undefined, width]],
  ]);
  for (const tensor of header.tensors) {
    const lengths = expected.get(tensor.name);
    if (lengths?.some((length, index) => length !== undefined && length !== tensor.shape[index]) === true) {
      throw check.fails(`tensor ${JSON.stringify(tensor.name)} has shape ${tensor.shape.join(' × ')}, but the metadata say ${lengths.join(' × ')}`);
    }
    const blockLength = BLOCK_OF_TYPE[tensor.typeId]?.elementCount ?? 1;
    if ((tensor.shape[0] ?? 0) % blockLength !== 0) throw check.fails(`rows of tensor ${JSON.stringify(tensor.name)} are no multiple of ${blockLength} long`);
  }
}

/** Zero for a type this table does not know, whose extent llama.cpp judges itself. */
function tensorByteCount(tensor: GgufTensorInfo): number {
  const block = BLOCK_OF_TYPE[tensor.typeId];
  if (block === undefined) return 0;
  return (tensor.shape.reduce((product, length) => product * length, 1) / block.elementCount) * block.byteCount;
}

class HeaderCheck {
  readonly #header: GgufHeader;

  constructor(header: GgufHeader) {
    this.#header = header;
  }

  get(key: string): GgufMetadataValue | undefined {
    return this.#header.metadata.get(key);
  }

  text(key: string): string {
    const value = this.get(key);
    if (typeof value !== 'string' || value === '') throw this.missing(key, 'a text');
    return value;
  }

  positive(key: string): number {
    const value = this.get(key);
    if (typeof value !== 'number' || !Number.isInteger(value) || value <= 0) throw this.missing(key, 'a positive whole number');
    return value;
  }

  /** Some architectures (LFM2, Gemma 3n) give a number for each layer; then undefined. */
  positiveOrPerLayer(key: string): number | undefined {
    const value = this.get(key);
    if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'number' && item >= 0)) return undefined;
    return this.positive(key);
  }

  list(key: string): readonly GgufMetadataValue[] {
    const value = this.get(key);
    if (!Array.isArray(value)) throw this.missing(key, 'a list');
    return value as readonly GgufMetadataValue[];
  }

  missing(key: string, expected: string): ModelError {
    const got = this.get(key);
    return this.fails(`metadata key "${key}" must be ${expected}, got ${got === undefined ? 'none' : JSON.stringify(String(got).slice(0, 40))}`);
  }

  fails(why: string): ModelError {
    return new ModelError('VOICE_ERR_MODEL_FORMAT', `${this.#header.path} cannot be loaded: ${why}`, { stage: 'llm' });
  }
}
