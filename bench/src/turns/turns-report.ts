import type { Interval } from '@sotto/pipeline/metrics';
import type { BenchResult } from '../result/bench-result.ts';
import { percent, percentInterval, table } from '../result/format-figures.ts';

export type Turn = {
  readonly name: string;
  readonly split: string;
  readonly said: string;
  readonly heard: string;
  readonly reply: string;
  readonly fact: string;
  /** The reply contains the fact; the reply's speech, transcribed back, contains it. */
  readonly factInReply: boolean;
  readonly factHeardBack: boolean;
  readonly heardBack: string;
  readonly latencyMs: number | undefined;
};

export type TurnsScores = {
  readonly corpus: string;
  readonly splits: readonly { readonly split: string; readonly turnCount: number; readonly wordErrorRate: Interval; readonly factInReplyRatio: number; readonly factHeardBackRatio: number; readonly medianLatencyMs: number | undefined }[];
  readonly turns: readonly Turn[];
};

export type TurnsResult = BenchResult<'turns', TurnsScores>;

export function formatTurns(result: TurnsResult): string {
  const { splits, turns } = result.body;
  return `${[
    `# Spoken turns on ${result.body.corpus}`,
    table(['split', 'turns', 'WER (95 %, normaliser basic)', 'right fact in the reply', 'fact heard back from its speech', 'median ms'], splits.map((split) => [split.split, String(split.turnCount), percentInterval(split.wordErrorRate), percent(split.factInReplyRatio), percent(split.factHeardBackRatio), split.medianLatencyMs === undefined ? '–' : split.medianLatencyMs.toFixed(0)])),
    table(['question', 'heard', 'reply', 'fact', 'in reply', 'heard back'], turns.filter((turn) => !turn.factInReply || !turn.factHeardBack).map((turn) => [turn.said, turn.heard, turn.reply, turn.fact, turn.factInReply ? 'yes' : 'no', turn.factHeardBack ? 'yes' : turn.heardBack])),
    `Measured ${result.measuredAt.slice(0, 10)} on ${result.machine.coreCount} × ${result.machine.processor} (load ${result.machine.loadAverage.toFixed(1)}), not paced in real time, with:\n\n\`\`\`sh\n${result.command}\n\`\`\``,
  ].join('\n\n')}\n`;
}
