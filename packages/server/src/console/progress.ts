import type { ConsoleIo } from './console-io.ts';

const BAR_WIDTH = 24;
const REDRAW_MS = 100;
/** Without a terminal, a line for every so many percent. */
const PLAIN_STEP_PERCENT = 25;

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[power]}`;
}

/** A bar that redraws itself on a terminal and a few plain lines elsewhere. */
export class ProgressBar {
  readonly #io: ConsoleIo;
  readonly #label: string;
  readonly #startedAtMs = performance.now();
  #drawnAtMs = -Infinity;
  #plainPercent = 0;
  #firstBytes: number | undefined;

  constructor(io: ConsoleIo, label: string) {
    this.#io = io;
    this.#label = label;
  }

  update(doneBytes: number, totalBytes: number | undefined): void {
    this.#firstBytes ??= doneBytes;
    const ratio = totalBytes ? Math.min(1, doneBytes / totalBytes) : 0;
    if (!this.#io.isTerminal) return this.#plain(ratio * 100, doneBytes, totalBytes);
    const nowMs = performance.now();
    if (nowMs - this.#drawnAtMs < REDRAW_MS && ratio < 1) return;
    this.#drawnAtMs = nowMs;
    const filled = Math.round(ratio * BAR_WIDTH);
    const bar = totalBytes ? `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ` : '';
    const bytesPerSecond = (doneBytes - this.#firstBytes) / Math.max(0.001, (nowMs - this.#startedAtMs) / 1000);
    this.#io.rewriteNote(`${this.#label} ${bar}${formatBytes(doneBytes)}${totalBytes ? ` of ${formatBytes(totalBytes)}` : ''}  ${formatBytes(bytesPerSecond)}/s`);
  }

  #plain(percent: number, doneBytes: number, totalBytes: number | undefined): void {
    if (totalBytes === undefined || percent < this.#plainPercent) return;
    this.#plainPercent = (Math.floor(percent / PLAIN_STEP_PERCENT) + 1) * PLAIN_STEP_PERCENT;
    this.#io.note(`${this.#label}: ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`);
  }
}
