import { describe, expect, it } from 'vitest';
import { scoreLatency } from '../latency/score-latency.ts';
import { place, ticks } from './axes.ts';
import { errorRateSpeedPlot } from './error-rate-speed-plot.ts';
import { latencyWaterfallPlot } from './latency-waterfall-plot.ts';
import { loadKneePlot } from './load-knee-plot.ts';

describe('ticks', () => {
  it('are round and lie within the scale', () => {
    expect(ticks(0, 10)).toEqual([0, 2, 4, 6, 8, 10]);
    expect(ticks(0, 0.07)).toEqual([0, 0.02, 0.04, 0.06]);
    expect(ticks(3, 12)).toEqual([4, 6, 8, 10, 12]);
  });
});

describe('plots', () => {
  const attribute = (svg: string, element: string, name: string) => [...svg.matchAll(new RegExp(`<${element}[^>]* ${name}="([^"]+)"`, 'g'))].map(([, value]) => Number(value));

  it('put the worse and slower recogniser higher and further right, and escape its name', () => {
    const scores = (rate: number, realTimeFactor: number) => ({ corpus: 'c', wordErrorRate: { estimate: rate, low: rate * 0.8, high: rate * 1.2 }, realTimeFactor });
    const svg = errorRateSpeedPlot([{ name: 'good & <small>', scores: scores(0.05, 0.02) }, { name: 'bad', scores: scores(0.2, 0.08) }]);
    const [goodX, badX] = attribute(svg, 'circle', 'cx');
    const [goodY, badY] = attribute(svg, 'circle', 'cy');
    expect(badX).toBeGreaterThan(goodX!);
    expect(badY).toBeLessThan(goodY!);
    expect(svg).toContain('good &amp; &lt;small&gt;');
  });

  it('begin each stage where the one before ends', () => {
    const waterfall = { totalMs: 300, stages: [{ name: 'endpointing' as const, startMs: 0, durationMs: 200 }, { name: 'thinking' as const, startMs: 200, durationMs: 100 }], unattributedMs: 0 };
    const svg = latencyWaterfallPlot(scoreLatency([{ fate: 'answered', endpointDelayMs: 200, replyMs: 1000, speechEndMs: 0, firstAudibleMs: 300, waterfall, transcript: '', reply: '', cutOffCount: 0 }], undefined));
    const [, ...starts] = attribute(svg, 'rect', 'x').length > 0 ? [0, ...attribute(svg, 'rect', 'x')] : [];
    const [, ...widths] = attribute(svg, 'rect', 'width');
    expect(starts[1]).toBeCloseTo(starts[0]! + widths[0]!, 0);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(svg).toContain('200 ms');
  });

  it('mark the knee and tell what was held from what was not', () => {
    const step = (sessionCount: number, p95LatencyMs: number, holds: boolean) => ({ sessionCount, refusedCount: 0, droppedCount: 0, turnCount: 1, unansweredCount: 0, medianLatencyMs: 1, p95LatencyMs, p95QueueDelayMs: undefined, holds });
    const svg = loadKneePlot({ steps: [step(8, 2000, false), step(4, 500, true)], knee: 4, isBeyond: false });
    expect(attribute(svg, 'circle', 'cx')).toHaveLength(2);
    expect(svg.match(/#cf222e/g)).toHaveLength(1);
    expect(svg).toContain('4 sessions held');
  });

  it('place values in proportion', () => {
    expect(place({ min: 0, max: 10, fromPx: 100, toPx: 0 }, 2.5)).toBe(75);
  });
});
