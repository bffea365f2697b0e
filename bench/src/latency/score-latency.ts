import type { WaterfallStageName } from '@sotto/pipeline';
import { type Interval, percentile, percentileInterval } from '@sotto/pipeline/metrics';
import type { CalledTurn } from './realtime-caller.ts';

export type LatencyScores = {
  readonly turnCount: number;
  /** Turns without any audible reply. */
  readonly unansweredCount: number;
  readonly voiceToVoiceMs: Percentiles;
  /** The same without the wait for the end of speech. */
  readonly withoutEndpointingMs: Percentiles;
  readonly stages: Readonly<Partial<Record<WaterfallStageName, Percentiles>>>;
  readonly unattributedMs: Percentiles;
  /** What the client saw beyond the server's own account: the socket and the client's own audio. */
  readonly transportMs: Percentiles;
  /** The very first turn of a fresh server, left out above. */
  readonly coldMs: number | undefined;
};

export type Percentiles = { readonly p50: Interval; readonly p95: Interval; readonly p99: Interval; readonly min: number; readonly max: number };

const STAGES: readonly WaterfallStageName[] = ['endpointing', 'transcribing', 'thinking', 'speaking', 'playout'];

/** Percentiles over turns; `cold` is the first turn of a fresh server and is kept apart. */
export function scoreLatency(turns: readonly CalledTurn[], cold: CalledTurn | undefined): LatencyScores {
  const answered = turns.flatMap((turn) => (turn.firstAudibleMs === undefined || turn.waterfall === undefined ? [] : [{ totalMs: turn.firstAudibleMs - turn.speechEndMs, waterfall: turn.waterfall }]));
  const stageMs = (waterfall: (typeof answered)[number]['waterfall'], name: WaterfallStageName) => waterfall.stages.find((stage) => stage.name === name)?.durationMs ?? 0;
  return {
    turnCount: turns.length,
    unansweredCount: turns.length - answered.length,
    voiceToVoiceMs: percentiles(answered.map(({ totalMs }) => totalMs)),
    withoutEndpointingMs: percentiles(answered.map(({ totalMs, waterfall }) => totalMs - stageMs(waterfall, 'endpointing'))),
    stages: Object.fromEntries(STAGES.map((name) => [name, percentiles(answered.map(({ waterfall }) => stageMs(waterfall, name)))])),
    unattributedMs: percentiles(answered.map(({ waterfall }) => waterfall.unattributedMs)),
    transportMs: percentiles(answered.map(({ totalMs, waterfall }) => totalMs - waterfall.totalMs)),
    coldMs: cold?.firstAudibleMs === undefined ? undefined : cold.firstAudibleMs - cold.speechEndMs,
  };
}

function percentiles(values: readonly number[]): Percentiles {
  if (values.length === 0) {
    const none: Interval = { estimate: NaN, low: undefined, high: undefined };
    return { p50: none, p95: none, p99: none, min: NaN, max: NaN };
  }
  return {
    p50: percentileInterval(values, 0.5),
    p95: percentileInterval(values, 0.95),
    p99: percentileInterval(values, 0.99),
    min: percentile(values, 0),
    max: percentile(values, 1),
  };
}
