import { join } from 'node:path';
import { env, pipeline } from '@huggingface/transformers';
import { createMoonshine, LISTENING_SAMPLE_RATE, resample } from '@sotto/pipeline';
import { bundledModel, nodeOnnxRuntime, openModel, readAudioFile, sessionOptions } from '@sotto/server';
import { readFixtures } from '../corpus/fixture-index.ts';
import type { Runner } from './peer-task.ts';

/** Moonshine's own limit on what is said in a second of English, given to both (arXiv 2410.15608). */
const MAX_TOKENS_PER_SECOND = 6.5;

export type PeerWork = { readonly itemCount: number; readonly run: (item: number) => Promise<unknown> };

/** The clean questions of a fixtures folder, transcribed whole. Nothing of reading and resampling is timed. */
export async function openTranscriber(runner: Runner, threads: number, folder: string): Promise<PeerWork> {
  const questions = (await readFixtures(folder)).filter(({ kind, snrDb }) => kind === 'question' && snrDb === null);
  const clips = await Promise.all(questions.map(async ({ file }) => {
    const { samples, sampleRate } = await readAudioFile(join(folder, file));
    return resample(samples, sampleRate, LISTENING_SAMPLE_RATE);
  }));
  const transcribe = runner === 'sotto' ? await openSotto(threads) : await openTransformers(threads);
  return { itemCount: clips.length, run: (item) => transcribe(clips[item]!) };
}

async function openSotto(threads: number): Promise<(clip: Float32Array) => Promise<unknown>> {
  const files = openModel(await bundledModel('stt'));
  const engine = await createMoonshine({ ort: nodeOnnxRuntime, files, sessionOptions: sessionOptions(threads), maxTokensPerSecond: MAX_TOKENS_PER_SECOND });
  return (clip) => engine.transcribe(clip);
}

async function openTransformers(threads: number): Promise<(clip: Float32Array) => Promise<unknown>> {
  env.allowRemoteModels = false;
  const { directory } = await bundledModel('stt');
  const transcriber = await pipeline('automatic-speech-recognition', directory, { dtype: 'fp32', device: 'cpu', session_options: sessionOptions(threads) });
  return (clip) => transcriber(clip, { max_new_tokens: Math.max(8, Math.ceil((clip.length / LISTENING_SAMPLE_RATE) * MAX_TOKENS_PER_SECOND)) });
}
