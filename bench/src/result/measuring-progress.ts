import type { ConsoleIo } from '@sotto/server';

const BAR_WIDTH = 24;

/** How far a long measurement is, and how long it will still take at the pace so far. */
export class MeasuringProgress {
  readonly #io: ConsoleIo;
  readonly #label: string;
  readonly #totalCount: number;
  readonly #startedMs = performance.now();
  #doneBefore: number | undefined;
  #toldPercent = 0;

  constructor(io: ConsoleIo, label: string, totalCount: number) {
    this.#io = io;
    this.#label = label;
    this.#totalCount = totalCount;
  }

  update(doneCount: number): void {
    this.#doneBefore ??= doneCount;
    const measured = doneCount - this.#doneBefore;
    const leftMs = measured === 0 ? undefined : ((performance.now() - this.#startedMs) / measured) * (this.#totalCount - doneCount);
    const ratio = doneCount / Math.max(1, this.#totalCount);
    const text = `${this.#label} ${doneCount} of ${this.#totalCount}${leftMs === undefined ? '' : `, about ${formatLeft(leftMs)} left`}`;
    if (this.#io.isTerminal) {
      const filled = Math.round(ratio * BAR_WIDTH);
      this.#io.rewriteNote(`${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${text}`);
    } else if (ratio * 100 >= this.#toldPercent) {
      this.#toldPercent = (Math.floor(ratio * 10) + 1) * 10;
      this.#io.note(text);
    }
  }
}

/** "about so long", in whole units. */
export function formatLeft(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
