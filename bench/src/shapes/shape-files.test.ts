import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, pipeline } from '@huggingface/transformers';
import type { OnnxRuntime } from '@sotto/pipeline';
import { describeModelFolder, nodeOnnxRuntime, openModel } from '@sotto/server';
import { TINY_SHAPE } from '@sotto/server/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODEL_SHAPES, type ModelShape, type MoonshineShape, type WhisperShape } from './model-shape.ts';
import { noiseClip } from './noise-clip.ts';
import { shapeFiles } from './shape-files.ts';
import { writeShape } from './shape-store.ts';
import { NEW_TOKEN_COUNT, openShape, PROMPT_TOKEN_COUNT } from './shape-work.ts';

const MOONSHINE: MoonshineShape = { architecture: 'moonshine', width: 48, feedForwardWidth: 96, layerCount: 2, headCount: 4, vocabularySize: 640, rotaryWidth: 8 };
const WHISPER: WhisperShape = { architecture: 'whisper', width: 32, feedForwardWidth: 64, layerCount: 2, headCount: 2, vocabularySize: 2048 };
const QWEN: ModelShape = { architecture: 'qwen3', gguf: { ...TINY_SHAPE, architecture: 'qwen3', kvHeadCount: 1 } };

const quiet = { out: () => {}, note: () => {}, rewriteNote: () => {}, isTerminal: false, ask: () => Promise.resolve(undefined), env: {}, signal: new AbortController().signal };

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'shapes-'));
});
afterAll(() => rm(root, { recursive: true }));

const written = async (name: string, shape: ModelShape) => (await writeShape(root, name, shape, quiet)).directory;

type Session = Awaited<ReturnType<OnnxRuntime['InferenceSession']['create']>>;
type Tensor = InstanceType<OnnxRuntime['Tensor']>;
type Tensors = Record<string, Tensor>;
const { Tensor, InferenceSession } = nodeOnnxRuntime;
const ints = (values: readonly number[]) => new Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);

async function openGraph(directory: string, name: string): Promise<Session> {
  const bytes = await openModel(await describeModelFolder(directory)).read(`onnx/${name}.onnx`);
  return InferenceSession.create(bytes);
}

/** Reads tokens from nothing, or goes on with what a call before gave out. */
async function decode(session: Session, states: Tensor, tokens: readonly number[], before?: Tensors): Promise<Tensors> {
  const [, heads, , width] = (session.inputMetadata.find(({ name }) => name === 'past_key_values.0.decoder.key') as { shape: number[] }).shape;
  const feeds: Tensors = { input_ids: ints(tokens), encoder_hidden_states: states, use_cache_branch: new Tensor('bool', Uint8Array.of(before ? 1 : 0), [1]) };
  for (const name of session.inputNames.filter((input) => input.startsWith('past_key_values'))) {
    feeds[name] = before?.[name.replace('past_key_values', 'present')] ?? new Tensor('float32', new Float32Array(0), [1, heads!, 0, width!]);
  }
  return (await session.run(feeds));
}

describe.each([
  ['moonshine', MOONSHINE, { input_values: new Tensor('float32', noiseClip(1), [1, 16_000]) }, 40],
  ['whisper', WHISPER, { input_features: new Tensor('float32', new Float32Array(80 * 3000).fill(0.1), [1, 80, 3000]) }, 1500],
] as const)('the graphs of %s', (name, shape, input, frameCount) => {
  it('load in the runtime, with the names and shapes of the public exports', async () => {
    const directory = await written(name, shape);
    const states = (await (await openGraph(directory, 'encoder_model')).run({ ...input }))['last_hidden_state'] as Tensor;
    expect(states.dims).toEqual([1, frameCount, shape.width]);
    const decoder = await openGraph(directory, 'decoder_model_merged');
    expect(decoder.inputNames).toHaveLength(4 * shape.layerCount + 3);
    const outputs = await decode(decoder, states, [1, 5, 7]);
    expect(outputs['logits']!.dims).toEqual([1, 3, shape.vocabularySize]);
    expect(outputs['present.1.decoder.value']!.dims).toEqual([1, shape.headCount, 3, shape.width / shape.headCount]);
    expect(outputs['present.1.encoder.key']!.dims).toEqual([1, shape.headCount, frameCount, shape.width / shape.headCount]);
  });

  it('say the same token by token from the cache as all at once', async () => {
    const directory = await written(name, shape);
    const states = (await (await openGraph(directory, 'encoder_model')).run({ ...input }))['last_hidden_state'] as Tensor;
    const decoder = await openGraph(directory, 'decoder_model_merged');
    const whole = await decode(decoder, states, [1, 5, 7, 9]);
    let stepped = await decode(decoder, states, [1, 5]);
    for (const token of [7, 9]) {
      // The cached branch gives out nothing for the encoder; the first call's is kept.
      const given = await decode(decoder, states, [token], stepped);
      const kept = Object.entries(stepped).filter(([output]) => output.includes('encoder.'));
      stepped = { ...given, ...Object.fromEntries(kept) };
    }
    const last = (whole['logits']!.data as Float32Array).subarray(3 * shape.vocabularySize);
    const cached = stepped['logits']!.data as Float32Array;
    expect(Math.max(...cached.map((value, i) => (Math.abs(value) > 1e6 ? 0 : Math.abs(value - last[i]!))))).toBeLessThan(1e-4);
    expect(Math.max(...cached.map((value) => (Math.abs(value) > 1e6 ? 0 : Math.abs(value))))).toBeGreaterThan(0.1);
  });

  it('say as much as is forced, and the same in transformers.js', async () => {
    const directory = await written(name, shape);
    const work = await openShape(directory, 1, [4]);
    const { text: ours, tokenCount, encoderMs, decoderMs } = await work.run(0);
    expect(tokenCount).toBe(name === 'moonshine' ? 25 : 32);
    expect(encoderMs).toBeGreaterThan(0);
    expect(decoderMs).toBeGreaterThan(0);
    env.allowRemoteModels = false;
    const theirs = await pipeline('automatic-speech-recognition', directory, { dtype: 'fp32', device: 'cpu' });
    const { text } = (await theirs(noiseClip(4), name === 'moonshine' ? { max_new_tokens: 100 } : { language: 'en', task: 'transcribe' })) as { text: string };
    await theirs.dispose();
    expect(ours!.length).toBeGreaterThan(10);
    expect(text.trim()).toBe(ours);
  });
});

it('the language model loads in llama.cpp, reads its prompt and writes what it is asked for', async () => {
  const work = await openShape(await written('qwen', QWEN), 1, []);
  for (let round = 0; round < 2; round++) {
    const { tokenCount, promptTokenCount, firstTokenMs } = await work.run(0);
    expect(tokenCount).toBe(NEW_TOKEN_COUNT);
    // What the template says first stays in the cache.
    expect(promptTokenCount).toBeGreaterThan(PROMPT_TOKEN_COUNT - 20);
    expect(promptTokenCount).toBeLessThanOrEqual(PROMPT_TOKEN_COUNT);
    expect(firstTokenMs).toBeGreaterThan(0);
  }
});

/** Lengths of the public files, as told in third parties' manifests. */
it.each([
  ['moonshine-base', 'onnx/encoder_model.onnx', 80_818_781],
  ['moonshine-base', 'onnx/decoder_model_merged.onnx', 166_211_345],
  ['whisper-tiny', 'onnx/encoder_model.onnx', 32_904_992],
  ['whisper-tiny', 'onnx/decoder_model_merged.onnx', 118_395_947],
  ['qwen3-0.6b', 'model.gguf', 639_446_688],
] as const)('%s has a %s of the public length within 1 %%', (name, path, publicBytes) => {
  expect(Math.abs(shapeFiles(MODEL_SHAPES[name]).get(path)!.byteCount / publicBytes - 1)).toBeLessThan(0.01);
});
