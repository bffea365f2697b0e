import type { SessionEvent, StageName, TurnWaterfall } from '@sotto/pipeline';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

const STAGE_BUCKETS_SECONDS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10];
const QUEUE_BUCKETS_SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.25, 0.5, 1, 2, 5];

/** What `/metrics` tells. One registry per server, so that two in one process do not mix. */
export class ServerMetrics {
  readonly registry = new Registry();
  readonly #registers = [this.registry];

  readonly sessions = new Gauge({ name: 'sotto_sessions', help: 'Realtime sessions, connected or waiting for their client', registers: this.#registers });
  readonly sessionsWaiting = new Gauge({ name: 'sotto_sessions_waiting', help: 'Sessions whose client is away and may come back', registers: this.#registers });
  readonly sessionsTotal = new Counter({ name: 'sotto_sessions_total', help: 'Sessions opened', registers: this.#registers });
  readonly resumes = new Counter({ name: 'sotto_resumes_total', help: 'Connections that came back to their session', labelNames: ['complete'], registers: this.#registers });
  readonly rejects = new Counter({ name: 'sotto_rejects_total', help: 'Connections and requests refused', labelNames: ['reason'], registers: this.#registers });
  readonly closes = new Counter({ name: 'sotto_closes_total', help: 'Connections ended, by close code', labelNames: ['code'], registers: this.#registers });
  readonly turns = new Counter({ name: 'sotto_turns_total', help: 'Replies, by how they ended', labelNames: ['status'], registers: this.#registers });
  readonly turnStage = new Histogram({ name: 'sotto_turn_stage_seconds', help: 'Time of each stage of a turn', labelNames: ['stage'], buckets: STAGE_BUCKETS_SECONDS, registers: this.#registers });
  readonly turnTotal = new Histogram({ name: 'sotto_turn_seconds', help: 'End of speech to first audible sample', buckets: STAGE_BUCKETS_SECONDS, registers: this.#registers });
  readonly turnUnattributed = new Histogram({ name: 'sotto_turn_unattributed_seconds', help: 'Part of a turn that no stage accounts for', buckets: STAGE_BUCKETS_SECONDS, registers: this.#registers });
  readonly queueDelay = new Histogram({ name: 'sotto_queue_delay_seconds', help: 'Time that work waited for an engine', labelNames: ['stage'], buckets: QUEUE_BUCKETS_SECONDS, registers: this.#registers });
  readonly engineRun = new Histogram({ name: 'sotto_engine_run_seconds', help: 'Time that an engine worked', labelNames: ['stage', 'outcome'], buckets: STAGE_BUCKETS_SECONDS, registers: this.#registers });
  readonly workerRestarts = new Counter({ name: 'sotto_worker_restarts_total', help: 'Inference workers that died and were replaced', labelNames: ['stage'], registers: this.#registers });
  readonly errors = new Counter({ name: 'sotto_errors_total', help: 'Errors told to clients or logged, by code', labelNames: ['code'], registers: this.#registers });
  readonly droppedAudio = new Counter({ name: 'sotto_dropped_audio_seconds_total', help: 'Microphone audio dropped because listening fell behind', registers: this.#registers });
  readonly httpRequests = new Counter({ name: 'sotto_http_requests_total', help: 'HTTP requests', labelNames: ['route', 'status'], registers: this.#registers });

  constructor(options: { readonly processMetrics: boolean }) {
    if (options.processMetrics) collectDefaultMetrics({ register: this.registry, prefix: 'sotto_' });
  }

  onSessionEvent(event: SessionEvent): void {
    switch (event.type) {
      case 'turn-latency':
        return this.#onWaterfall(event.waterfall);
      case 'reply-end':
        return this.turns.inc({ status: event.status });
      case 'error':
        return this.errors.inc({ code: event.error.code });
      case 'capture-overrun':
        return this.droppedAudio.inc(event.droppedSampleCount / 16_000);
      default:
        return;
    }
  }

  onCallEnd(call: { readonly stage: StageName; readonly queuedMs: number; readonly runMs: number; readonly outcome: string }): void {
    this.queueDelay.observe({ stage: call.stage }, call.queuedMs / 1000);
    this.engineRun.observe({ stage: call.stage, outcome: call.outcome }, call.runMs / 1000);
  }

  #onWaterfall(waterfall: TurnWaterfall): void {
    for (const { name, durationMs } of waterfall.stages) this.turnStage.observe({ stage: name }, durationMs / 1000);
    this.turnTotal.observe(waterfall.totalMs / 1000);
    this.turnUnattributed.observe(Math.max(0, waterfall.unattributedMs) / 1000);
  }
}
