import type { TurnWaterfall } from '@sotto/pipeline';

const BAR_WIDTH = 36;

/** One line per stage with a bar on a common time axis, then the sum. */
export function waterfallChart(waterfall: TurnWaterfall): string[] {
  const scale = BAR_WIDTH / Math.max(1, waterfall.totalMs);
  const rows = waterfall.stages.map(({ name, startMs, durationMs }) => {
    const from = Math.round(startMs * scale);
    const width = Math.max(durationMs > 0 ? 1 : 0, Math.round((startMs + durationMs) * scale) - from);
    return row(name, durationMs, `${' '.repeat(from)}${'█'.repeat(width)}`);
  });
  return [...rows, row('unattributed', waterfall.unattributedMs, ''), row('end of speech → first sound', waterfall.totalMs, '')];
}

function row(name: string, durationMs: number, bar: string): string {
  return `  ${name.padEnd(28)}${`${durationMs.toFixed(0)} ms`.padStart(8)}  ${bar}`.trimEnd();
}
