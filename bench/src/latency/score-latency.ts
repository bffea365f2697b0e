import type { WaterfallStageName } from '@sotto/pipeline';
import { type Interval, percentile, percentileInterval } from '@sotto/pipeline/metrics';
import type { CalledTurn } from './called-turn.ts';

export type LatencyScores = {
  readonly turnCount: number;
  /** Turns without any audible reply, for whatever reason. */
  readonly unansweredCount: number;
  /** Of these, turns whose speech was not noticed, or whose end was not told within the bound. */
  readonly unheardCount: number;
  readonly missedEndCount: number;
  /** Turns that were answered in the middle of the question; their times are left out. */
  readonly cutOffCount: number;
  /** Last speech sample → the end of speech was told, as the client saw it. */
  readonly endpointDelayMs: Percentiles;
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
  const whole = turns.filter(({ cutOffCount }) => cutOffCount === 0);
  const answered = whole.flatMap((turn) => (turn.fate !== 'answered' || turn.firstAudibleMs === undefined || turn.waterfall === undefined ? [] : [{ totalMs: turn.firstAudibleMs - turn.speechEndMs, waterfall: turn.waterfall }]));
  const stageMs = (waterfall: (typeof answered)[number]['waterfall'], name: WaterfallStageName) => waterfall.stages.find((stage) => stage.name === name)?.durationMs ?? 0;
  return {
    turnCount: turns.length,
    unansweredCount: whole.length - answered.length,
    unheardCount: whole.filter(({ fate }) => fate === 'unheard').length,
    missedEndCount: whole.filter(({ fate }) => fate === 'missed-end').length,
    cutOffCount: turns.length - whole.length,
    endpointDelayMs: percentiles(whole.flatMap(({ endpointDelayMs }) => endpointDelayMs ?? [])),
    voiceToVoiceMs: percentiles(answered.map(({ totalMs }) => totalMs)),
    withoutEndpointingMs: percentiles(answered.map(({ totalMs, waterfall }) => totalMs - stageMs(waterfall, 'endpointing'))),
    stages: Object.fromEntries(STAGES.map((name) => [name, percentiles(answered.map(({ waterfall }) => stageMs(waterfall, name)))])),
    unattributedMs: percentiles(answered.map(({ waterfall }) => waterfall.unattributedMs)),
    transportMs: percentiles(answered.map(({ totalMs, waterfall }) => totalMs - waterfall.totalMs)),
    coldMs: cold?.firstAudibleMs === undefined ? undefined : cold.firstAudibleMs - cold.speechEndMs,
  };
}

/** With their intervals; not a number without any value. */
export function percentiles(values: readonly number[]): Percentiles {
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
