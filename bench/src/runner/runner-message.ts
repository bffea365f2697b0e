/** What a piece of work gave out, beside its time; whatever applies. */
export type RunOutcome = {
  /** Tokens heard or written. */
  readonly tokenCount?: number;
  /** Tokens read that were not read before. */
  readonly promptTokenCount?: number;
  readonly text?: string;
  readonly firstTokenMs?: number;
  /** Within a recogniser's encoder, all runs together, and within its decoder. */
  readonly encoderMs?: number;
  readonly decoderMs?: number;
};

export type RunTiming = {
  readonly item: number;
  readonly wallMs: number;
  readonly processorMs: number;
  /** Most memory that the process ever had, until the end of this run. */
  readonly peakBytes: number;
  readonly outcome: RunOutcome;
};

/** From the parent to a runner's process, and back. `item` counts recordings, paragraphs or prompts. */
export type RunRequest = { readonly item: number };
export type RunReply = { readonly ready: { readonly itemCount: number; readonly loadMs: number } } | { readonly timing: RunTiming } | { readonly error: string };

/** What a runner's process does again and again. */
export type Work = { readonly itemCount: number; readonly run: (item: number) => Promise<RunOutcome> };
