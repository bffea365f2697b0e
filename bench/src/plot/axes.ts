import { element, text } from './svg.ts';

/** A linear scale from values to pixels. */
export type Scale = { readonly min: number; readonly max: number; readonly fromPx: number; readonly toPx: number };

export function place({ min, max, fromPx, toPx }: Scale, value: number): number {
  return fromPx + ((value - min) / (max - min)) * (toPx - fromPx);
}

/** Round values for marks on a scale: steps of 1, 2 or 5 times a power of ten, about `count` of them. */
export function ticks(min: number, max: number, count = 5): number[] {
  const rough = (max - min) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough;
  const first = Math.ceil(min / step);
  return Array.from({ length: Math.floor(max / step + 1e-9) - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Both axes with marks, faint lines across and a name each; without marks an axis has no scale of numbers. */
export function axes(x: Scale & { readonly name: string }, y: Scale & { readonly name: string }, { marksX = true, marksY = true }: { readonly marksX?: boolean; readonly marksY?: boolean } = {}): string[] {
  const line = (x1: number, y1: number, x2: number, y2: number, stroke: string) => element('line', { x1, y1, x2, y2, stroke });
  const across = (marksY ? ticks(y.min, y.max) : []).flatMap((value) => {
    const at = place(y, value);
    return [line(x.fromPx, at, x.toPx, at, '#e5e5e5'), text(String(value), x.fromPx - 6, at + 4, { 'text-anchor': 'end' })];
  });
  const along = (marksX ? ticks(x.min, x.max) : []).flatMap((value) => {
    const at = place(x, value);
    return [line(at, y.fromPx, at, y.fromPx + 4, '#222222'), text(String(value), at, y.fromPx + 18, { 'text-anchor': 'middle' })];
  });
  return [
    ...across,
    ...along,
    line(x.fromPx, y.fromPx, x.toPx, y.fromPx, '#222222'),
    ...(x.name === '' ? [] : [text(x.name, (x.fromPx + x.toPx) / 2, y.fromPx + 38, { 'text-anchor': 'middle' })]),
    ...(y.name === '' ? [] : [text(y.name, x.fromPx, y.toPx - 10)]),
  ];
}
