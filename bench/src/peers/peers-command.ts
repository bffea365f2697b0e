import { resolve } from 'node:path';
import { ConfigError } from '@sotto/pipeline';
import { bundledModel, type ConsoleIo } from '@sotto/server';
import type { Command } from 'commander';
import { describeMachine, makeResult } from '../result/describe-run.ts';
import { MeasuringProgress } from '../result/measuring-progress.ts';
import { writeResult } from '../result/write-result.ts';
import { PEER_TASKS, type PeerTask } from './peer-task.ts';
import { formatPeers } from './peers-report.ts';
import { RunnerProcess } from './runner-process.ts';
import { scorePairs, type TimedPair } from './score-peers.ts';

type PeersOptions = { readonly data: string; readonly task: string; readonly rounds: string; readonly limit?: string; readonly threads: string; readonly out?: string; readonly json?: true };

export function registerPeers(bench: Command, io: ConsoleIo, args: readonly string[]): void {
  bench
    .command('peers')
    .description('the same work here and in transformers.js and kokoro-js, in turn, with the ratio of each pair')
    .option('--data <folder>', 'questions, as audio-fixtures', 'audio-fixtures')
    .option('--task <tasks>', `${Object.keys(PEER_TASKS).join(', ')}, or several with commas`, Object.keys(PEER_TASKS).join(','))
    .option('--rounds <count>', 'how often each item is measured', '3')
    .option('--limit <count>', 'only the first so many items')
    .option('--threads <count>', 'threads of one inference, for both', '1')
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
  const compared = [];
  for (const task of tasks) {
    const pairs = await measureTask(task, options, io);
    compared.push({ task, ...PEER_TASKS[task], wall: scorePairs(pairs, 'wallMs'), processor: scorePairs(pairs, 'processorMs'), pairs });
  }
  const result = makeResult('peers', args, { stt: await bundledModel('stt'), tts: await bundledModel('tts') }, machine, { corpus: options.data, threadCount: Number(options.threads), compared });
  if (options.out !== undefined) await writeResult(options.out, result, formatPeers(result));
  io.out(options.json ? JSON.stringify(result) : formatPeers(result));
}

async function measureTask(task: PeerTask, options: PeersOptions, io: ConsoleIo): Promise<TimedPair[]> {
  const start = (runner: Parameters<typeof RunnerProcess.start>[1]) => RunnerProcess.start(task, runner, Number(options.threads), resolve(options.data), io.signal);
  await using ours = await start(PEER_TASKS[task].ours);
  await using peer = await start(PEER_TASKS[task].peer);
  const itemCount = Math.min(ours.itemCount, Number(options.limit ?? Infinity));
  const rounds = Number(options.rounds);
  const progress = new MeasuringProgress(io, `${task}: ${PEER_TASKS[task].ours} and ${PEER_TASKS[task].peer}`, rounds * itemCount);
  for (let item = 0; item < itemCount; item++) {
    await ours.run(item);
    await peer.run(item);
  }
  const pairs: TimedPair[] = [];
  for (let n = 0; n < rounds * itemCount; n++) {
    const item = n % itemCount;
    // Who goes first takes turns too, because the first finds the caches cold.
    const first = n % 2 === 0 ? ours : peer;
    const timings = [await first.run(item), await (first === ours ? peer : ours).run(item)] as const;
    pairs.push(first === ours ? { ours: timings[0], peer: timings[1] } : { ours: timings[1], peer: timings[0] });
    progress.update(pairs.length);
  }
  return pairs;
}
