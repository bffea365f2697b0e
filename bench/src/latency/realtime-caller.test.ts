import { percentile, seededRandom } from '@sotto/pipeline/metrics';
import { describe, expect, it } from 'vitest';
import type { CalledTurn } from './called-turn.ts';
import { RealtimeCaller } from './realtime-caller.ts';
import { scoreLatency } from './score-latency.ts';
import { type KnownDelays, KnownDelayServer } from './testing/known-delay-server.ts';

const TURN_COUNT = 7;
const SPEECH_END_MS = 130;
const STALL_MS = 40;
const question = Float32Array.from({ length: 24 * SPEECH_END_MS }, (_, i) => 0.3 * Math.sin(i / 10));
const median = (values: readonly number[]) => percentile(values, 0.5);

async function measure(delays: Omit<KnownDelays, 'speechEndMs'>): Promise<{ turns: CalledTurn[]; trueMs: readonly number[]; measuredMs: number[] }> {
  await using server = await KnownDelayServer.start({ speechEndMs: SPEECH_END_MS, ...delays });
  const options = { url: server.url, instructions: '', random: seededRandom(1), signal: new AbortController().signal };
  const turns: CalledTurn[] = [];
  for (let n = 0; n < TURN_COUNT; n++) {
    await using caller = await RealtimeCaller.open(options);
    turns.push(await caller.ask(question, SPEECH_END_MS));
  }
  return { turns, trueMs: server.trueLatenciesMs, measuredMs: turns.map(({ firstAudibleMs, speechEndMs }) => (firstAudibleMs ?? NaN) - speechEndMs) };
}

describe('RealtimeCaller', () => {
  it('measures known delays to within 5 ms, leading silence included', async () => {
    const { measuredMs, trueMs } = await measure({ thinkingMs: 60, leadingSilenceMs: 35 });
    const errorsMs = measuredMs.map((value, turn) => value - trueMs[turn]!);
    expect(errorsMs).toHaveLength(TURN_COUNT);
    // By the middle one: a turn in which another program held the processor measures that program.
    expect(Math.abs(median(errorsMs))).toBeLessThan(5);
  });

  it('shows a planted stall of 40 ms in its stage, and a hidden one outside every stage', async () => {
    const control = await measure({ thinkingMs: 60, leadingSilenceMs: 0 });
    const planted = await measure({ thinkingMs: 60 + STALL_MS, leadingSilenceMs: 0 });
    const hidden = await measure({ thinkingMs: 60, leadingSilenceMs: 0, hiddenStallMs: STALL_MS });
    const [without, inStage, outside] = [control, planted, hidden].map(({ turns }) => scoreLatency(turns, undefined)) as [Scores, Scores, Scores];
    expect(rise(inStage, without, 'thinking')).toBeGreaterThan(STALL_MS * 0.8);
    expect(rise(inStage, without, 'transport')).toBeLessThan(STALL_MS * 0.4);
    expect(rise(outside, without, 'transport')).toBeGreaterThan(STALL_MS * 0.8);
    expect(rise(outside, without, 'thinking')).toBeLessThan(STALL_MS * 0.4);
    for (const { measuredMs, trueMs } of [planted, hidden]) {
      const trueRiseMs = median(trueMs) - median(control.trueMs);
      expect(Math.abs(median(measuredMs) - median(control.measuredMs) - trueRiseMs)).toBeLessThan(5);
    }
  });
});

type Scores = ReturnType<typeof scoreLatency>;

function rise(scores: Scores, control: Scores, part: 'thinking' | 'transport'): number {
  const middle = (one: Scores) => (part === 'transport' ? one.transportMs : one.stages[part]!).p50.estimate;
  return middle(scores) - middle(control);
}
