import { join } from 'node:path';
import { ConfigError, resample } from '@sotto/pipeline';
import { seededRandom } from '@sotto/pipeline/metrics';
import { addModelOptions, bundledModel, type ConsoleIo, defaultInstructions, type ModelChoice, modelsFromOptions, readAudioFile } from '@sotto/server';
import type { Command } from 'commander';
import { readFixtures } from '../corpus/fixture-index.ts';
import { modelArgs, ServeProcess } from '../latency/serve-process.ts';
import { wholeNumber } from '../options/whole-number.ts';
import { loadKneePlot } from '../plot/load-knee-plot.ts';
import { describeMachine, makeResult } from '../result/describe-run.ts';
import { writeResult, writeWhole } from '../result/write-result.ts';
import { findKnee } from './find-knee.ts';
import { type HeldQuestion, holdSessions, type LoadStep } from './hold-sessions.ts';
import { formatLoad } from './load-report.ts';

type LoadOptions = ModelChoice & { readonly data: string; readonly url?: string; readonly maxSessions: string; readonly hold: string; readonly degradation: string; readonly svg?: string; readonly out?: string; readonly json?: true };

/** A bench is no weapon: nobody means to hold more sessions than this from one process. */
const MAX_SESSIONS_ALLOWED = 1000;
/** Different questions are enough; every one is read before the start. */
const QUESTION_COUNT = 8;

export function registerLoad(bench: Command, io: ConsoleIo, args: readonly string[]): void {
  const command = bench
    .command('load')
    .description('how many sessions a server holds before replies come late or somebody is turned away')
    .option('--data <folder>', 'questions with labels, as audio-fixtures', 'audio-fixtures')
    .option('--url <ws://…>', 'a server on this machine that runs already; otherwise one is started on a free port')
    .option('--max-sessions <count>', `sessions at most, up to ${MAX_SESSIONS_ALLOWED}`, '64')
    .option('--hold <seconds>', 'how long each number of sessions is held', '15')
    .option('--degradation <factor>', 'how many times the 95th percentile of one session alone counts as late', '2')
    .option('--svg <file>', 'draw replies against sessions')
    .option('--out <file.json>', 'write the result as JSON, and as Markdown beside it')
    .option('--json', 'print the result as JSON');
  addModelOptions(command, ['vad', 'stt', 'llm', 'tts']).action((options: LoadOptions) => measureLoad(options, io, args));
}

async function measureLoad(options: LoadOptions, io: ConsoleIo, args: readonly string[]): Promise<void> {
  const maxLoad = wholeNumber('--max-sessions', options.maxSessions, 1, MAX_SESSIONS_ALLOWED);
  const holdMs = wholeNumber('--hold', options.hold, 1, 600) * 1000;
  const degradation = Number(options.degradation);
  if (!(degradation > 1)) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `--degradation is ${options.degradation}; expected a number above 1`);
  if (options.url !== undefined) assertLoopback(options.url);
  const machine = describeMachine();
  const models = await modelsFromOptions(options, io);
  const questions = await readQuestions(options.data);
  await using server = options.url === undefined ? await ServeProcess.start([...modelArgs(options), '--max-sessions', String(maxLoad)], io.signal) : undefined;
  const url = options.url ?? server!.url;
  const held = { url, instructions: await defaultInstructions(models.llm ?? (await bundledModel('llm'))), questions, holdMs, random: seededRandom(1), signal: io.signal };

  await holdSessions(1, { ...held, holdMs: 1 });
  let aloneMs: number | undefined;
  const search = await findKnee(async (load) => {
    const step = await holdSessions(load, held);
    aloneMs ??= step.p95LatencyMs;
    io.note(`${load} sessions: p95 ${step.p95LatencyMs?.toFixed(0) ?? '–'} ms, ${step.refusedCount} refused, ${step.droppedCount} dropped, ${step.unansweredCount} unanswered`);
    return { holds: isHeld(step, (aloneMs ?? 0) * degradation), step };
  }, { maxLoad });
  const body = { corpus: options.data, endpoint: options.url ?? 'a server of its own on loopback', degradation, holdMs, knee: search.knee, isBeyond: search.isBeyond, steps: search.steps.map(({ step, holds }) => ({ ...step, holds })) };
  const result = makeResult('load', args, models, machine, body);
  if (options.out !== undefined) await writeResult(options.out, result, formatLoad(result));
  if (options.svg !== undefined) await writeWhole(options.svg, loadKneePlot(body));
  io.out(options.json ? JSON.stringify(result) : formatLoad(result));
}

/** Everybody is let in, stays in, and is answered not much later than one alone. */
export function isHeld(step: LoadStep, lateMs: number): boolean {
  return step.refusedCount === 0 && step.droppedCount === 0 && step.unansweredCount === 0 && step.p95LatencyMs !== undefined && step.p95LatencyMs <= lateMs;
}

/** @throws {ConfigError} VOICE_ERR_INVALID_OPTION for a server elsewhere: load is for one's own machine. */
export function assertLoopback(url: string): void {
  const host = URL.canParse(url) ? new URL(url).hostname : undefined;
  if (host !== undefined && (/^127\.\d+\.\d+\.\d+$/.test(host) || host === 'localhost' || host === '[::1]')) return;
  throw new ConfigError('VOICE_ERR_INVALID_OPTION', `--url is ${url}; expected a server on this machine, such as ws://127.0.0.1:8765/v1/realtime`);
}

async function readQuestions(folder: string): Promise<HeldQuestion[]> {
  const questions = (await readFixtures(folder)).filter(({ kind, snrDb }) => kind === 'question' && snrDb === null).slice(0, QUESTION_COUNT);
  return Promise.all(questions.map(async ({ file, speechEndMs }) => {
    const { samples, sampleRate } = await readAudioFile(join(folder, file));
    return { samples: resample(samples, sampleRate, 24_000), speechEndMs };
  }));
}
