import type { BenchResult } from '../result/bench-result.ts';
import { table } from '../result/format-figures.ts';
import type { LatencyScores, Percentiles } from './score-latency.ts';

export type LatencyBody = {
  readonly corpus: string;
  readonly endpoint: string;
  readonly latency: LatencyScores;
  /** Turn-taking on questions with a scripted pause in the middle. */
  readonly pauses: { readonly turnCount: number; readonly cutOffTurnCount: number };
};
export type LatencyResult = BenchResult<'latency', LatencyBody>;

/** Percentiles as Markdown. T0 and T1 are said, because nobody else's are the same. */
export function formatLatency(result: LatencyResult): string {
  const { latency, pauses } = result.body;
  const rows: (readonly [string, Percentiles])[] = [
    ['**voice to voice**', latency.voiceToVoiceMs],
    ['of it, without the wait for the end of speech', latency.withoutEndpointingMs],
    ...Object.entries(latency.stages),
    ['unattributed', latency.unattributedMs],
    ['socket and client', latency.transportMs],
  ];
  return `${[
    `# Voice-to-voice latency on ${result.body.corpus}`,
    `${latency.turnCount} warm turns in real time over ${result.body.endpoint}, ${latency.unansweredCount} unanswered; the cold first turn took ${latency.coldMs === undefined ? '–' : `${Math.round(latency.coldMs)} ms`} and is left out.`,
    'From the last speech sample by the labels (handed to the socket) to the first reply sample above −50 dBFS at a client that plays what arrives. Milliseconds; 95 % intervals in brackets where this many turns give one.',
    table(['', 'p50', 'p95', 'p99', 'min', 'max'], rows.map(([name, values]) => [name, cell(values, 'p50'), cell(values, 'p95'), cell(values, 'p99'), values.min.toFixed(0), values.max.toFixed(0)])),
    `Cut off in the middle: ${pauses.cutOffTurnCount} of ${pauses.turnCount} questions with a pause of 300–900 ms in them.`,
    `Measured ${result.measuredAt.slice(0, 10)} on ${result.machine.coreCount} × ${result.machine.processor} (load ${result.machine.loadAverage.toFixed(1)} at the start) with:\n\n\`\`\`sh\n${result.command}\n\`\`\``,
  ].join('\n\n')}\n`;
}

function cell(values: Percentiles, name: 'p50' | 'p95' | 'p99'): string {
  const { estimate, low, high } = values[name];
  const bounds = low === undefined && high === undefined ? '' : ` [${low?.toFixed(0) ?? '–'}, ${high?.toFixed(0) ?? '–'}]`;
  return `${estimate.toFixed(0)}${bounds}`;
}
