import type { BenchResult } from '../result/bench-result.ts';
import { table } from '../result/format-figures.ts';
import type { PeerTask } from './peer-task.ts';
import type { PairScores, TimedPair } from './score-peers.ts';

type Compared = { readonly task: PeerTask; readonly ours: string; readonly peer: string; readonly what: string; readonly wall: PairScores; readonly processor: PairScores; readonly pairs: readonly TimedPair[] };
export type PeersResult = BenchResult<'peers', { readonly corpus: string; readonly threadCount: number; readonly compared: readonly Compared[] }>;

export function formatPeers(result: PeersResult): string {
  const { body } = result;
  const rows = body.compared.flatMap((one) => ([['wall', one.wall], ['processor', one.processor]] as const).map(([clock, scores]) => row(one, clock, scores)));
  const behind = body.compared.filter(({ wall }) => wall.verdict !== 'ahead');
  return `${[
    '# Beside other libraries',
    `Same files, ${body.threadCount} ${body.threadCount === 1 ? 'thread' : 'threads'}, each library in a process of its own and warmed up on every item, asked in turn. The ratio is that of each pair: how many times as long the peer takes.`,
    table(['work', 'beside', 'clock', 'pairs', 'ours ms', 'theirs ms', 'ratio (95 %)', 'middle half', ''], rows),
    behind.length === 0 ? 'Ahead in every row by the wall clock.' : `**Not ahead** by the wall clock: ${behind.map(({ task, peer, wall }) => `${task} beside ${peer} (${wall.verdict})`).join(', ')}.`,
    ...body.compared.map(({ task, what }) => `${task}: ${what}.`),
    `Measured ${result.measuredAt.slice(0, 10)} on ${result.machine.coreCount} × ${result.machine.processor} (load ${result.machine.loadAverage.toFixed(1)} at the start) with:\n\n\`\`\`sh\n${result.command}\n\`\`\``,
  ].join('\n\n')}\n`;
}

function row(one: Compared, clock: string, { pairCount, oursMs, peerMs, ratio, ratioQuartiles: [low, high], verdict }: PairScores): string[] {
  const bounds = `${ratio.low?.toFixed(2) ?? '–'}, ${ratio.high?.toFixed(2) ?? '–'}`;
  return [one.task, one.peer, clock, String(pairCount), oursMs.toFixed(1), peerMs.toFixed(1), `${ratio.estimate.toFixed(2)} [${bounds}]`, `${low.toFixed(2)} – ${high.toFixed(2)}`, verdict];
}
