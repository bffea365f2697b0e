import type { CalledInterruption, CalledTurn } from './called-turn.ts';
import type { TurnDetection } from './realtime-caller.ts';
import { type Percentiles, percentiles } from './score-latency.ts';

/** How turns are taken under one kind of turn detection. */
export type TurnTaking = {
  readonly turnDetection: TurnDetection;
  /** Questions with scripted pauses in them. */
  readonly pauses: {
    readonly turnCount: number;
    readonly pauseCount: number;
    /** Turns answered in the middle at least once, and how often in all. */
    readonly cutOffTurnCount: number;
    readonly cutOffCount: number;
    readonly missedEndCount: number;
    /** At the true end of the question, of turns in which it was told. */
    readonly endpointDelayMs: Percentiles;
  };
  readonly bargeIns: InterruptionScores;
  /** "mm hm" and the like, which ought to stop nothing. */
  readonly backchannels: InterruptionScores;
};

export type InterruptionScores = {
  /** Spoken over a reply that was still sounding when they began. */
  readonly spokenCount: number;
  readonly stoppedCount: number;
  /** The reply was held and went on, or went on without any notice. */
  readonly playedOnCount: number;
  readonly heldCount: number;
  readonly medianHeldMs: number | undefined;
  /** Not counted above: the reply was over before it could be stopped, or there was none. */
  readonly overBeforeCount: number;
  readonly noReplyCount: number;
  /** First speech sample → last sample of the reply that sounded, of those that stopped it. */
  readonly stopMs: Percentiles;
  /** First speech sample → the server showed that it noticed. */
  readonly noticeMs: Percentiles;
  /** Notice → last audio of the reply that still arrived; 0 where none did. */
  readonly lateAudioMs: Percentiles;
};

export function scoreTurnTaking(turnDetection: TurnDetection, paused: readonly { readonly turn: CalledTurn; readonly pauseCount: number }[], bargeIns: readonly CalledInterruption[], backchannels: readonly CalledInterruption[]): TurnTaking {
  const turns = paused.map(({ turn }) => turn);
  return {
    turnDetection,
    pauses: {
      turnCount: turns.length,
      pauseCount: paused.reduce((sum, { pauseCount }) => sum + pauseCount, 0),
      cutOffTurnCount: turns.filter(({ cutOffCount }) => cutOffCount > 0).length,
      cutOffCount: turns.reduce((sum, { cutOffCount }) => sum + cutOffCount, 0),
      missedEndCount: turns.filter(({ fate }) => fate === 'missed-end' || fate === 'unheard').length,
      endpointDelayMs: percentiles(turns.flatMap(({ endpointDelayMs }) => endpointDelayMs ?? [])),
    },
    bargeIns: scoreInterruptions(bargeIns),
    backchannels: scoreInterruptions(backchannels),
  };
}

function scoreInterruptions(interruptions: readonly CalledInterruption[]): InterruptionScores {
  const count = (wanted: CalledInterruption['fate']) => interruptions.filter(({ fate }) => fate === wanted).length;
  const stopped = interruptions.filter(({ fate }) => fate === 'stopped');
  const held = interruptions.filter(({ fate, heldMs }) => fate === 'played-on' && heldMs > 0);
  const between = (from: number | undefined, to: number | undefined) => (from === undefined || to === undefined ? [] : [to - from]);
  return {
    spokenCount: count('stopped') + count('played-on'),
    stoppedCount: stopped.length,
    playedOnCount: count('played-on'),
    heldCount: held.length,
    medianHeldMs: held.length === 0 ? undefined : percentiles(held.map(({ heldMs }) => heldMs)).p50.estimate,
    overBeforeCount: count('over-before'),
    noReplyCount: count('no-reply'),
    stopMs: percentiles(stopped.flatMap(({ onsetMs, silentMs }) => between(onsetMs, silentMs))),
    noticeMs: percentiles(interruptions.flatMap(({ onsetMs, noticedMs }) => between(onsetMs, noticedMs))),
    lateAudioMs: percentiles(stopped.flatMap(({ noticedMs, lastArrivalMs }) => between(noticedMs, lastArrivalMs).map((ms) => Math.max(0, ms)))),
  };
}
