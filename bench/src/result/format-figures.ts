import type { Interval } from '@sotto/pipeline/metrics';

/** 0.0523 → "5.23 %". */
export function percent(ratio: number | undefined): string {
  return ratio === undefined ? '–' : `${(ratio * 100).toFixed(2)} %`;
}

/** With its 95 % interval, where there is one. */
export function percentInterval({ estimate, low, high }: Interval): string {
  const bounds = low === undefined && high === undefined ? 'too few speakers for an interval' : `${percent(low)} – ${percent(high)}`;
  return `${percent(estimate)} (${bounds})`;
}

/** A difference of two ratios: −0.013 → "−1.30 points". */
export function percentPoints({ estimate, low, high }: Interval): string {
  const points = (ratio: number) => (ratio * 100).toFixed(2).replace('-', '−');
  const bounds = low === undefined || high === undefined ? 'too few speakers for an interval' : `${points(low)} to ${points(high)}`;
  return `${points(estimate)} points (${bounds})`;
}

/** Rows of a Markdown table. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
