import { join } from 'node:path';
import { resample } from '@sotto/pipeline';
import { seededRandom } from '@sotto/pipeline/metrics';
import { addModelOptions, type ConsoleIo, defaultInstructions, type ModelChoice, modelsFromOptions, bundledModel, readAudioFile } from '@sotto/server';
import type { Command } from 'commander';
import { type Fixture, readFixtures } from '../corpus/fixture-index.ts';
import { describeMachine, makeResult } from '../result/describe-run.ts';
import { MeasuringProgress } from '../result/measuring-progress.ts';
import { latencyWaterfallPlot } from '../plot/latency-waterfall-plot.ts';
import { writeResult, writeWhole } from '../result/write-result.ts';
import { formatLatency } from './latency-report.ts';
import { type CalledTurn, RealtimeCaller } from './realtime-caller.ts';
import { scoreLatency } from './score-latency.ts';
import { modelArgs, ServeProcess } from './serve-process.ts';

type LatencyOptions = ModelChoice & { readonly data: string; readonly turns: string; readonly url?: string; readonly svg?: string; readonly out?: string; readonly json?: true };

export function registerLatency(bench: Command, io: ConsoleIo, args: readonly string[]): void {
  const command = bench
    .command('latency')
    .description('voice to voice over a real socket in real time, stage by stage, with the rate of turns cut off beside it')
    .option('--data <folder>', 'questions with labels, as audio-fixtures', 'audio-fixtures')
    .option('--turns <count>', 'warm turns to measure', '200')
    .option('--url <ws://…>', 'a server that runs already; otherwise one is started on a free port')
    .option('--svg <file>', 'draw where the time goes')
    .option('--out <file.json>', 'write the result as JSON, and as Markdown beside it')
    .option('--json', 'print the result as JSON');
  addModelOptions(command, ['vad', 'stt', 'llm', 'tts']).action((options: LatencyOptions) => measureLatency(options, io, args));
}

async function measureLatency(options: LatencyOptions, io: ConsoleIo, args: readonly string[]): Promise<void> {
  const machine = describeMachine();
  const fixtures = await readFixtures(options.data);
  const questions = fixtures.filter(({ kind, snrDb }) => kind === 'question' && snrDb === null);
  const paused = fixtures.filter(({ kind }) => kind === 'mid-pause');
  const turnCount = Number(options.turns);
  const chosen = await modelsFromOptions(options, io);
  const models = { vad: chosen.vad ?? (await bundledModel('vad')), stt: chosen.stt ?? (await bundledModel('stt')), llm: chosen.llm ?? (await bundledModel('llm')), tts: chosen.tts ?? (await bundledModel('tts')) };
  await using server = options.url === undefined ? await ServeProcess.start(modelArgs(options), io.signal) : undefined;
  const url = options.url ?? server!.url;
  const caller = { url, instructions: await defaultInstructions(models.llm), random: seededRandom(1), signal: io.signal };
  const ask = (fixture: Fixture) => askOnce(fixture, options.data, caller);

  const progress = new MeasuringProgress(io, 'Asking', turnCount + paused.length + 1);
  const cold = await ask(questions[0]!);
  progress.update(1);
  const turns: CalledTurn[] = [];
  while (turns.length < turnCount) {
    turns.push(await ask(questions[turns.length % questions.length]!));
    progress.update(1 + turns.length);
  }
  let cutOffTurnCount = 0;
  for (const [index, fixture] of paused.entries()) {
    if ((await ask(fixture)).cutOffCount > 0) cutOffTurnCount++;
    progress.update(1 + turns.length + index + 1);
  }
  const body = { corpus: options.data, endpoint: options.url ?? 'a server of its own on loopback', latency: scoreLatency(turns, cold), pauses: { turnCount: paused.length, cutOffTurnCount } };
  const result = makeResult('latency', args, models, machine, body);
  if (options.out !== undefined) await writeResult(options.out, result, formatLatency(result));
  if (options.svg !== undefined) await writeWhole(options.svg, latencyWaterfallPlot(result.body.latency));
  io.out(options.json ? JSON.stringify(result) : formatLatency(result));
}

/** Every turn on a connection of its own, so that no turn depends on the one before. */
async function askOnce(fixture: Fixture, folder: string, options: Parameters<typeof RealtimeCaller.open>[0]): Promise<CalledTurn> {
  const { samples, sampleRate } = await readAudioFile(join(folder, fixture.file));
  await using caller = await RealtimeCaller.open(options);
  return await caller.ask(resample(samples, sampleRate, 24_000), fixture.speechEndMs);
}
