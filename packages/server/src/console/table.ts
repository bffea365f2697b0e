/** Lines of columns as wide as their widest cell; numbers-like columns named in `alignRight` end flush. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], alignRight: readonly number[] = []): string[] {
  const widths = header.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((cell, column) => (alignRight.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join('  ').trimEnd();
  return [line(header), ...rows.map(line)];
}
