/**
 * Where the time of one turn went, on one clock, from the end of the user's
 * speech (T0) to the first audible sample of the reply (T1).
 *
 * Stages follow one another without overlap: each lasts from the end of the
 * stage before it, so their sum and `unattributedMs` add up to `totalMs`.
 */
export type TurnWaterfall = {
  readonly totalMs: number;
  readonly stages: readonly WaterfallStage[];
  /** Part of the total that no stage accounts for. */
  readonly unattributedMs: number;
};

export type WaterfallStageName =
  /** Last speech sample → endpointing decided. */
  | 'endpointing'
  /** Decision → final transcript. */
  | 'transcribing'
  /** Transcript → first clause handed to the voice. */
  | 'thinking'
  /** First clause → its first audio. */
  | 'speaking'
  /** First audio → first audible sample at the loudspeaker. */
  | 'playout';

export type WaterfallStage = { readonly name: WaterfallStageName; readonly startMs: number; readonly durationMs: number };
