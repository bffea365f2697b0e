import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ModelError } from '@sotto/pipeline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QWEN3_0_6B_SHAPE, type RandomGgufOptions, TINY_SHAPE, writeRandomGguf } from '../testing/random-gguf.ts';
import { assertLoadableGguf } from './gguf-check.ts';
import { readGgufHeader } from './gguf-header.ts';

const folder = mkdtempSync(join(tmpdir(), 'sotto-gguf-'));
afterAll(() => rmSync(folder, { recursive: true }));
const LOADER = join(import.meta.dirname, '../testing/load-ggufs.mjs');
let fileCount = 0;
const newPath = () => join(folder, `${String(fileCount++).padStart(4, '0')}.gguf`);

function write(options: RandomGgufOptions = {}): string {
  const path = newPath();
  writeRandomGguf(path, options);
  return path;
}

function writeBytes(bytes: Uint8Array): string {
  const path = newPath();
  writeFileSync(path, bytes);
  return path;
}

async function check(path: string): Promise<void> {
  assertLoadableGguf(await readGgufHeader(path));
}

describe('a good file', () => {
  it.each(['llama', 'qwen3', 'gemma3', 'mamba'] as const)('of the %s architecture passes', async (architecture) => {
    await check(write({ shape: { ...TINY_SHAPE, architecture } }));
    await check(write({ shape: { ...TINY_SHAPE, architecture }, weights: 'q8_0' }));
  });

  it('tells what is in it', async () => {
    const header = await readGgufHeader(write());
    expect(header).toMatchObject({ version: 3, fileByteCount: expect.any(Number) as number });
    expect(header.metadata.get('llama.embedding_length')).toBe(TINY_SHAPE.width);
    expect(header.metadata.get('tokenizer.ggml.tokens')).toHaveLength(TINY_SHAPE.vocabularySize);
    expect(header.metadata.get('tokenizer.ggml.add_bos_token')).toBe(false);
    expect(header.tensors.map((tensor) => tensor.name)).toContain('blk.1.ffn_down.weight');
    expect(header.dataOffset % 32).toBe(0);
  });

  it('may have a vocabulary that spans many reads', async () => {
    const header = await readGgufHeader(write({ shape: { ...TINY_SHAPE, vocabularySize: QWEN3_0_6B_SHAPE.vocabularySize } }));
    expect((header.metadata.get('tokenizer.ggml.tokens') as string[]).at(-1)).toBe('unused151935');
  });
});

describe('a bad file', () => {
  it.each([
    'general.architecture',
    'llama.context_length',
    'llama.embedding_length',
    'llama.block_count',
    'llama.feed_forward_length',
    'llama.attention.head_count',
    'llama.attention.layer_norm_rms_epsilon',
    'tokenizer.ggml.model',
    'tokenizer.ggml.tokens',
    'tokenizer.ggml.merges',
  ])('without %s is refused by that name', async (key) => {
    await expect(check(write({ omitKeys: [key] }))).rejects.toMatchObject({ code: 'VOICE_ERR_MODEL_FORMAT', message: expect.stringContaining(key) as string });
  });

  it.each<[string, (bytes: Buffer) => Uint8Array]>([
    ['empty', () => new Uint8Array()],
    ['of another kind', () => Buffer.from('RIFF....WAVEfmt ')],
    ['of version 1', (bytes) => (bytes.writeUInt32LE(1, 4), bytes)],
    ['big-endian', (bytes) => (bytes.writeUInt32BE(3, 4), bytes)],
    ['that claims 2^60 tensors', (bytes) => (bytes.writeBigUInt64LE(1n << 60n, 8), bytes)],
    ['that claims 2^40 keys', (bytes) => (bytes.writeBigUInt64LE(1n << 40n, 16), bytes)],
    ['with a key of 2^63 bytes', (bytes) => (bytes.writeBigUInt64LE(1n << 63n, 24), bytes)],
    ['with a list of 2^50 tokens', (bytes) => (bytes.writeBigUInt64LE(1n << 50n, bytes.indexOf('tokenizer.ggml.tokens') + 'tokenizer.ggml.tokens'.length + 8), bytes)],
    ['with an unknown type', (bytes) => (bytes.writeUInt32LE(99, 24 + 8 + 'general.architecture'.length), bytes)],
    ['with twin tokens', (bytes) => (bytes.write('unused300', bytes.indexOf('unused301')), bytes)],
    ['whose heads do not divide', (bytes) => (bytes.writeUInt32LE(3, bytes.indexOf('llama.attention.head_count') + 'llama.attention.head_count'.length + 4), bytes)],
    ['with no heads', (bytes) => (bytes.writeUInt32LE(0, bytes.indexOf('llama.attention.head_count') + 'llama.attention.head_count'.length + 4), bytes)],
    ['whose tensor lies outside', (bytes) => (bytes.writeBigUInt64LE(1n << 40n, bytes.indexOf('output_norm.weight') + 'output_norm.weight'.length + 4 + 8 + 4), bytes)],
  ])('%s is refused', async (_, spoil) => {
    const path = writeBytes(spoil(readFileSync(write())));
    await expect(check(path)).rejects.toMatchObject({ name: 'ModelError', code: 'VOICE_ERR_MODEL_FORMAT', message: expect.stringContaining(path) as string });
  });

  it('cut off anywhere is refused', async () => {
    const whole = readFileSync(write());
    for (let share = 0; share < 1; share += 0.02) {
      const path = writeBytes(whole);
      truncateSync(path, Math.floor(whole.length * share));
      await expect(check(path), `cut to ${share}`).rejects.toMatchObject({ code: 'VOICE_ERR_MODEL_FORMAT' });
    }
  });
});

describe('llama.cpp', () => {
  let survivors: string[] = [];

  beforeAll(async () => {
    survivors = [];
    for (const path of spoiledFiles()) await check(path).then(() => survivors.push(path), (thrown) => expect(thrown).toBeInstanceOf(ModelError));
  });

  it('does not outlive a file that this check refuses', async () => {
    await expect(promisify(execFile)(process.execPath, [LOADER, write({ omitKeys: ['llama.feed_forward_length'] })])).rejects.toMatchObject({ signal: 'SIGABRT' });
  });

  it('outlives every spoiled file that passes', async () => {
    expect(survivors.length).toBeGreaterThan(20);
    // Some load and some are refused there; none may end the process, as a good many of those refused here would.
    const { stdout } = await promisify(execFile)(process.execPath, [LOADER, ...survivors]);
    expect(stdout.trim().split('\n')).toHaveLength(survivors.length);
  });
});

/** Numbers out of place in the metadata, and single bytes anywhere in the header. */
function* spoiledFiles(): Iterable<string> {
  for (const architecture of ['llama', 'qwen3'] as const) {
    const path = write({ shape: { ...TINY_SHAPE, architecture }, weights: architecture === 'llama' ? 'q8_0' : 'f32' });
    const good = readFileSync(path);
    const headerEnd = good.indexOf('output_norm.weight');
    const keys = ['context_length', 'embedding_length', 'block_count', 'feed_forward_length', 'attention.head_count', 'attention.head_count_kv', 'attention.key_length', 'attention.value_length', 'rope.dimension_count', 'attention.layer_norm_rms_epsilon'];
    for (const key of [...keys.map((part) => `${architecture}.${part}`), 'tokenizer.ggml.bos_token_id', 'tokenizer.ggml.eos_token_id']) {
      for (const value of [0, 1, 7, 64, 1000, 0x7fff_ffff, 0xffff_ffff]) {
        const bytes = Buffer.from(good);
        bytes.writeUInt32LE(value, bytes.indexOf(key) + key.length + 4);
        yield writeBytes(bytes);
      }
    }
    for (let index = 0; index < 60; index++) {
      const bytes = Buffer.from(good);
      bytes.writeUInt8((index * 97) % 256, (index * 7919) % headerEnd);
      yield writeBytes(bytes);
    }
  }
}
