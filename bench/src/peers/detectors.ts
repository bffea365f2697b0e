import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createSilero, createSpeechDetector, LISTENING_SAMPLE_RATE, type OnnxRuntime } from '@sotto/pipeline';
import { bundledModel, nodeOnnxRuntime, openModel, sessionOptions } from '@sotto/server';
import type { Work } from '../runner/runner-message.ts';
import type { Runner } from './peer-task.ts';
import { questionClips } from './question-clips.ts';
import { loadSherpaOnnx } from './sherpa-onnx.ts';

const MODEL_FILE_NAME = 'silero_vad_v6.onnx';
const FRAME_SAMPLE_COUNT = 512;
const FRAME_MS = 32;
/** The same for all, where they have it. */
const DETECTION = { speechThreshold: 0.5, silenceThreshold: 0.35, minSpeechMs: 96, prefixPaddingMs: 300, pauseMs: 160 };
const SHERPA_BUFFER_S = 60;

type Detect = (frames: readonly Float32Array[]) => Promise<void>;

/** Questions in frames, detected from the first to the last. */
export async function openDetector(runner: Runner, threads: number, folder: string): Promise<Work> {
  const clips = (await questionClips(folder)).map(framesOf);
  const detect = runner === 'sotto' ? await openSotto(threads) : runner === 'vad-web' ? await openVadWeb(threads) : await openSherpa(threads);
  return {
    itemCount: clips.length,
    async run(item) {
      await detect(clips[item]!);
      return {};
    },
  };
}

async function openSotto(threads: number): Promise<Detect> {
  const engine = await createSilero({ ort: nodeOnnxRuntime, files: openModel(await bundledModel('vad')), sessionOptions: sessionOptions(threads) });
  const detector = createSpeechDetector(DETECTION);
  const stream = engine.openStream();
  return async (frames) => {
    stream.reset();
    let state = detector.initial;
    for (const [index, samples] of frames.entries()) [state] = detector.step(state, { probability: await stream.process(samples), samples, startMs: index * FRAME_MS });
  };
}

type VadWebModel = { readonly process: (frame: Float32Array) => Promise<unknown>; readonly reset_state: () => void };
type VadWebProcessor = { resume(): void; reset(): void; process(frame: Float32Array, onEvent: (event: unknown) => void): Promise<void> };

async function openVadWeb(threads: number): Promise<Detect> {
  const require = createRequire(import.meta.url);
  const { Silero } = require('@ricky0123/vad-web/dist/models/silero.js') as { Silero: { new: (ort: OnnxRuntime, fetchModel: () => Promise<ArrayBuffer>) => Promise<VadWebModel> } };
  const { FrameProcessor } = require('@ricky0123/vad-web/dist/frame-processor.js') as { FrameProcessor: new (process: VadWebModel['process'], reset: () => void, options: unknown, msPerFrame: number) => VadWebProcessor };
  const bytes = await readFile(await modelPath());
  const model = await Silero.new(withThreads(threads), () => Promise.resolve(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)));
  const options = { positiveSpeechThreshold: DETECTION.speechThreshold, negativeSpeechThreshold: DETECTION.silenceThreshold, preSpeechPadMs: DETECTION.prefixPaddingMs, redemptionMs: DETECTION.pauseMs, minSpeechMs: DETECTION.minSpeechMs, submitUserSpeechOnPause: false };
  const processor = new FrameProcessor(model.process, model.reset_state, options, FRAME_MS);
  processor.resume();
  return async (frames) => {
    processor.reset();
    for (const frame of frames) await processor.process(frame, () => {});
  };
}

async function openSherpa(threads: number): Promise<Detect> {
  const { Vad } = loadSherpaOnnx();
  const vad = new Vad({
    sileroVad: { model: await modelPath(), threshold: DETECTION.speechThreshold, negThreshold: DETECTION.silenceThreshold, minSpeechDuration: DETECTION.minSpeechMs / 1000, minSilenceDuration: DETECTION.pauseMs / 1000, windowSize: FRAME_SAMPLE_COUNT },
    sampleRate: LISTENING_SAMPLE_RATE, numThreads: threads, provider: 'cpu', debug: false,
  }, SHERPA_BUFFER_S);
  return (frames) => {
    vad.reset();
    for (const frame of frames) {
      vad.acceptWaveform(frame);
      while (!vad.isEmpty()) vad.pop();
    }
    return Promise.resolve();
  };
}

/** vad-web gives its sessions no options; the number of threads has to be everybody's. */
function withThreads(threads: number): OnnxRuntime {
  const create = (model: Uint8Array) => nodeOnnxRuntime.InferenceSession.create(new Uint8Array(model), sessionOptions(threads));
  return { ...nodeOnnxRuntime, Tensor: nodeOnnxRuntime.Tensor, InferenceSession: { create } as unknown as OnnxRuntime['InferenceSession'] };
}

async function modelPath(): Promise<string> {
  return join((await bundledModel('vad')).directory, MODEL_FILE_NAME);
}

/** Whole frames; what is left at the end is dropped for all. */
function framesOf(clip: Float32Array): Float32Array[] {
  return Array.from({ length: Math.floor(clip.length / FRAME_SAMPLE_COUNT) }, (_, i) => clip.slice(i * FRAME_SAMPLE_COUNT, (i + 1) * FRAME_SAMPLE_COUNT));
}
