import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WaterfallStageName } from '../metrics/turn-waterfall.ts';
import { TurnTiming } from './turn-timing.ts';

const stageNames: readonly WaterfallStageName[] = ['endpointing', 'transcribing', 'thinking', 'speaking', 'playout'];

function timed(spans: Partial<Record<WaterfallStageName, readonly [startMs: number, endMs: number]>>, speechEndMs: number): TurnTiming {
  const timing = new TurnTiming();
  timing.speechEnded(speechEndMs);
  for (const [name, [startMs, endMs]] of Object.entries(spans) as [WaterfallStageName, readonly [number, number]][]) {
    timing.begin(name, startMs);
    timing.end(name, endMs);
  }
  return timing;
}

describe('TurnTiming', () => {
  it('adds up, stage after stage, when every millisecond belongs to one', () => {
    const timing = timed({ endpointing: [1000, 1300], transcribing: [1300, 1350], thinking: [1350, 1500], speaking: [1500, 1700], playout: [1700, 1710] }, 1000);
    expect(timing.waterfall(1710)).toEqual({
      totalMs: 710,
      unattributedMs: 0,
      stages: [
        { name: 'endpointing', startMs: 0, durationMs: 300 },
        { name: 'transcribing', startMs: 300, durationMs: 50 },
        { name: 'thinking', startMs: 350, durationMs: 150 },
        { name: 'speaking', startMs: 500, durationMs: 200 },
        { name: 'playout', startMs: 700, durationMs: 10 },
      ],
    });
  });

  it('shows a stall between two stages as remainder, and one within a stage in that stage', () => {
    expect(timed({ endpointing: [0, 300], transcribing: [340, 400] }, 0).waterfall(400).unattributedMs).toBe(40);
    const { stages, unattributedMs } = timed({ endpointing: [0, 300], transcribing: [300, 440] }, 0).waterfall(440);
    expect([stages[1]?.durationMs, unattributedMs]).toEqual([140, 0]);
  });

  it('leaves out a stage that was never begun: its time is nobody’s', () => {
    const { stages, unattributedMs } = timed({ endpointing: [0, 300], speaking: [500, 600] }, 0).waterfall(600);
    expect(stages.map(({ name }) => name)).toEqual(['endpointing', 'speaking']);
    expect(unattributedMs).toBe(200);
  });

  it('counts of work done ahead only what the user waited for', () => {
    const { stages } = timed({ endpointing: [1000, 1300], transcribing: [1100, 1250], thinking: [1250, 1400] }, 1000).waterfall(1400);
    expect(stages.map(({ durationMs }) => durationMs)).toEqual([300, 0, 100]);
  });

  it('never gives a negative or overlapping stage, whatever the order of the marks', () => {
    const mark = fc.record({ name: fc.constantFrom(...stageNames), kind: fc.constantFrom('begin', 'end'), atMs: fc.integer({ min: 0, max: 3000 }) });
    fc.assert(
      fc.property(fc.array(mark, { maxLength: 20 }), fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 3000 }), (marks, speechEndMs, firstAudibleMs) => {
        const timing = new TurnTiming();
        timing.speechEnded(speechEndMs);
        for (const { name, kind, atMs } of marks) (kind === 'begin' ? timing.begin(name, atMs) : timing.end(name, atMs));
        const { totalMs, stages, unattributedMs } = timing.waterfall(firstAudibleMs);
        let reachedMs = 0;
        for (const { startMs, durationMs } of stages) {
          expect(durationMs).toBeGreaterThanOrEqual(0);
          expect(startMs).toBeGreaterThanOrEqual(reachedMs);
          reachedMs = startMs + durationMs;
        }
        expect(reachedMs).toBeLessThanOrEqual(totalMs);
        expect(unattributedMs).toBeGreaterThanOrEqual(0);
        expect(stages.reduce((sum, { durationMs }) => sum + durationMs, unattributedMs)).toBe(totalMs);
      }),
      { numRuns: 500, seed: 8 },
    );
  });
});
