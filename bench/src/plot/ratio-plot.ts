import type { Interval } from '@sotto/pipeline/metrics';
import { axes, place } from './axes.ts';
import { element, picture, text } from './svg.ts';

const ROW_PX = 26;
const LABEL_PX = 230;

export type NamedRatio = { readonly name: string; readonly ratio: Interval };

/** Ratios with their intervals, a row each, about the line at 1 where nobody is ahead. Green lies wholly above 1, red wholly below. */
export function ratioPlot(heading: string, axisName: string, rows: readonly NamedRatio[]): string {
  const bottom = 50 + rows.length * ROW_PX;
  const highest = Math.max(1, ...rows.map(({ ratio }) => ratio.high ?? ratio.estimate));
  const x = { min: 0, max: highest * 1.1, fromPx: LABEL_PX, toPx: 600, name: axisName };
  const scaleOnly = { min: 0, max: 1, fromPx: bottom, toPx: 40, name: '' };
  const drawn = rows.flatMap(({ name, ratio: { estimate, low, high } }, row) => {
    const at = 60 + row * ROW_PX;
    const colour = low !== undefined && low > 1 ? '#1a7f37' : high !== undefined && high < 1 ? '#cf222e' : '#57606a';
    return [
      text(name, LABEL_PX - 10, at + 4, { 'text-anchor': 'end' }),
      element('line', { 'x1': place(x, low ?? estimate), 'x2': place(x, high ?? estimate), 'y1': at, 'y2': at, 'stroke': colour, 'stroke-width': 2 }),
      element('circle', { cx: place(x, estimate), cy: at, r: 4, fill: colour }),
    ];
  });
  const even = element('line', { 'x1': place(x, 1), 'x2': place(x, 1), 'y1': 40, 'y2': bottom, 'stroke': '#222222', 'stroke-dasharray': '4 4' });
  return picture(640, bottom + 50, heading, [text(`${heading}; lines are 95 % intervals`, 20, 20, { 'font-weight': 'bold' }), ...axes(x, scaleOnly, { marksY: false }), even, ...drawn]);
}
