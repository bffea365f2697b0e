import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '@sotto/pipeline';
import { bundledModel, type ConsoleIo } from '@sotto/server';
import type { Command } from 'commander';
import { ratioPlot } from '../plot/ratio-plot.ts';
import { describeMachine, makeResult } from '../result/describe-run.ts';
import { MeasuringProgress } from '../result/measuring-progress.ts';
import { writeResult, writeWhole } from '../result/write-result.ts';
import type { RunTiming } from '../runner/runner-message.ts';
import { RunnerProcess } from '../runner/runner-process.ts';
import { MODEL_SHAPES } from '../shapes/model-shape.ts';
import { writeShape } from '../shapes/shape-store.ts';
import { shapesFolder } from '../shapes/shapes-command.ts';
import { NOT_COMPARED, type Peer, PEER_TASKS, type PeerTask, type Runner } from './peer-task.ts';
import { type Compared, formatPeers } from './peers-report.ts';
import { sameTextCount, scorePairs } from './score-peers.ts';

type PeersOptions = { readonly data: string; readonly task: string; readonly rounds: string; readonly limit?: string; readonly threads: string; readonly modelDir?: string; readonly svg?: string; readonly out?: string; readonly json?: true };

const entry = fileURLToPath(new URL('./peer-process.js', import.meta.url));
/** Fewer pairs say nothing about a median. */
const MIN_PAIR_COUNT = 10;

const PACKAGES: Readonly<Record<Peer, string>> = { 'transformers.js': '@huggingface/transformers', 'sherpa-onnx': 'sherpa-onnx-node', 'vad-web': '@ricky0123/vad-web', 'kokoro-js': 'kokoro-js' };

export function registerPeers(bench: Command, io: ConsoleIo, args: readonly string[]): void {
  bench
    .command('peers')
    .description('the same work here and in transformers.js, sherpa-onnx, vad-web and kokoro-js, in turn, with the ratio of each pair')
    .option('--data <folder>', 'questions, as audio-fixtures', 'audio-fixtures')
    .option('--task <tasks>', `${Object.keys(PEER_TASKS).join(', ')}, or several with commas`, Object.keys(PEER_TASKS).join(','))
    .option('--rounds <count>', `how often each item is measured; more often where that gives fewer than ${MIN_PAIR_COUNT} pairs`, '2')
    .option('--limit <count>', 'only the first so many items')
    .option('--threads <count>', 'threads of one inference, for all', '1')
    .option('--model-dir <folder>', 'where models with random weights are written and found again (default: the user\'s cache folder)')
    .option('--svg <file>', 'draw the ratios with their intervals')
    .option('--out <file.json>', 'write the result as JSON, and as Markdown beside it')
    .option('--json', 'print the result as JSON')
    .action((options: PeersOptions) => measurePeers(options, io, args));
}

async function measurePeers(options: PeersOptions, io: ConsoleIo, args: readonly string[]): Promise<void> {
  const machine = describeMachine();
  const tasks = options.task.split(',').map((name) => {
    if (!(name in PEER_TASKS)) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `--task is ${name}; expected ${Object.keys(PEER_TASKS).join(' or ')}`);
    return name as PeerTask;
  });
  const models = { vad: await bundledModel('vad'), stt: await bundledModel('stt'), tts: await bundledModel('tts') };
  const compared: Compared[] = [];
  const resultSoFar = () => makeResult('peers', args, models, machine, { corpus: options.data, threadCount: Number(options.threads), peerVersions: peerVersions(), compared, notCompared: NOT_COMPARED });
  for (const task of tasks) {
    compared.push(...(await measureTask(task, options, io)));
    // A long run that is broken off keeps what it has.
    if (options.out !== undefined) await writeResult(options.out, resultSoFar(), formatPeers(resultSoFar()));
  }
  if (options.svg !== undefined) await writeWhole(options.svg, ratioPlot('Beside other libraries', 'times our processor time', compared.map(({ task, peer, processor }) => ({ name: `${task} ${peer}`, ratio: processor.ratio }))));
  io.out(options.json ? JSON.stringify(resultSoFar()) : formatPeers(resultSoFar()));
}

async function measureTask(task: PeerTask, options: PeersOptions, io: ConsoleIo): Promise<Compared[]> {
  const { peers, shape, what } = PEER_TASKS[task];
  const modelFolder = shape === undefined ? '' : (await writeShape(shapesFolder(options.modelDir, io), shape, MODEL_SHAPES[shape], io)).directory;
  await using opened = await openRunners(['sotto', ...peers], (runner) => ({ entry, args: [task, runner, options.threads, resolve(options.data), modelFolder], name: runner, signal: io.signal }));
  const { runners } = opened;
  const itemCount = Math.min(runners[0]!.process.itemCount, Number(options.limit ?? Infinity));
  const rounds = Math.max(Number(options.rounds), Math.ceil(MIN_PAIR_COUNT / itemCount));
  const progress = new MeasuringProgress(io, `${task}: ${['sotto', ...peers].join(', ')}`, (rounds + 1) * itemCount);
  for (let item = 0; item < itemCount; item++) {
    for (const { process } of runners) await process.run(item);
    progress.update(item + 1);
  }
  const rows: ReadonlyMap<Runner, RunTiming>[] = [];
  for (let n = 0; n < rounds * itemCount; n++) {
    rows.push(await runInTurn(runners, n, n % itemCount));
    progress.update(itemCount + n + 1);
  }
  return peers.map((peer) => {
    const pairs = rows.map((row) => ({ ours: row.get('sotto')!, peer: row.get(peer)! }));
    return { task, peer, what, wall: scorePairs(pairs, 'wallMs'), processor: scorePairs(pairs, 'processorMs'), sameTextCount: sameTextCount(pairs), pairs };
  });
}

type OpenRunner = { readonly name: Runner; readonly process: RunnerProcess };

/** Who goes first takes turns too, because the first finds the caches cold. */
async function runInTurn(runners: readonly OpenRunner[], turn: number, item: number): Promise<ReadonlyMap<Runner, RunTiming>> {
  const timings = new Map<Runner, RunTiming>();
  for (let i = 0; i < runners.length; i++) {
    const { name, process } = runners[(turn + i) % runners.length]!;
    timings.set(name, await process.run(item));
  }
  return timings;
}

async function openRunners(names: readonly Runner[], optionsOf: (runner: Runner) => Parameters<typeof RunnerProcess.start>[0]): Promise<{ readonly runners: readonly OpenRunner[] } & AsyncDisposable> {
  const runners: OpenRunner[] = [];
  const dispose = async () => {
    for (const { process } of runners) await process[Symbol.asyncDispose]();
  };
  try {
    for (const name of names) runners.push({ name, process: await RunnerProcess.start(optionsOf(name)) });
    return { runners, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function peerVersions(): Record<Peer, string> {
  return Object.fromEntries(Object.entries(PACKAGES).map(([peer, name]) => [peer, versionOf(name)])) as Record<Peer, string>;
}

/** Read as a file, because some packages do not export theirs. */
function versionOf(name: string): string {
  try {
    const { version } = JSON.parse(readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8')) as { version: string };
    return version;
  } catch {
    return 'unknown';
  }
}
