import { percentile } from '@sotto/pipeline/metrics';
import { RealtimeCaller } from '../latency/realtime-caller.ts';
import { queueDelayBetween, type QueueDelays, readQueueDelays } from './queue-delay-histogram.ts';

/** Sessions that come in a second: fast enough for a short measurement, slow enough to be no stampede. */
const ARRIVALS_PER_SECOND = 8;

/** Between two measurements, so that what one left in the queues does not count against the next. */
const SETTLE_MS = 3000;

export type LoadStep = {
  readonly sessionCount: number;
  /** Not let in. */
  readonly refusedCount: number;
  /** Let in, and cut off before the end. */
  readonly droppedCount: number;
  readonly turnCount: number;
  readonly unansweredCount: number;
  /** Question's last sample → first audible sample of the reply; undefined without any reply. */
  readonly medianLatencyMs: number | undefined;
  readonly p95LatencyMs: number | undefined;
  /** 95th percentile of how long work waited for an engine, by the server's own metrics. */
  readonly p95QueueDelayMs: number | undefined;
};

export type HeldQuestion = { readonly samples: Float32Array; readonly speechEndMs: number };

export type HoldOptions = {
  readonly url: string;
  readonly instructions: string;
  readonly questions: readonly HeldQuestion[];
  /** How long after the last arrival sessions go on asking. */
  readonly holdMs: number;
  readonly random: () => number;
  readonly signal: AbortSignal;
};

/**
 * That many sessions at a time, arriving on a schedule that waits for nobody; each asks one question after another in real time
 * until all have been there for `holdMs`.
 */
export async function holdSessions(sessionCount: number, options: HoldOptions): Promise<LoadStep> {
  await sleep(SETTLE_MS);
  const before = await scrape(options.url);
  const startMs = performance.now();
  const endMs = startMs + (sessionCount / ARRIVALS_PER_SECOND) * 1000 + options.holdMs;
  const held = await Promise.all(Array.from({ length: sessionCount }, (_, index) => holdOne(index, startMs + (index * 1000) / ARRIVALS_PER_SECOND, endMs, options)));
  const after = await scrape(options.url);
  options.signal.throwIfAborted();
  const latenciesMs = held.flatMap((session) => session.latenciesMs);
  const answered = latenciesMs.filter((latency) => latency !== undefined);
  return {
    sessionCount,
    refusedCount: held.filter(({ fate }) => fate === 'refused').length,
    droppedCount: held.filter(({ fate }) => fate === 'dropped').length,
    turnCount: latenciesMs.length,
    unansweredCount: latenciesMs.length - answered.length,
    medianLatencyMs: answered.length === 0 ? undefined : percentile(answered, 0.5),
    p95LatencyMs: answered.length === 0 ? undefined : percentile(answered, 0.95),
    p95QueueDelayMs: before === undefined || after === undefined ? undefined : queueDelayBetween(before, after, 0.95),
  };
}

type HeldSession = { readonly fate: 'held' | 'refused' | 'dropped'; readonly latenciesMs: readonly (number | undefined)[] };

async function holdOne(index: number, arriveMs: number, endMs: number, options: HoldOptions): Promise<HeldSession> {
  await sleep(arriveMs - performance.now());
  const latenciesMs: (number | undefined)[] = [];
  let caller: RealtimeCaller;
  try {
    caller = await RealtimeCaller.open(options);
  } catch {
    return { fate: 'refused', latenciesMs };
  }
  await using _ = caller;
  try {
    for (let turn = index; performance.now() < endMs; turn++) {
      const { samples, speechEndMs } = options.questions[turn % options.questions.length]!;
      const told = await caller.ask(samples, speechEndMs);
      latenciesMs.push(told.firstAudibleMs === undefined ? undefined : told.firstAudibleMs - told.speechEndMs);
    }
    return { fate: 'held', latenciesMs };
  } catch {
    return { fate: 'dropped', latenciesMs };
  }
}

/** The server's metrics, where it shows them. */
async function scrape(url: string): Promise<QueueDelays | undefined> {
  const address = new URL('/metrics', url.replace(/^ws/, 'http'));
  try {
    const response = await fetch(address);
    return response.ok ? readQueueDelays(await response.text()) : undefined;
  } catch {
    return undefined;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
