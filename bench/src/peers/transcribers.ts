import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, pipeline, type Tensor } from '@huggingface/transformers';
import { createMoonshine, createWhisper, LISTENING_SAMPLE_RATE } from '@sotto/pipeline';
import { bundledModel, describeModelFolder, type LocatedModel, nodeOnnxRuntime, openModel, sessionOptions } from '@sotto/server';
import type { RunOutcome, Work } from '../runner/runner-message.ts';
import { noiseClip } from '../shapes/noise-clip.ts';
import type { Runner } from './peer-task.ts';
import { questionClips } from './question-clips.ts';
import { loadSherpaOnnx } from './sherpa-onnx.ts';

/** Moonshine's own limit on what is said in a second of English (arXiv 2410.15608). sherpa-onnx has a fixed one of 15. */
const MAX_TOKENS_PER_SECOND = 6.5;
/** So far above what a model with random weights says before its graph ends it that nothing else does. */
const UNREACHED_TOKENS_PER_SECOND = 15;
const SHAPE_CLIP_SECONDS = [4, 10];

type Transcribe = (clip: Float32Array) => Promise<RunOutcome>;
type TranscriberOptions = { readonly model: LocatedModel; readonly threads: number; readonly maxTokensPerSecond: number; readonly guard: boolean };

/** The clean questions of a fixtures folder, each transcribed whole. */
export async function openStarterTranscriber(runner: Runner, threads: number, folder: string): Promise<Work> {
  return work(await questionClips(folder), await open(runner, { model: await bundledModel('stt'), threads, maxTokensPerSecond: MAX_TOKENS_PER_SECOND, guard: true }));
}

/** Noise through a model with random weights; guards against loops are off, because it says nothing else. */
export async function openShapeTranscriber(runner: Runner, threads: number, modelFolder: string): Promise<Work> {
  const model = await describeModelFolder(modelFolder);
  return work(SHAPE_CLIP_SECONDS.map(noiseClip), await open(runner, { model, threads, maxTokensPerSecond: UNREACHED_TOKENS_PER_SECOND, guard: false }));
}

function work(clips: readonly Float32Array[], transcribe: Transcribe): Work {
  return { itemCount: clips.length, run: (item) => transcribe(clips[item]!) };
}

function open(runner: Runner, options: TranscriberOptions): Promise<Transcribe> {
  if (runner === 'sotto') return openSotto(options);
  return runner === 'transformers.js' ? openTransformers(options) : openSherpa(options);
}

async function openSotto({ model, threads, maxTokensPerSecond, guard }: TranscriberOptions): Promise<Transcribe> {
  const common = { ort: nodeOnnxRuntime, files: openModel(model), sessionOptions: sessionOptions(threads) };
  const engine = model.manifest.driver === 'whisper' ? await createWhisper({ ...common, guardHallucination: guard }) : await createMoonshine({ ...common, maxTokensPerSecond, guardRepetition: guard });
  return async (clip) => {
    const { text, tokens } = await engine.transcribe(clip, { language: 'en' });
    return { text, tokenCount: tokens.length };
  };
}

async function openTransformers({ model, threads, maxTokensPerSecond }: TranscriberOptions): Promise<Transcribe> {
  env.allowRemoteModels = false;
  const transcriber = await pipeline('automatic-speech-recognition', model.directory, { dtype: 'fp32', device: 'cpu', session_options: sessionOptions(threads) });
  const isWhisper = model.manifest.driver === 'whisper';
  // The pipeline tells the text alone, so the tokens are counted on their way through; start and end tokens are no text.
  const generate = transcriber.model.generate.bind(transcriber.model);
  let tokenCount = 0;
  transcriber.model.generate = (async (options: never) => {
    const output = (await generate(options)) as Tensor;
    tokenCount = output.dims[1]! - (isWhisper ? 5 : 2);
    return output;
  });
  return async (clip) => {
    const { text } = (await transcriber(clip, isWhisper ? { language: 'en', task: 'transcribe' } : { max_new_tokens: Math.max(8, Math.ceil((clip.length / LISTENING_SAMPLE_RATE) * maxTokensPerSecond)) })) as { text: string };
    return { text: text.trim(), tokenCount };
  };
}

async function openSherpa({ model, threads }: TranscriberOptions): Promise<Transcribe> {
  const { OfflineRecognizer } = loadSherpaOnnx();
  const scratch = await mkdtemp(join(tmpdir(), 'sotto-peer-'));
  try {
    const tokens = join(scratch, 'tokens.txt');
    await writeFile(tokens, await sherpaTokens(join(model.directory, 'tokenizer.json')));
    const recogniser = new OfflineRecognizer({
      featConfig: { sampleRate: LISTENING_SAMPLE_RATE, featureDim: 80 },
      modelConfig: { moonshine: { encoder: join(model.directory, 'onnx/encoder_model.onnx'), mergedDecoder: join(model.directory, 'onnx/decoder_model_merged.onnx') }, tokens, numThreads: threads, provider: 'cpu', debug: 0 },
    });
    return (clip) => {
      const stream = recogniser.createStream();
      stream.acceptWaveform({ samples: clip, sampleRate: LISTENING_SAMPLE_RATE });
      recogniser.decode(stream);
      const result = recogniser.getResult(stream);
      return Promise.resolve({ text: result.text.trim(), tokenCount: result.tokens.length });
    };
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** Its list of tokens: the bytes of each in Base64, and its number. */
async function sherpaTokens(tokenizerPath: string): Promise<string> {
  const { model } = JSON.parse(await readFile(tokenizerPath, 'utf8')) as { model: { vocab: Record<string, number> } };
  const rows = Object.entries(model.vocab).sort(([, a], [, b]) => a - b);
  return `${rows.map(([token, id]) => `${Buffer.from(token.replaceAll('▁', ' ')).toString('base64')} ${id}`).join('\n')}\n`;
}
