import { ConfigError } from '@sotto/pipeline';
import type { ConsoleIo } from '@sotto/server';
import type { Command } from 'commander';
import { errorRateSpeedPlot } from '../plot/error-rate-speed-plot.ts';
import { percentInterval, percentPoints, table } from '../result/format-figures.ts';
import { writeWhole } from '../result/write-result.ts';
import { compareLatency, type LatencyComparison } from './compare-latency.ts';
import { compareWer, type WerComparison } from './compare-wer.ts';
import { readResult } from './read-result.ts';

export function registerCompare(bench: Command, io: ConsoleIo): void {
  bench
    .command('compare')
    .description('two results of the same kind on the same data: is the difference real?')
    .argument('<a.json>')
    .argument('<b.json>')
    .option('--svg <file>', 'draw error rates against real-time factors')
    .option('--json', 'print the comparison as JSON')
    .action(async (pathA: string, pathB: string, options: { readonly svg?: string; readonly json?: true }) => {
      const comparison = await compareFiles(pathA, pathB);
      if (options.svg !== undefined) await drawErrorRates(options.svg, [pathA, pathB]);
      io.out(options.json ? JSON.stringify(comparison.figures) : comparison.markdown);
    });
}

/** @throws {ConfigError} VOICE_ERR_INVALID_OPTION when the two cannot be compared. */
export async function compareFiles(pathA: string, pathB: string): Promise<{ readonly figures: WerComparison | LatencyComparison; readonly markdown: string }> {
  const [a, b] = await Promise.all([readResult(pathA), readResult(pathB)]);
  const names = `A is ${pathA}, B is ${pathB}.`;
  if (a.kind === 'wer' && b.kind === 'wer') {
    const figures = compareWer(a.body, b.body);
    return { figures, markdown: formatWerComparison(figures, names) };
  }
  if (a.kind === 'latency' && b.kind === 'latency') {
    const figures = compareLatency(a.body, b.body);
    return { figures, markdown: formatLatencyComparison(figures, names) };
  }
  throw new ConfigError('VOICE_ERR_INVALID_OPTION', `These results cannot be compared: ${pathA} is of kind ${a.kind}, ${pathB} of kind ${b.kind}`);
}

async function drawErrorRates(path: string, resultPaths: readonly string[]): Promise<void> {
  const results = await Promise.all(resultPaths.map(readResult));
  const measured = results.flatMap((result) => (result.kind === 'wer' ? [{ name: `${result.models.stt?.id ?? '?'} (${result.models.stt?.dtype ?? '?'})`, scores: result.body }] : []));
  if (measured.length === 0) throw new ConfigError('VOICE_ERR_INVALID_OPTION', '--svg draws error rates; these results have none');
  await writeWhole(path, errorRateSpeedPlot(measured));
}

function formatWerComparison({ a, b, difference, mapsswe, speakerCount }: WerComparison, names: string): string {
  return [
    names,
    table(['', 'WER (95 %)'], [['A', percentInterval(a)], ['B', percentInterval(b)]]),
    `A − B: **${percentPoints(difference)}**${difference.pValue === undefined ? '' : `, p = ${difference.pValue.toPrecision(2)}`}, by paired bootstrap over ${speakerCount} speakers; negative means that A is better.`,
    `MAPSSWE: ${mapsswe.segmentCount} segments, mean difference ${mapsswe.meanDifference.toFixed(3)} errors${mapsswe.z === undefined ? '' : `, z = ${mapsswe.z.toFixed(2)}`}${mapsswe.pValue === undefined ? '' : `, p = ${mapsswe.pValue.toPrecision(2)}`}${mapsswe.segmentCount < 50 ? ' (fewer than 50 segments: not to be trusted)' : ''}.`,
  ].join('\n\n');
}

function formatLatencyComparison(comparison: LatencyComparison, names: string): string {
  const cell = ({ estimate, low, high }: LatencyComparison[number]['a']) => `${estimate.toFixed(0)} [${low?.toFixed(0) ?? '–'}, ${high?.toFixed(0) ?? '–'}]`;
  return [names, 'Medians in ms with 95 % intervals.', table(['', 'A', 'B', ''], comparison.map(({ name, a, b, verdict }) => [name, cell(a), cell(b), verdict]))].join('\n\n');
}
