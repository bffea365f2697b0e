import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorRateInterval, percentile, scoreUtterance, sumErrors } from '@sotto/pipeline/metrics';
import { addModelOptions, type ConsoleIo, defaultInstructions, loadEngines, type LoadedEngines, type ModelChoice, modelsFromOptions, readAudioFile, talkWithFile } from '@sotto/server';
import { resample } from '@sotto/pipeline';
import type { Command } from 'commander';
import { type Fixture, readFixtures } from '../corpus/fixture-index.ts';
import { containsFact } from '../facts/contains-fact.ts';
import { wholeNumber } from '../options/whole-number.ts';
import { turnsPlot } from '../plot/turns-plot.ts';
import { describeMachine, makeResult } from '../result/describe-run.ts';
import { MeasuringProgress } from '../result/measuring-progress.ts';
import { writeResult, writeWhole } from '../result/write-result.ts';
import { formatTurns, type Turn, type TurnsResult, type TurnsScores } from './turns-report.ts';

type TurnsOptions = ModelChoice & { readonly data: string; readonly limit?: string; readonly svg?: string; readonly out?: string; readonly json?: true };

export function registerTurns(bench: Command, io: ConsoleIo, args: readonly string[]): void {
  const command = bench
    .command('turns')
    .description('whole spoken turns on questions with known answers: is it heard, answered with the right fact, and said so that it is understood?')
    .requiredOption('--data <folder>', 'a folder like audio-fixtures: index.json with transcripts and expected facts')
    .option('--limit <count>', 'only the first so many questions')
    .option('--svg <file>', 'draw what was heard and answered, clean and in noise')
    .option('--out <file.json>', 'write the result as JSON, and as Markdown beside it')
    .option('--json', 'print the result as JSON');
  addModelOptions(command, ['vad', 'stt', 'llm', 'tts']).action((options: TurnsOptions) => measureTurns(options, io, args));
}

async function measureTurns(options: TurnsOptions, io: ConsoleIo, args: readonly string[]): Promise<void> {
  const machine = describeMachine();
  const questions = (await readFixtures(options.data)).filter(({ kind, expectedFact }) => kind === 'question' && expectedFact !== undefined);
  const chosen = options.limit === undefined ? questions : questions.slice(0, wholeNumber('--limit', options.limit, 1));
  await using engines = await loadEngines({ models: await modelsFromOptions(options, io), signal: io.signal });
  const instructions = await defaultInstructions(engines.models.llm);
  const folder = await mkdtemp(join(tmpdir(), 'sotto-turns-'));
  const progress = new MeasuringProgress(io, 'Asking', chosen.length);
  try {
    const turns: Turn[] = [];
    for (const question of chosen) {
      io.signal.throwIfAborted();
      turns.push(await holdTurn(question, options.data, folder, engines, instructions, io.signal));
      progress.update(turns.length);
    }
    const result: TurnsResult = makeResult('turns', args, engines.models, machine, score(options.data, turns));
    if (options.out !== undefined) await writeResult(options.out, result, formatTurns(result));
    if (options.svg !== undefined) await writeWhole(options.svg, turnsPlot(result.body));
    io.out(options.json ? JSON.stringify(result) : formatTurns(result));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function holdTurn(question: Fixture, data: string, folder: string, engines: LoadedEngines, instructions: string, signal: AbortSignal): Promise<Turn> {
  const { vad, stt, llm, tts } = engines.forSession(question.name);
  const replyPath = join(folder, 'reply.wav');
  const fact = question.expectedFact ?? '';
  const base = { name: question.name, split: question.snrDb === null ? 'clean' : `noise ${question.snrDb} dB`, said: question.transcript, fact };
  try {
    const conversation = await talkWithFile({ engines: { vad, stt, llm, tts }, question: await readAudioFile(join(data, question.file)), questionName: question.name, replyPath, settings: { instructions }, signal });
    const turn = conversation.turns.at(-1);
    const heard = conversation.turns.map(({ transcript }) => transcript).join(' ');
    const spoken = await readAudioFile(replyPath);
    const { text } = await stt.transcribe(resample(spoken.samples, spoken.sampleRate, stt.capabilities.sampleRate), { signal });
    return { ...base, heard, reply: turn?.reply ?? '', factInReply: containsFact(turn?.reply ?? '', fact), heardBack: text, factHeardBack: containsFact(text, fact), latencyMs: turn?.waterfall?.totalMs };
  } catch (thrown) {
    signal.throwIfAborted();
    // A question that nobody heard is a wrong answer, not the end of the measurement.
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return { ...base, heard: '', reply: `(${reason})`, factInReply: false, heardBack: '', factHeardBack: false, latencyMs: undefined };
  }
}

function score(corpus: string, turns: readonly Turn[]): TurnsScores {
  const splits = [...new Set(turns.map(({ split }) => split))].sort().map((split) => {
    const group = turns.filter((turn) => turn.split === split);
    const latencies = group.flatMap(({ latencyMs }) => (latencyMs === undefined ? [] : [latencyMs]));
    return {
      split,
      turnCount: group.length,
      wordErrorRate: errorRateInterval(group.map(({ said, heard }) => sumErrors([scoreUtterance(said, heard, 'basic').words]))),
      factInReplyRatio: group.filter(({ factInReply }) => factInReply).length / group.length,
      factHeardBackRatio: group.filter(({ factHeardBack }) => factHeardBack).length / group.length,
      medianLatencyMs: latencies.length === 0 ? undefined : percentile(latencies, 0.5),
    };
  });
  return { corpus, splits, turns };
}
