import type { TurnWaterfall, WaterfallStageName } from '@sotto/pipeline';
import { make } from './element.ts';

const SVG = 'http://www.w3.org/2000/svg';
const TURN_COUNT_MAX = 8;
const WIDTH = 360;
const ROW_HEIGHT = 20;
const LABEL_WIDTH = 58;

const STAGES: readonly { readonly name: WaterfallStageName | 'unattributed'; readonly label: string; readonly colour: string }[] = [
  { name: 'endpointing', label: 'listening', colour: 'var(--listening)' },
  { name: 'transcribing', label: 'transcribing', colour: 'var(--transcribing)' },
  { name: 'thinking', label: 'thinking', colour: 'var(--thinking)' },
  { name: 'speaking', label: 'speaking', colour: 'var(--speaking)' },
  { name: 'playout', label: 'loudspeaker', colour: 'var(--playout)' },
  { name: 'unattributed', label: 'remainder', colour: 'var(--rest)' },
];

/** A bar for each of the last turns, and the running median of all. */
export class WaterfallPlot {
  readonly #host: HTMLElement;
  #turns: TurnWaterfall[] = [];
  #totalsMs: number[] = [];

  constructor(host: HTMLElement) {
    this.#host = host;
  }

  add(waterfall: TurnWaterfall): void {
    this.#turns = [...this.#turns, waterfall].slice(-TURN_COUNT_MAX);
    // A long day's turns stay countable; the median of the last thousand is that of all.
    this.#totalsMs = [...this.#totalsMs, waterfall.totalMs].slice(-1000);
    this.#draw();
  }

  #draw(): void {
    const medianMs = median(this.#totalsMs);
    const widestMs = Math.max(...this.#turns.map(({ totalMs }) => totalMs), 1);
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('viewBox', `0 0 ${WIDTH} ${this.#turns.length * ROW_HEIGHT + 4}`);
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', describe(this.#turns.at(-1), medianMs));
    this.#turns.forEach((turn, row) => drawTurn(svg, turn, row, (WIDTH - LABEL_WIDTH) / widestMs));
    const legend = make('ul', { className: 'legend' }, ...STAGES.map(({ label, colour }) => legendItem(label, colour)));
    const summary = make('p', { text: `Median of ${this.#totalsMs.length} turn${this.#totalsMs.length === 1 ? '' : 's'}: ${Math.round(medianMs)} ms` });
    this.#host.replaceChildren(svg, legend, summary);
  }
}

function drawTurn(svg: SVGElement, turn: TurnWaterfall, row: number, pxPerMs: number): void {
  const y = row * ROW_HEIGHT + 2;
  const spans = [...turn.stages, { name: 'unattributed' as const, startMs: turn.totalMs - turn.unattributedMs, durationMs: turn.unattributedMs }];
  for (const { name, startMs, durationMs } of spans) {
    const rect = document.createElementNS(SVG, 'rect');
    const stage = STAGES.find((candidate) => candidate.name === name);
    rect.setAttribute('x', String(startMs * pxPerMs));
    rect.setAttribute('y', String(y));
    rect.setAttribute('width', String(Math.max(0, durationMs * pxPerMs)));
    rect.setAttribute('height', String(ROW_HEIGHT - 6));
    rect.setAttribute('fill', stage?.colour ?? 'currentColor');
    const title = document.createElementNS(SVG, 'title');
    title.textContent = `${stage?.label ?? name}: ${Math.round(durationMs)} ms`;
    rect.append(title);
    svg.append(rect);
  }
  const label = document.createElementNS(SVG, 'text');
  label.setAttribute('x', String(WIDTH));
  label.setAttribute('y', String(y + ROW_HEIGHT - 10));
  label.setAttribute('text-anchor', 'end');
  label.textContent = `${Math.round(turn.totalMs)} ms`;
  svg.append(label);
}

function legendItem(label: string, colour: string): HTMLLIElement {
  const swatch = make('i');
  swatch.style.background = colour;
  return make('li', {}, swatch, label);
}

function describe(turn: TurnWaterfall | undefined, medianMs: number): string {
  if (turn === undefined) return 'No turn yet';
  const stages = turn.stages.map(({ name, durationMs }) => `${STAGES.find((stage) => stage.name === name)?.label ?? name} ${Math.round(durationMs)}`).join(', ');
  return `Last turn ${Math.round(turn.totalMs)} ms: ${stages}, remainder ${Math.round(turn.unattributedMs)}. Median ${Math.round(medianMs)} ms.`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
