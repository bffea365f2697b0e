import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '@sotto/pipeline';
import { type ConsoleIo, userCacheFolder } from '@sotto/server';
import type { Command } from 'commander';
import { describeMachine, makeResult } from '../result/describe-run.ts';
import { MeasuringProgress } from '../result/measuring-progress.ts';
import { writeResult } from '../result/write-result.ts';
import type { RunTiming } from '../runner/runner-message.ts';
import { RunnerProcess } from '../runner/runner-process.ts';
import { MISSING_SHAPES, MODEL_SHAPES, SHAPE_NAMES, type ShapeName } from './model-shape.ts';
import { scoreClip, scorePrompt } from './score-shapes.ts';
import { SHAPE_RECIPE_VERSION, writeShape } from './shape-store.ts';
import { formatShapes, type MeasuredShape } from './shapes-report.ts';

type ShapesOptions = { readonly models: string; readonly rounds: string; readonly seconds: string; readonly threads: string; readonly modelDir?: string; readonly keep: boolean; readonly out?: string; readonly json?: true };

const entry = fileURLToPath(new URL('./shape-process.js', import.meta.url));

export function registerShapes(bench: Command, io: ConsoleIo, args: readonly string[]): void {
  bench
    .command('shapes')
    .description('how fast models of full size run on this machine, with random weights in place of a download')
    .option('--models <names>', `several with commas: ${SHAPE_NAMES.join(', ')}`, SHAPE_NAMES.join(','))
    .option('--rounds <count>', 'how often each is measured', '5')
    .option('--seconds <lengths>', 'lengths of the audio, with commas', '4,10')
    .option('--threads <count>', 'threads of one inference', '1')
    .option('--model-dir <folder>', 'where the models are written and found again (default: the user\'s cache folder; 1.4 GB for all)')
    .option('--no-keep', 'delete the models afterwards; kept, they are there at once the next time')
    .option('--out <file.json>', 'write the result as JSON, and as Markdown beside it')
    .option('--json', 'print the result as JSON')
    .action((options: ShapesOptions) => measureShapes(options, io, args));
}

/** Where shapes are written unless told otherwise. */
export function shapesFolder(modelDir: string | undefined, io: ConsoleIo): string {
  return modelDir === undefined ? join(userCacheFolder(io.env), 'shapes') : resolve(modelDir);
}

async function measureShapes(options: ShapesOptions, io: ConsoleIo, args: readonly string[]): Promise<void> {
  const names = options.models.split(',').map(shapeName);
  const clipSeconds = options.seconds.split(',').map((text) => positive('--seconds', text));
  const roundCount = positive('--rounds', options.rounds);
  const threadCount = positive('--threads', options.threads);
  const machine = describeMachine();
  const folder = shapesFolder(options.modelDir, io);
  const measured: MeasuredShape[] = [];
  const resultSoFar = () => makeResult('shapes', args, {}, machine, { recipeVersion: SHAPE_RECIPE_VERSION, threadCount, roundCount, measured, missing: { ...notYet(names, measured), ...MISSING_SHAPES } });
  for (const name of names) {
    const written = await writeShape(folder, name, MODEL_SHAPES[name], io);
    try {
      measured.push({ name, bytes: written.bytes, sha256: written.sha256, ...(await measureShape(written.directory, { name, clipSeconds, roundCount, threadCount, io })) });
    } finally {
      if (!options.keep) await rm(written.directory, { recursive: true, force: true });
    }
    // A long run that is broken off keeps what it has.
    if (options.out !== undefined) await writeResult(options.out, resultSoFar(), formatShapes(resultSoFar()));
  }
  io.out(options.json ? JSON.stringify(resultSoFar()) : formatShapes(resultSoFar()));
}

function notYet(names: readonly ShapeName[], measured: readonly MeasuredShape[]): Record<string, string> {
  const left = names.filter((name) => measured.every((one) => one.name !== name));
  return Object.fromEntries(left.map((name) => [name, 'the run was broken off before it']));
}

type Measuring = { readonly name: ShapeName; readonly clipSeconds: readonly number[]; readonly roundCount: number; readonly threadCount: number; readonly io: ConsoleIo };

async function measureShape(directory: string, { name, clipSeconds, roundCount, threadCount, io }: Measuring): Promise<Omit<MeasuredShape, 'name' | 'bytes' | 'sha256'>> {
  await using runner = await RunnerProcess.start({ entry, args: [directory, String(threadCount), clipSeconds.join(',')], name, signal: io.signal });
  const progress = new MeasuringProgress(io, name, runner.itemCount * (roundCount + 1));
  const timings: RunTiming[][] = Array.from({ length: runner.itemCount }, () => []);
  let done = 0;
  for (let round = 0; round <= roundCount; round++) {
    for (const [item, kept] of timings.entries()) {
      const timing = await runner.run(item);
      // The first round only warms up.
      if (round > 0) kept.push(timing);
      progress.update(++done);
    }
  }
  const isLlm = MODEL_SHAPES[name].architecture === 'qwen3';
  return {
    loadMs: runner.loadMs,
    peakBytes: Math.max(...timings.flat().map(({ peakBytes }) => peakBytes)),
    clips: isLlm ? [] : timings.map((kept, item) => scoreClip(clipSeconds[item]!, kept)),
    prompt: isLlm ? scorePrompt(timings[0]!) : undefined,
  };
}

function shapeName(name: string): ShapeName {
  if (name in MODEL_SHAPES) return name as ShapeName;
  throw new ConfigError('VOICE_ERR_INVALID_OPTION', `--models names ${name}; expected ${SHAPE_NAMES.join(', ')}`);
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new ConfigError('VOICE_ERR_INVALID_OPTION', `${option} is ${text}; expected a number above 0`);
}
