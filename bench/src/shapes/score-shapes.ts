import { percentile } from '@sotto/pipeline/metrics';
import type { RunTiming } from '../runner/runner-message.ts';

/** Median and middle half. */
export type Spread = { readonly median: number; readonly quartiles: readonly [number, number] };

export type ClipScores = {
  readonly audioSeconds: number;
  readonly runCount: number;
  readonly tokenCount: number;
  readonly wallMs: Spread;
  readonly processorMs: Spread;
  /** Processing time over audio time, both walls; below 1 is faster than speech. */
  readonly realTimeFactor: number;
  readonly encoderMs: Spread;
  /** Tokens, the last one that ends included, over the decoder's time. */
  readonly decodedTokensPerSecond: Spread;
};

export type PromptScores = {
  readonly runCount: number;
  readonly promptTokenCount: number;
  readonly newTokenCount: number;
  readonly firstTokenMs: Spread;
  /** Tokens read until the first was written. */
  readonly readTokensPerSecond: Spread;
  /** Tokens after the first, over the time they took. */
  readonly writtenTokensPerSecond: Spread;
};

export function scoreClip(audioSeconds: number, timings: readonly RunTiming[]): ClipScores {
  const tokenCount = sameInAll(timings, ({ outcome }) => outcome.tokenCount ?? 0);
  const wallMs = spread(timings.map((timing) => timing.wallMs));
  return {
    audioSeconds,
    runCount: timings.length,
    tokenCount,
    wallMs,
    processorMs: spread(timings.map((timing) => timing.processorMs)),
    realTimeFactor: wallMs.median / 1000 / audioSeconds,
    encoderMs: spread(timings.map(({ outcome }) => outcome.encoderMs ?? 0)),
    decodedTokensPerSecond: spread(timings.map(({ outcome }) => ((tokenCount + 1) * 1000) / (outcome.decoderMs ?? NaN))),
  };
}

export function scorePrompt(timings: readonly RunTiming[]): PromptScores {
  const newTokenCount = sameInAll(timings, ({ outcome }) => outcome.tokenCount ?? 0);
  const firstTokenMs = timings.map(({ outcome }) => outcome.firstTokenMs ?? NaN);
  return {
    runCount: timings.length,
    promptTokenCount: percentile(timings.map(({ outcome }) => outcome.promptTokenCount ?? 0), 0.5),
    newTokenCount,
    firstTokenMs: spread(firstTokenMs),
    readTokensPerSecond: spread(timings.map(({ outcome }, i) => ((outcome.promptTokenCount ?? 0) * 1000) / firstTokenMs[i]!)),
    writtenTokensPerSecond: spread(timings.map(({ wallMs }, i) => ((newTokenCount - 1) * 1000) / (wallMs - firstTokenMs[i]!))),
  };
}

function spread(values: readonly number[]): Spread {
  return { median: percentile(values, 0.5), quartiles: [percentile(values, 0.25), percentile(values, 0.75)] };
}

/** @throws {RangeError} where runs of one item did not do the same work. */
function sameInAll(timings: readonly RunTiming[], countOf: (timing: RunTiming) => number): number {
  const counts = new Set(timings.map(countOf));
  if (counts.size !== 1) throw new RangeError(`Runs of the same item gave ${[...counts].join(' and ')} tokens; expected the same number in all`);
  return [...counts][0]!;
}
