import type { TurnsScores } from '../turns/turns-report.ts';
import { axes, place } from './axes.ts';
import { element, picture, text } from './svg.ts';

const BARS = [
  { name: 'word error rate', colour: '#cf222e' },
  { name: 'right fact in the reply', colour: '#1f6feb' },
  { name: 'fact heard back from its speech', colour: '#1a7f37' },
] as const;
const BAR_PX = 40;
const GROUP_PX = BARS.length * BAR_PX + 50;

/** What is heard and answered, three bars for each split, so that clean speech and noise stand side by side. */
export function turnsPlot({ corpus, splits }: Pick<TurnsScores, 'corpus' | 'splits'>): string {
  const widthPx = 110 + splits.length * GROUP_PX;
  const highest = Math.max(1, ...splits.map(({ wordErrorRate }) => wordErrorRate.high ?? wordErrorRate.estimate));
  const x = { min: 0, max: 1, fromPx: 60, toPx: widthPx - 20, name: '' };
  const y = { min: 0, max: highest * 100, fromPx: 320, toPx: 90, name: 'share, %' };
  const groups = splits.flatMap(({ split, turnCount, wordErrorRate, factInReplyRatio, factHeardBackRatio }, group) => {
    const fromPx = 85 + group * GROUP_PX;
    const bars = [wordErrorRate.estimate, factInReplyRatio, factHeardBackRatio].flatMap((ratio, bar) => {
      const top = place(y, ratio * 100);
      const left = fromPx + bar * BAR_PX;
      return [element('rect', { x: left, y: top, width: BAR_PX - 8, height: y.fromPx - top, fill: BARS[bar]!.colour }), text(`${(ratio * 100).toFixed(0)}`, left + (BAR_PX - 8) / 2, top - 5, { 'text-anchor': 'middle' })];
    });
    const middle = fromPx + (BAR_PX - 8) / 2;
    const { low, high } = wordErrorRate;
    const interval = low === undefined || high === undefined ? [] : [element('line', { 'x1': middle, 'x2': middle, 'y1': place(y, low * 100), 'y2': place(y, high * 100), 'stroke': '#222222', 'stroke-width': 2 })];
    return [...bars, ...interval, text(`${split}, ${turnCount} turns`, fromPx + (BARS.length * BAR_PX) / 2, y.fromPx + 18, { 'text-anchor': 'middle' })];
  });
  const legend = BARS.map(({ name, colour }, row) => text(`■ ${name}`, 120, 40 + row * 14, { fill: colour }));
  return picture(Math.max(widthPx, 420), 350, `Spoken turns on ${corpus}`, [text(`Spoken turns on ${corpus}`, 60, 20, { 'font-weight': 'bold' }), ...legend, ...axes(x, { ...y, name: '' }, { marksX: false }), text(y.name, 20, y.toPx - 14), ...groups]);
}
