import { describe, expect, it } from 'vitest';
import { scoreLatency } from '../latency/score-latency.ts';
import { answersPlot } from './answers-plot.ts';
import { place, ticks } from './axes.ts';
import { errorRateSpeedPlot } from './error-rate-speed-plot.ts';
import { latencyWaterfallPlot } from './latency-waterfall-plot.ts';
import { loadKneePlot } from './load-knee-plot.ts';
import { ratioPlot } from './ratio-plot.ts';
import { turnsPlot } from './turns-plot.ts';

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

  const interval = (estimate: number, low?: number, high?: number) => ({ estimate, low, high });

  it('put the righter and faster answers higher and further left, and tell text, voice and what is understood of it apart', () => {
    const set = (name: string, rightRatio: number, firstClauseMs: number) => ({ set: name, questionCount: 10, rightRatio, honestRatio: undefined, needlessUnknownRatio: undefined, medianWordCount: 6, firstTokenMs: undefined, firstClauseMs: interval(firstClauseMs, firstClauseMs * 0.9, firstClauseMs * 1.1) });
    const spoken = { ...set('all questions', 0.5, 300), wordErrorRate: interval(0.2), unheardCount: 0, understoodRatio: 0.4 };
    const body = { asked: 'a <model>', corpus: 'q.jsonl', sets: [set('all questions', 0.9, 100), set('hard', 0.6, 200)], voice: { askedBy: 'v', sets: [spoken] } };
    const svg = answersPlot(body);
    const [textX, hardX, voiceX, understoodX] = attribute(svg, 'circle', 'cx');
    const [textY, hardY, voiceY, understoodY] = attribute(svg, 'circle', 'cy');
    expect([textX! < hardX!, hardX! < voiceX!, voiceX === understoodX]).toEqual([true, true, true]);
    expect([textY! < hardY!, hardY! < voiceY!, voiceY! < understoodY!]).toEqual([true, true, true]);
    expect(svg).toContain('first clause, ms');
    expect(svg).toContain('right answers, %');
    expect(svg).toContain('50 % after 300 ms');
    expect(svg).toContain('<title>hard</title>');
    expect(answersPlot(body)).toBe(svg);
    expect(answersPlot({ ...body, voice: undefined })).not.toContain('by voice');
  });

  it('stand clean speech and noise side by side, the bars as high as their shares', () => {
    const split = (name: string, rate: number, right: number) => ({ split: name, turnCount: 60, wordErrorRate: interval(rate, rate * 0.8, rate * 1.2), factInReplyRatio: right, factHeardBackRatio: right / 2, medianLatencyMs: 90 });
    const svg = turnsPlot({ corpus: 'audio-fixtures', splits: [split('clean', 0.1, 0.8), split('noise 10 dB', 0.4, 0.4)] });
    const [, ...heights] = attribute(svg, 'rect', 'height');
    expect(heights).toHaveLength(6);
    expect(heights[1]! / heights[0]!).toBeCloseTo(8, 1);
    expect(heights[4]! / heights[2]!).toBeCloseTo(1, 1);
    expect(svg).toContain('share, %');
    expect(svg).toContain('noise 10 dB, 60 turns');
  });

  it('colour a ratio by where its whole interval lies', () => {
    const svg = ratioPlot('Beside others', 'their time / ours', [{ name: 'ahead', ratio: interval(2, 1.5, 2.5) }, { name: 'behind', ratio: interval(0.5, 0.4, 0.9) }, { name: 'open', ratio: interval(1.1, 0.9, 1.3) }, { name: 'too few', ratio: interval(3) }]);
    const colours = [...svg.matchAll(/<circle[^>]* fill="([^"]+)"/g)].map(([, colour]) => colour);
    expect(colours).toEqual(['#1a7f37', '#cf222e', '#57606a', '#57606a']);
    expect(svg).toContain('their time / ours');
  });

  it('lie on a ground of their own, so that they are read on a dark page as on a light one', () => {
    for (const svg of [turnsPlot({ corpus: 'c', splits: [] }), ratioPlot('h', 'a', []), answersPlot({ asked: 'a', corpus: 'c', sets: [], voice: undefined })]) {
      const [, widthPx, heightPx] = /<svg[^>]* width="(\d+)" height="(\d+)"/.exec(svg)!;
      expect(svg).toContain(`<rect width="${widthPx}" height="${heightPx}" fill="#ffffff"/>`);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it('place values in proportion', () => {
    expect(place({ min: 0, max: 10, fromPx: 100, toPx: 0 }, 2.5)).toBe(75);
  });
});
