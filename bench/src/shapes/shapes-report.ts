import type { BenchResult } from '../result/bench-result.ts';
import { busyMachineNote } from '../result/busy-machine.ts';
import { table } from '../result/format-figures.ts';
import type { ClipScores, PromptScores, Spread } from './score-shapes.ts';

export type MeasuredShape = {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: Readonly<Record<string, string>>;
  readonly loadMs: number;
  /** Of the process that loaded the model and ran it, with Node and the runtime. */
  readonly peakBytes: number;
  readonly clips: readonly ClipScores[];
  readonly prompt: PromptScores | undefined;
};

export type ShapesResult = BenchResult<'shapes', {
  readonly recipeVersion: number;
  readonly threadCount: number;
  readonly roundCount: number;
  readonly measured: readonly MeasuredShape[];
  /** Models that are not measured, and why. */
  readonly missing: Readonly<Record<string, string>>;
}>;

export function formatShapes(result: ShapesResult): string {
  const { body } = result;
  const threads = `${body.threadCount} ${body.threadCount === 1 ? 'thread' : 'threads'}`;
  const recognisers = body.measured.filter(({ clips }) => clips.length > 0);
  const llms = body.measured.flatMap((one) => (one.prompt === undefined ? [] : [[one, one.prompt] as const]));
  return `${[
    '# Models of full size, with random weights',
    `Speed depends on a model's shape and not on what it learned, so these figures stand for the public models of the same shape, run here in Sotto's drivers on the processor with ${threads}. Recognisers are fp32, the language model Q8_0. **What they say means nothing**: the length is forced, as the tokens tell. Medians, with the middle half of ${body.roundCount} runs behind; a model in a process of its own, warmed up once.`,
    ...(recognisers.length === 0 ? [] : [table(
      ['recogniser', 'audio s', 'tokens', 'ms', 'processor ms', 'real-time factor', 'encoder ms', 'decoder tokens/s'],
      recognisers.flatMap(({ name, clips }) => clips.map((clip) => [name, String(clip.audioSeconds), String(clip.tokenCount), spread(clip.wallMs), spread(clip.processorMs), clip.realTimeFactor.toFixed(3), spread(clip.encoderMs), spread(clip.decodedTokensPerSecond)])),
    )]),
    ...(llms.length === 0 ? [] : [table(
      ['language model', 'prompt tokens', 'new tokens', 'first token ms', 'read tokens/s', 'written tokens/s'],
      llms.map(([{ name }, prompt]) => [name, String(prompt.promptTokenCount), String(prompt.newTokenCount), spread(prompt.firstTokenMs), spread(prompt.readTokensPerSecond), spread(prompt.writtenTokensPerSecond)]),
    )]),
    table(['model', 'files MB', 'peak memory MB', 'load ms'], body.measured.map(({ name, bytes, peakBytes, loadMs }) => [name, (bytes / 1e6).toFixed(0), (peakBytes / 1e6).toFixed(0), loadMs.toFixed(0)])),
    'Peak memory is that of the whole process: Node, the runtime, the model and what it works with.',
    ...Object.entries(body.missing).map(([name, reason]) => `**${name}** is not measured: ${reason}.`),
    ...busyMachineNote(result.machine),
    `Measured ${result.measuredAt.slice(0, 10)} on ${result.machine.coreCount} × ${result.machine.processor} (load ${result.machine.loadAverage.toFixed(1)} at the start) with:\n\n\`\`\`sh\n${result.command}\n\`\`\``,
  ].join('\n\n')}\n`;
}

function spread({ median, quartiles: [low, high] }: Spread): string {
  return `${figure(median)} (${figure(low)} – ${figure(high)})`;
}

function figure(value: number): string {
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}
