import type { TurnWaterfall } from '@sotto/pipeline';

export type TurnFate =
  | 'answered'
  /** Its end was found, and no sound followed. */
  | 'unanswered'
  /** Speech was noticed, and its end was not within {@link END_BOUND_MS}. */
  | 'missed-end'
  /** Nobody noticed that somebody spoke. */
  | 'unheard';

/** How long after the last speech sample its end may be told: several times the longest wait for a pause to end. */
export const END_BOUND_MS = 5000;

/** One question as the client saw it; times by the caller's clock. */
export type CalledTurn = {
  readonly fate: TurnFate;
  /** When the question's last speech sample was handed to the socket. */
  readonly speechEndMs: number;
  /** When the first audible sample of the reply sounded at a client that plays what arrives; undefined without a reply. */
  readonly firstAudibleMs: number | undefined;
  /** Last speech sample → the end of speech was told; undefined when it was not, or told too early. */
  readonly endpointDelayMs: number | undefined;
  /** How much of the reply sounded. */
  readonly replyMs: number;
  readonly waterfall: TurnWaterfall | undefined;
  readonly transcript: string;
  readonly reply: string;
  /** `speech_stopped` events before the last speech sample: turns cut off in the middle. */
  readonly cutOffCount: number;
};

export type InterruptionFate =
  /** The reply fell silent for it. */
  | 'stopped'
  /** The reply was heard to its end. */
  | 'played-on'
  /** The reply was over before anything was noticed, so that nothing was left to stop. */
  | 'over-before'
  | 'no-reply';

/** Speech over a reply as the client saw it; times by the caller's clock. */
export type CalledInterruption = {
  readonly fate: InterruptionFate;
  /** When the first speech sample over the reply was handed to the socket. */
  readonly onsetMs: number;
  /** When the server first showed that it noticed, by a pause or by `speech_started`. */
  readonly noticedMs: number | undefined;
  /** When the last sample of the reply came to its end: before a pause that nothing followed, or at the stop. */
  readonly silentMs: number | undefined;
  /** When the last audio of the reply arrived. */
  readonly lastArrivalMs: number | undefined;
  /** How long the reply was held in all. */
  readonly heldMs: number;
};
