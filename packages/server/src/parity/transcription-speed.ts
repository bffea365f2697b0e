/**
 * How long a transcription takes here and in transformers.js: same files, audio and thread count, each in a process of its own, in turn.
 *
 *     node packages/server/dist/parity/transcription-speed.js [threads=1] [rounds=3]
 *
 * Half of the clean question fixtures warm an engine up; each of the other half is timed once, so that nothing timed was heard
 * before. Both wall and processor time are given: the second is the fair one on a machine that does other work as well.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { env, pipeline, type Tensor } from '@huggingface/transformers';
import * as ort from 'onnxruntime-node';
import { createMoonshine } from '@sotto/pipeline';
import { fixtureQuestions } from './fixture-clips.ts';
import { modelFolder } from './model-folder.ts';

const RUNNERS = ['sotto', 'transformers.js'] as const;
type Runner = (typeof RUNNERS)[number];
type Timing = { readonly name: string; readonly tokenCount: number; readonly wallMs: number; readonly processorMs: number };

const folder = fileURLToPath(new URL('../../../../starter-models/stt', import.meta.url));
const tokenLimit = (clip: Float32Array) => Math.max(8, Math.ceil((clip.length / 16_000) * 6.5));

async function openRunner(runner: Runner, threads: number): Promise<(clip: Float32Array) => Promise<number>> {
  const sessionOptions = { intraOpNumThreads: threads, interOpNumThreads: 1, extra: { session: { intra_op: { allow_spinning: '0' } } } };
  if (runner === 'sotto') {
    const engine = await createMoonshine({ ort, files: modelFolder(folder), sessionOptions, maxTokensPerSecond: 6.5 });
    return async (clip) => (await engine.transcribe(clip)).tokens.length;
  }
  env.allowRemoteModels = false;
  const transcriber = await pipeline('automatic-speech-recognition', folder, { dtype: 'fp32', device: 'cpu', session_options: sessionOptions });
  const { model } = transcriber;
  const generate = model.generate.bind(model);
  let tokenCount = 0;
  model.generate = async (options: never) => {
    const output = (await generate(options)) as Tensor;
    tokenCount = output.dims[1]! - 2;
    return output;
  };
  return async (clip) => {
    await transcriber(clip, { max_new_tokens: tokenLimit(clip) });
    return tokenCount;
  };
}

async function time(runner: Runner, threads: number): Promise<Timing[]> {
  const clips = (await fixtureQuestions()).filter((clip) => clip.isClean);
  const transcribe = await openRunner(runner, threads);
  for (const { samples } of clips.filter((_, i) => i % 2 === 1)) await transcribe(samples);
  const timings: Timing[] = [];
  for (const { name, samples } of clips.filter((_, i) => i % 2 === 0)) {
    const wall = performance.now();
    const processor = process.cpuUsage();
    const tokenCount = await transcribe(samples);
    const used = process.cpuUsage(processor);
    timings.push({ name, tokenCount, wallMs: performance.now() - wall, processorMs: (used.user + used.system) / 1000 });
  }
  return timings;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

function compare(threads: number, rounds: number): void {
  const timings: Record<Runner, Timing[]> = { 'sotto': [], 'transformers.js': [] };
  for (let round = 0; round < rounds; round++) {
    for (const runner of RUNNERS) {
      const output = execFileSync(process.execPath, [fileURLToPath(import.meta.url), '--runner', runner, String(threads)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
      timings[runner].push(...(JSON.parse(output) as Timing[]));
    }
  }
  for (const runner of RUNNERS) {
    const { wallMs, processorMs, tokenCount } = Object.fromEntries((['wallMs', 'processorMs', 'tokenCount'] as const).map((key) => [key, median(timings[runner].map((timing) => timing[key]))])) as Record<string, number>;
    console.log(`${runner}: median wall ${wallMs!.toFixed(1)} ms, processor ${processorMs!.toFixed(1)} ms, ${tokenCount} tokens, n=${timings[runner].length}`);
  }
  for (const key of ['wallMs', 'processorMs'] as const) {
    const ratios = timings['sotto'].map((timing, i) => timings['transformers.js'][i]![key] / timing[key]);
    console.log(`${key}: transformers.js takes ${median(ratios).toFixed(2)} times as long (median over clips)`);
  }
}

const [first = '1', second = '3', third = '1'] = process.argv.slice(2);
if (first === '--runner') process.stdout.write(JSON.stringify(await time(second as Runner, Number(third))));
else compare(Number(first), Number(second));
