/** Work whose pace differs: recognising a recording, and answering it as well. */
export type WorkKind = 'recognised' | 'answered';

/** How long a run will still take, at the pace of what it has done. */
export class TimeLeft {
  readonly #spent: Readonly<Record<WorkKind, { totalMs: number; count: number }>> = { recognised: { totalMs: 0, count: 0 }, answered: { totalMs: 0, count: 0 } };

  note(kind: WorkKind, durationMs: number): void {
    const spent = this.#spent[kind];
    spent.totalMs += durationMs;
    spent.count++;
  }

  /** Undefined while nothing of a kind that is still to come was done. */
  leftMs(counts: Readonly<Record<WorkKind, number>>): number | undefined {
    let leftMs = 0;
    for (const kind of ['recognised', 'answered'] as const) {
      const { totalMs, count } = this.#spent[kind];
      if (counts[kind] === 0) continue;
      if (count === 0) return undefined;
      leftMs += (totalMs / count) * counts[kind];
    }
    return leftMs;
  }
}
