/** Counts at or below each bound in seconds, from a Prometheus text. */
export type QueueDelays = ReadonlyMap<number, number>;

const BUCKET = /^sotto_queue_delay_seconds_bucket\{([^}]*)\} (\d+)/;

/** Sums the stages of the server's queue-delay histogram. */
export function readQueueDelays(prometheusText: string): QueueDelays {
  const counts = new Map<number, number>();
  for (const line of prometheusText.split('\n')) {
    const [, labels, count] = BUCKET.exec(line) ?? [];
    const bound = labels === undefined ? undefined : /le="([^"]+)"/.exec(labels)?.[1];
    if (bound === undefined) continue;
    const seconds = bound === '+Inf' ? Infinity : Number(bound);
    counts.set(seconds, (counts.get(seconds) ?? 0) + Number(count));
  }
  return counts;
}

/** Upper bound of the bucket that holds this fraction of what came in between; undefined if nothing did. */
export function queueDelayBetween(before: QueueDelays, after: QueueDelays, fraction: number): number | undefined {
  const bounds = [...after.keys()].sort((a, b) => a - b);
  const between = (bound: number) => (after.get(bound) ?? 0) - (before.get(bound) ?? 0);
  const total = between(Infinity);
  if (total <= 0) return undefined;
  const bound = bounds.find((candidate) => between(candidate) >= total * fraction);
  return bound === undefined ? undefined : bound * 1000;
}
