import { describe, expect, it } from 'vitest';
import type { LatencyBody } from '../latency/latency-report.ts';
import type { CalledTurn } from '../latency/called-turn.ts';
import { scoreLatency } from '../latency/score-latency.ts';
import { compareLatency } from './compare-latency.ts';

function body(shiftMs: number, turnCount: number, corpus = 'questions'): LatencyBody {
  const turns = Array.from({ length: turnCount }, (_, i): CalledTurn => {
    const totalMs = 400 + (i % 20) + shiftMs;
    return { fate: 'answered', endpointDelayMs: 50, replyMs: 1000, speechEndMs: 0, firstAudibleMs: totalMs, waterfall: { totalMs, stages: [{ name: 'thinking', startMs: 0, durationMs: 100 }], unattributedMs: totalMs - 100 }, transcript: '', reply: '', cutOffCount: 0 };
  });
  return { corpus, endpoint: '', callerCount: 1, turnDetection: 'server_vad', latency: scoreLatency(turns, undefined), turnTaking: [], framework: undefined };
}

const verdicts = (a: LatencyBody, b: LatencyBody) => Object.fromEntries(compareLatency(a, b).map(({ name, verdict }) => [name, verdict]));

describe('compareLatency', () => {
  it('calls a difference shown where the intervals of the medians lie apart, in that part alone', () => {
    expect(verdicts(body(0, 100), body(60, 100))).toMatchObject({ 'voice to voice': 'a is faster', 'thinking': 'no difference shown' });
    expect(verdicts(body(60, 100), body(0, 100))).toMatchObject({ 'voice to voice': 'b is faster' });
  });

  it('shows none with too few turns for intervals', () => {
    expect(verdicts(body(0, 3), body(60, 3))['voice to voice']).toBe('no difference shown');
  });

  it('refuses other questions', () => {
    expect(() => compareLatency(body(0, 5), body(0, 5, 'others'))).toThrow(/corpus questions in the first, others in the second/);
  });
});
