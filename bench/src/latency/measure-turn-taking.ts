import type { CalledInterruption, CalledTurn } from './called-turn.ts';
import { type CallerOptions, RealtimeCaller, type SpokenRecording, type TurnDetection } from './realtime-caller.ts';
import { scoreTurnTaking, type TurnTaking } from './score-turn-taking.ts';

/** How much of the reply is heard before somebody speaks over it. */
const HEARD_BEFORE_MS = 300;

export type PausedQuestion = SpokenRecording & { readonly pauseCount: number };

export type TurnTakingScript = {
  readonly paused: readonly PausedQuestion[];
  /** A question with a long reply, for something to speak over. */
  readonly question: SpokenRecording;
  readonly bargeIns: readonly SpokenRecording[];
  readonly backchannels: readonly SpokenRecording[];
};

/** Questions with pauses, interruptions and backchannels, each on a connection of its own. */
export async function measureTurnTaking(turnDetection: TurnDetection, script: TurnTakingScript, options: CallerOptions, onStep: () => void): Promise<TurnTaking> {
  const called = async <T>(talk: (caller: RealtimeCaller) => Promise<T>): Promise<T> => {
    await using caller = await RealtimeCaller.open({ ...options, turnDetection });
    const told = await talk(caller);
    onStep();
    return told;
  };
  const paused: { turn: CalledTurn; pauseCount: number }[] = [];
  for (const { samples, speechEndMs, pauseCount } of script.paused) paused.push({ turn: await called((caller) => caller.ask(samples, speechEndMs)), pauseCount });
  const interrupt = async (interruptions: readonly SpokenRecording[]) => {
    const told: CalledInterruption[] = [];
    for (const interruption of interruptions) told.push(await called((caller) => caller.askAndInterrupt(script.question, interruption, HEARD_BEFORE_MS)));
    return told;
  };
  return scoreTurnTaking(turnDetection, paused, await interrupt(script.bargeIns), await interrupt(script.backchannels));
}

/** Turns that {@link measureTurnTaking} holds. */
export function turnTakingStepCount({ paused, bargeIns, backchannels }: TurnTakingScript): number {
  return paused.length + bargeIns.length + backchannels.length;
}
