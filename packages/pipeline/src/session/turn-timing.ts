import type { TurnWaterfall, WaterfallStage, WaterfallStageName } from '../metrics/turn-waterfall.ts';

const STAGE_ORDER: readonly WaterfallStageName[] = ['endpointing', 'transcribing', 'thinking', 'speaking', 'playout'];

/**
 * Measures one turn. Each stage is timed by whoever does its work, from the
 * call to the result; what passes between stages belongs to none of them and
 * shows as the unattributed remainder.
 *
 * Work done ahead of need (a speculative answer) counts only for what of it the
 * user waited for: spans are cut to [T0, T1] and never overlap, the earlier
 * stage taking precedence.
 */
export class TurnTiming {
  #speechEndMs = 0;
  readonly #spans = new Map<WaterfallStageName, { startMs: number; endMs: number | undefined }>();

  /** Sets T0: when the user's last speech sample arrived (or the typed text was sent), on the session's clock. */
  speechEnded(atMs: number): void {
    this.#speechEndMs = atMs;
  }

  /** Drops what a discarded speculative answer measured. */
  forgetReply(): void {
    for (const stage of ['thinking', 'speaking', 'playout'] as const) this.#spans.delete(stage);
  }

  /** Starts a stage; a second start of the same stage is ignored, because only the first clause counts. */
  begin(stage: WaterfallStageName, nowMs: number): void {
    if (!this.#spans.has(stage)) this.#spans.set(stage, { startMs: nowMs, endMs: undefined });
  }

  /** Ends a stage; only the first end counts. */
  end(stage: WaterfallStageName, nowMs: number): void {
    const span = this.#spans.get(stage);
    if (span !== undefined && span.endMs === undefined) span.endMs = nowMs;
  }

  /** The waterfall up to the first audible sample. */
  waterfall(firstAudibleMs: number): TurnWaterfall {
    const totalMs = Math.max(0, firstAudibleMs - this.#speechEndMs);
    const stages: WaterfallStage[] = [];
    let reachedMs = 0;
    for (const name of STAGE_ORDER) {
      const span = this.#spans.get(name);
      if (span === undefined) continue;
      const startMs = Math.max(reachedMs, span.startMs - this.#speechEndMs);
      const endMs = Math.min(totalMs, Math.max(startMs, (span.endMs ?? firstAudibleMs) - this.#speechEndMs));
      stages.push({ name, startMs: Math.min(startMs, totalMs), durationMs: Math.max(0, endMs - Math.min(startMs, totalMs)) });
      reachedMs = Math.max(reachedMs, endMs);
    }
    const attributedMs = stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
    return { totalMs, stages, unattributedMs: totalMs - attributedMs };
  }
}
