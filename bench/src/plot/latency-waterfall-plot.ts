import type { LatencyScores } from '../latency/score-latency.ts';
import { axes, place } from './axes.ts';
import { element, picture, text } from './svg.ts';

const COLOURS = ['#8250df', '#1f6feb', '#1a7f37', '#bf8700', '#cf222e', '#57606a', '#0a3069'] as const;
const ROW_PX = 34;

/** Where the median turn's time goes, a bar under the other for each stage, and what no stage accounts for. */
export function latencyWaterfallPlot(latency: LatencyScores): string {
  const parts = [...Object.entries(latency.stages), ['unattributed', latency.unattributedMs] as const, ['socket and client', latency.transportMs] as const];
  let sumMs = 0;
  const bars = parts.map(([name, { p50 }]) => {
    const startMs = sumMs;
    sumMs += Math.max(0, p50.estimate || 0);
    return { name, startMs, endMs: sumMs, medianMs: p50.estimate };
  });
  const totalMs = latency.voiceToVoiceMs.p50.estimate;
  const bottom = 60 + bars.length * ROW_PX;
  const x = { min: 0, max: Math.max(sumMs, totalMs || 0, 1) * 1.12, fromPx: 140, toPx: 600, name: 'ms since the last speech sample' };
  const drawn = bars.flatMap(({ name, startMs, endMs, medianMs }, row) => {
    const top = 50 + row * ROW_PX;
    return [
      text(name, 130, top + 16, { 'text-anchor': 'end' }),
      element('rect', { x: place(x, startMs), y: top, width: Math.max(1, place(x, endMs) - place(x, startMs)), height: ROW_PX - 12, fill: COLOURS[row % COLOURS.length]! }),
      text(`${Number.isFinite(medianMs) ? medianMs.toFixed(0) : '–'} ms`, place(x, endMs) + 5, top + 16),
    ];
  });
  const heading = `Median of each stage; voice to voice p50 ${Number.isFinite(totalMs) ? totalMs.toFixed(0) : '–'} ms, ${latency.turnCount} turns`;
  const scaleOnly = { min: 0, max: 1, fromPx: bottom, toPx: 50, name: '' };
  return picture(640, bottom + 50, heading, [text(heading, 20, 24, { 'font-weight': 'bold' }), ...axes(x, scaleOnly, { marksY: false }), ...drawn]);
}
