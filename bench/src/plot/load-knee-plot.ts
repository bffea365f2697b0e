import type { LoadBody } from '../load/load-report.ts';
import { axes, place } from './axes.ts';
import { element, picture, text } from './svg.ts';

/** 95th percentile of replies against sessions at a time; red is what was not held. */
export function loadKneePlot({ steps, knee, isBeyond }: Pick<LoadBody, 'steps' | 'knee' | 'isBeyond'>): string {
  const answered = steps.flatMap((step) => (step.p95LatencyMs === undefined ? [] : [{ ...step, p95LatencyMs: step.p95LatencyMs }])).sort((a, b) => a.sessionCount - b.sessionCount);
  const x = { min: 0, max: Math.max(1, ...steps.map(({ sessionCount }) => sessionCount)) * 1.08, fromPx: 60, toPx: 580, name: 'sessions at a time' };
  const y = { min: 0, max: Math.max(1, ...answered.map(({ p95LatencyMs }) => p95LatencyMs)) * 1.1, fromPx: 340, toPx: 50, name: '95th percentile of replies, ms' };
  const points = answered.map(({ sessionCount, p95LatencyMs, holds }) => ({ cx: place(x, sessionCount), cy: place(y, p95LatencyMs), fill: holds ? '#1a7f37' : '#cf222e' }));
  const kneePx = knee === undefined ? undefined : place(x, knee);
  return picture(620, 400, 'Replies against load', [
    text(knee === undefined ? 'Not even one session held' : `${isBeyond ? 'More than ' : ''}${knee} sessions held`, 60, 20, { 'font-weight': 'bold' }),
    ...axes(x, y),
    ...(kneePx === undefined ? [] : [element('line', { 'x1': kneePx, 'x2': kneePx, 'y1': y.fromPx, 'y2': y.toPx, 'stroke': '#1a7f37', 'stroke-dasharray': '4 4' })]),
    element('polyline', { points: points.map(({ cx, cy }) => `${cx.toFixed(1)},${cy.toFixed(1)}`).join(' '), fill: 'none', stroke: '#57606a' }),
    ...points.map((point) => element('circle', { r: 5, ...point })),
  ]);
}
