import type { TurnWaterfall } from '@sotto/pipeline';
import { describe, expect, it } from 'vitest';
import type { CalledTurn } from './called-turn.ts';
import { scoreLatency } from './score-latency.ts';

const waterfall = (endpointingMs: number, speakingMs: number, unattributedMs: number): TurnWaterfall => ({
  totalMs: endpointingMs + speakingMs + unattributedMs,
  stages: [{ name: 'endpointing', startMs: 0, durationMs: endpointingMs }, { name: 'speaking', startMs: endpointingMs, durationMs: speakingMs }],
  unattributedMs,
});
const turn = (speechEndMs: number, firstAudibleMs: number | undefined, told: TurnWaterfall | undefined, more: Partial<CalledTurn> = {}): CalledTurn => ({ fate: firstAudibleMs === undefined ? 'unanswered' : 'answered', speechEndMs, firstAudibleMs, endpointDelayMs: undefined, replyMs: 0, waterfall: told, transcript: '', reply: '', cutOffCount: 0, ...more });

describe('scoreLatency', () => {
  const scores = scoreLatency([turn(1000, 1500, waterfall(300, 150, 0)), turn(2000, 2600, waterfall(320, 200, 40)), turn(3000, 3700, waterfall(340, 250, 10)), turn(4000, undefined, undefined)], turn(0, 2000, undefined));

  it('counts from the last speech sample to the first audible one, of answered turns only', () => {
    expect([scores.turnCount, scores.unansweredCount]).toEqual([4, 1]);
    expect([scores.voiceToVoiceMs.min, scores.voiceToVoiceMs.p50.estimate, scores.voiceToVoiceMs.max]).toEqual([500, 600, 700]);
    expect(scores.withoutEndpointingMs.p50.estimate).toBe(280);
  });

  it('gives each stage, the remainder of the server’s account, and what lies outside it', () => {
    expect(scores.stages.speaking?.p50.estimate).toBe(200);
    expect(scores.stages.transcribing?.max).toBe(0);
    expect(scores.unattributedMs.max).toBe(40);
    expect([scores.transportMs.min, scores.transportMs.p50.estimate, scores.transportMs.max]).toEqual([40, 50, 100]);
  });

  it('counts what was not noticed, what never ended and what was cut off, and takes no times from them', () => {
    const mixed = scoreLatency([
      turn(1000, 1500, waterfall(300, 150, 0), { endpointDelayMs: 310 }),
      turn(2000, undefined, undefined, { fate: 'unheard' }),
      turn(3000, undefined, undefined, { fate: 'missed-end' }),
      // A reply to the first half, heard before the question was over.
      turn(4000, 3900, waterfall(300, 150, 0), { cutOffCount: 1, endpointDelayMs: 900 }),
      // A question that went on after a reply to its first half, and whose end nobody told.
      turn(5000, 4800, waterfall(300, 150, 0), { fate: 'missed-end' }),
    ], undefined);
    expect(mixed).toMatchObject({ turnCount: 5, unansweredCount: 3, unheardCount: 1, missedEndCount: 2, cutOffCount: 1 });
    expect([mixed.voiceToVoiceMs.min, mixed.voiceToVoiceMs.max]).toEqual([500, 500]);
    expect([mixed.endpointDelayMs.min, mixed.endpointDelayMs.max]).toEqual([310, 310]);
  });

  it('keeps the cold turn apart', () => {
    expect(scores.coldMs).toBe(2000);
  });

  it('gives no upper bound that so few turns cannot have', () => {
    expect(scores.voiceToVoiceMs.p99.high).toBeUndefined();
  });
});
