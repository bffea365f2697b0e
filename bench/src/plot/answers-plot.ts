import type { AnswersBody } from '../answers/answers-report.ts';
import { axes, place } from './axes.ts';
import { element, picture, text, title } from './svg.ts';

const TEXT_COLOUR = '#1f6feb';
const VOICE_COLOUR = '#bf8700';

type Mark = { readonly name: string; readonly ratio: number; readonly firstClauseMs: NonNullable<AnswersBody['sets'][number]['firstClauseMs']>; readonly colour: string; readonly filled: boolean };

/** Right answers against the time to the first clause, in text and by voice: a large mark for all questions, small ones for the sets; good ones lie at the upper left. */
export function answersPlot({ asked, corpus, sets, voice }: Pick<AnswersBody, 'asked' | 'corpus' | 'sets' | 'voice'>): string {
  const marks: Mark[] = [
    ...sets.flatMap(({ set, rightRatio, firstClauseMs }) => markOf(set, rightRatio, firstClauseMs, TEXT_COLOUR, true)),
    ...(voice?.sets ?? []).flatMap(({ set, rightRatio, understoodRatio, firstClauseMs }) => [...markOf(set, rightRatio, firstClauseMs, VOICE_COLOUR, true), ...markOf(set, understoodRatio, firstClauseMs, VOICE_COLOUR, false)]),
  ];
  const slowestMs = Math.max(0, ...marks.map(({ firstClauseMs }) => firstClauseMs.high ?? firstClauseMs.estimate));
  const x = { min: 0, max: slowestMs * 1.3 || 1, fromPx: 60, toPx: 580, name: 'median time to the first clause, ms' };
  const y = { min: 0, max: 100, fromPx: 340, toPx: 70, name: 'right answers, %' };
  const drawn = marks.flatMap(({ name, ratio, firstClauseMs: { estimate, low = estimate, high = estimate }, colour, filled }) => {
    const atX = place(x, estimate);
    const atY = place(y, ratio * 100);
    const mark = (r: number) => element('circle', { 'cx': atX, 'cy': atY, r, 'fill': filled ? colour : '#ffffff', 'stroke': colour, 'stroke-width': 2 }, [title(name)]);
    // The sets' marks are many and lie close: they are named where the pointer rests.
    if (name !== sets[0]?.set) return [mark(3)];
    return [element('line', { 'x1': place(x, low), 'x2': place(x, high), 'y1': atY, 'y2': atY, 'stroke': colour, 'stroke-width': 2 }), mark(6), text(`${(ratio * 100).toFixed(0)} % after ${estimate.toFixed(0)} ms`, atX + 10, atY + 18)];
  });
  const legend = [text('● in text', 320, 42, { fill: TEXT_COLOUR }), ...(voice === undefined ? [] : [text('● by voice', 390, 42, { fill: VOICE_COLOUR }), text('○ by voice, reply heard back', 465, 42, { fill: VOICE_COLOUR })])];
  return picture(640, 400, `Right answers of ${asked} against the time to the first clause`, [text(`${asked} on ${corpus}; lines are 95 % intervals`, 60, 20, { 'font-weight': 'bold' }), ...legend, ...axes(x, y), ...drawn]);
}

function markOf(name: string, ratio: number, firstClauseMs: Mark['firstClauseMs'] | undefined, colour: string, filled: boolean): Mark[] {
  return firstClauseMs === undefined ? [] : [{ name, ratio, firstClauseMs, colour, filled }];
}
