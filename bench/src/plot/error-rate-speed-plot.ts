import type { WerScores } from '../wer/score-corpus.ts';
import { axes, place } from './axes.ts';
import { element, picture, text } from './svg.ts';

/** Word error rate with its interval against real-time factor, a dot for each recogniser: good ones lie at the lower left. */
export function errorRateSpeedPlot(measured: readonly { readonly name: string; readonly scores: Pick<WerScores, 'corpus' | 'wordErrorRate' | 'realTimeFactor'> }[]): string {
  const highest = Math.max(...measured.map(({ scores: { wordErrorRate } }) => wordErrorRate.high ?? wordErrorRate.estimate));
  const slowest = Math.max(...measured.map(({ scores }) => scores.realTimeFactor));
  const x = { min: 0, max: slowest * 1.5 || 1, fromPx: 60, toPx: 580, name: 'real-time factor (processing time / audio time)' };
  const y = { min: 0, max: highest * 115 || 1, fromPx: 340, toPx: 50, name: 'word error rate, %' };
  const marks = measured.flatMap(({ name, scores: { wordErrorRate, realTimeFactor } }) => {
    const at = place(x, realTimeFactor);
    const height = (rate: number) => place(y, rate * 100);
    const { estimate, low = estimate, high = estimate } = wordErrorRate;
    return [
      element('line', { x1: at, x2: at, y1: height(low), y2: height(high), 'stroke': '#1f6feb', 'stroke-width': 2 }),
      element('circle', { cx: at, cy: height(estimate), r: 5, fill: '#1f6feb' }),
      text(name, at + 10, height(estimate) + 4),
    ];
  });
  return picture(620, 400, `Word error rate against speed on ${measured[0]?.scores.corpus ?? ''}`, [text(`${measured[0]?.scores.corpus ?? ''}; lines are 95 % intervals`, 60, 20, { 'font-weight': 'bold' }), ...axes(x, y), ...marks]);
}
