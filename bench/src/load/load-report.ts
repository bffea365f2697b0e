import type { BenchResult } from '../result/bench-result.ts';
import { table } from '../result/format-figures.ts';
import type { LoadStep } from './hold-sessions.ts';

export type LoadBody = {
  readonly corpus: string;
  readonly endpoint: string;
  readonly degradation: number;
  readonly holdMs: number;
  readonly knee: number | undefined;
  readonly isBeyond: boolean;
  /** In the order of trying. */
  readonly steps: readonly (LoadStep & { readonly holds: boolean })[];
};
export type LoadResult = BenchResult<'load', LoadBody>;

export function formatLoad(result: LoadResult): string {
  const { body } = result;
  const cell = (ms: number | undefined) => (ms === undefined ? '–' : ms === Infinity ? 'beyond' : ms.toFixed(0));
  const knee = body.knee === undefined ? 'Not even one session was held.' : body.isBeyond ? `All ${body.knee} sessions that were allowed were held: the knee lies beyond.` : `**${body.knee} sessions at a time are held.**`;
  return `${[
    `# Sessions held by ${body.endpoint}`,
    `${knee} Held means: nobody refused, dropped or unanswered, and the 95th percentile of replies at most ${body.degradation} times that of one session alone.`,
    `Sessions arrive on a schedule that waits for nobody, and each asks questions of ${body.corpus} one after another in real time for ${body.holdMs / 1000} s; clients run in one process on the same machine and take their share of it.`,
    table(['sessions', 'refused', 'dropped', 'turns', 'unanswered', 'p50 ms', 'p95 ms', 'p95 queue ms', 'held'], [...body.steps].sort((a, b) => a.sessionCount - b.sessionCount).map((step) => [String(step.sessionCount), String(step.refusedCount), String(step.droppedCount), String(step.turnCount), String(step.unansweredCount), cell(step.medianLatencyMs), cell(step.p95LatencyMs), cell(step.p95QueueDelayMs), step.holds ? 'yes' : 'no'])),
    `Measured ${result.measuredAt.slice(0, 10)} on ${result.machine.coreCount} × ${result.machine.processor} (load ${result.machine.loadAverage.toFixed(1)} at the start) with:\n\n\`\`\`sh\n${result.command}\n\`\`\``,
  ].join('\n\n')}\n`;
}
