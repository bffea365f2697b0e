import type { BenchResult } from '../result/bench-result.ts';
import { table } from '../result/format-figures.ts';
import { END_BOUND_MS } from './called-turn.ts';
import type { LatencyScores, Percentiles } from './score-latency.ts';
import type { InterruptionScores, TurnTaking } from './score-turn-taking.ts';

export type LatencyBody = {
  readonly corpus: string;
  readonly endpoint: string;
  /** Above 1, turns were measured under the load of the other callers. */
  readonly callerCount: number;
  readonly turnDetection: string;
  readonly latency: LatencyScores;
  /** Pauses, interruptions and backchannels, with each kind of turn detection. */
  readonly turnTaking: readonly TurnTaking[];
  /** The same with engines that cost nothing. */
  readonly framework: LatencyScores | undefined;
};
export type LatencyResult = BenchResult<'latency', LatencyBody>;

/** Percentiles as Markdown. T0 and T1 are said, because nobody else's are the same. */
export function formatLatency(result: LatencyResult): string {
  const { corpus, endpoint, callerCount, turnDetection, latency, turnTaking, framework } = result.body;
  return `${[
    `# Voice-to-voice latency on ${corpus}`,
    `${latency.turnCount} warm turns in real time over ${endpoint}, ${callerCount === 1 ? 'one caller at a time' : `**${callerCount} callers at a time, so each turn was measured under the load of the others**`}, turn detection \`${turnDetection}\`. The cold first turn took ${latency.coldMs === undefined ? '–' : `${Math.round(latency.coldMs)} ms`} and is left out.`,
    `${latency.unansweredCount} turns unanswered: in ${latency.unheardCount} of them no speech was noticed, in ${latency.missedEndCount} its end was not told within ${END_BOUND_MS / 1000} s. ${latency.cutOffCount} turns cut off in the middle, their times left out.`,
    'From the last speech sample by the labels (handed to the socket) to the first reply sample above −50 dBFS at a client that plays what arrives. Milliseconds; 95 % intervals in brackets where this many turns give one.',
    percentileTable('', [
      ['**voice to voice**', latency.voiceToVoiceMs],
      ['of it, without the wait for the end of speech', latency.withoutEndpointingMs],
      ...Object.entries(latency.stages),
      ['unattributed', latency.unattributedMs],
      ['socket and client', latency.transportMs],
      ['end of speech told, by the client’s clock', latency.endpointDelayMs],
    ]),
    ...(framework === undefined ? [] : formatFramework(framework)),
    ...(turnTaking.length === 0 ? [] : formatTurnTaking(turnTaking)),
    `Measured ${result.measuredAt.slice(0, 10)} on ${result.machine.coreCount} × ${result.machine.processor} (load ${result.machine.loadAverage.toFixed(1)} at the start) with:\n\n\`\`\`sh\n${result.command}\n\`\`\``,
  ].join('\n\n')}\n`;
}

function formatFramework(framework: LatencyScores): string[] {
  return [
    '## The framework’s own share',
    `${framework.turnCount} turns of the same server and client with engines that cost nothing, ${framework.unansweredCount} unanswered: what is left after the wait for the end of speech.`,
    percentileTable('', [['without the wait for the end of speech', framework.withoutEndpointingMs], ['unattributed', framework.unattributedMs], ['socket and client', framework.transportMs]]),
  ];
}

function formatTurnTaking(turnTaking: readonly TurnTaking[]): string[] {
  return [
    '## Taking turns',
    'Questions with scripted pauses of 300–900 ms. The end of a question is told so long after its last speech sample.',
    table(['', 'pauses', 'cut off', 'ends missed', 'end told after p50', 'p95'], turnTaking.map(({ turnDetection, pauses }) => [`\`${turnDetection}\``, `${pauses.pauseCount} in ${pauses.turnCount} questions`, `${pauses.cutOffCount} pauses, ${pauses.cutOffTurnCount} questions`, String(pauses.missedEndCount), ms(pauses.endpointDelayMs, 'p50'), ms(pauses.endpointDelayMs, 'p95')])),
    'Speech over a reply. A barge-in ought to stop it, a backchannel (“mm hm”) ought not. Times are medians in ms: from the first speech sample to the last reply sample that sounded, and to the server’s first sign of notice; and how long after that sign reply audio still arrived.',
    table(['', 'over a reply', 'stopped it', 'held, went on', 'silent after', 'max', 'noticed after', 'audio still came for'], turnTaking.flatMap(({ turnDetection, bargeIns, backchannels }) => [interruptionRow(`\`${turnDetection}\` barge-in`, bargeIns), interruptionRow(`\`${turnDetection}\` backchannel`, backchannels)])),
  ];
}

function interruptionRow(name: string, scores: InterruptionScores): string[] {
  const leftOut = scores.overBeforeCount + scores.noReplyCount;
  const held = scores.medianHeldMs === undefined ? String(scores.heldCount) : `${scores.heldCount} (${scores.medianHeldMs.toFixed(0)} ms)`;
  return [name, `${scores.spokenCount}${leftOut === 0 ? '' : `, and ${scores.overBeforeCount} too late for one, ${scores.noReplyCount} without one`}`, String(scores.stoppedCount), held, ms(scores.stopMs, 'p50'), Number.isNaN(scores.stopMs.max) ? '–' : scores.stopMs.max.toFixed(0), ms(scores.noticeMs, 'p50'), ms(scores.lateAudioMs, 'p50')];
}

function percentileTable(heading: string, rows: readonly (readonly [string, Percentiles])[]): string {
  return table([heading, 'p50', 'p95', 'p99', 'min', 'max'], rows.map(([name, values]) => [name, ms(values, 'p50'), ms(values, 'p95'), ms(values, 'p99'), values.min.toFixed(0), values.max.toFixed(0)]));
}

function ms(values: Percentiles, name: 'p50' | 'p95' | 'p99'): string {
  const { estimate, low, high } = values[name];
  if (Number.isNaN(estimate)) return '–';
  const bounds = low === undefined && high === undefined ? '' : ` [${low?.toFixed(0) ?? '–'}, ${high?.toFixed(0) ?? '–'}]`;
  return `${estimate.toFixed(0)}${bounds}`;
}
