import type { BenchResult } from '../result/bench-result.ts';
import { busyMachineNote } from '../result/busy-machine.ts';
import { table } from '../result/format-figures.ts';
import type { Peer, PeerTask } from './peer-task.ts';
import type { PairScores, TimedPair } from './score-peers.ts';

export type Compared = {
  readonly task: PeerTask;
  readonly peer: Peer;
  readonly what: string;
  readonly wall: PairScores;
  readonly processor: PairScores;
  /** Pairs in which both said the same; absent for work that says nothing. */
  readonly sameTextCount: number | undefined;
  readonly pairs: readonly TimedPair[];
};

export type PeersResult = BenchResult<'peers', {
  readonly corpus: string;
  readonly threadCount: number;
  /** Versions of the libraries beside. */
  readonly peerVersions: Readonly<Record<Peer, string>>;
  readonly compared: readonly Compared[];
  readonly notCompared: readonly string[];
}>;

export function formatPeers(result: PeersResult): string {
  const { body } = result;
  const rows = body.compared.flatMap((one) => ([['wall', one.wall], ['processor', one.processor]] as const).map(([clock, scores]) => row(one, clock, scores)));
  const tasks = new Map(body.compared.map(({ task, what }) => [task, what]));
  return `${[
    '# Beside other libraries',
    `Same files, ${body.threadCount} ${body.threadCount === 1 ? 'thread' : 'threads'}, each library in a process of its own and warmed up on every item, asked in turn. The ratio is that of each pair: how many times as long the peer takes. Its interval is that of the median over pairs.`,
    table(['work', 'beside', 'clock', 'pairs', 'ours ms', 'theirs ms', 'ratio (95 %)', 'middle half', ''], rows),
    notAhead(body.compared),
    ...[...tasks].map(([task, what]) => `**${task}**: ${what}.${textsOf(body.compared.filter((one) => one.task === task))}`),
    `Not compared:\n\n${body.notCompared.map((reason) => `- ${reason}`).join('\n')}`,
    `Versions: ${Object.entries(body.peerVersions).map(([name, version]) => `${name} ${version}`).join(', ')}. sherpa-onnx is native code with an ONNX Runtime of its own; the others share ours.`,
    ...busyMachineNote(result.machine),
    `Measured ${result.measuredAt.slice(0, 10)} on ${result.machine.coreCount} × ${result.machine.processor} (load ${result.machine.loadAverage.toFixed(1)} at the start) with:\n\n\`\`\`sh\n${result.command}\n\`\`\``,
  ].join('\n\n')}\n`;
}

function row(one: Compared, clock: string, { pairCount, oursMs, peerMs, ratio, ratioQuartiles: [low, high], verdict }: PairScores): string[] {
  const bounds = `${ratio.low?.toFixed(2) ?? '–'}, ${ratio.high?.toFixed(2) ?? '–'}`;
  return [one.task, one.peer, clock, String(pairCount), oursMs.toFixed(1), peerMs.toFixed(1), `${ratio.estimate.toFixed(2)} [${bounds}]`, `${low.toFixed(2)} – ${high.toFixed(2)}`, verdict];
}

function notAhead(compared: readonly Compared[]): string {
  const rows = compared.flatMap(({ task, peer, wall, processor }) => ([['wall', wall], ['processor', processor]] as const).map(([clock, { verdict, ratio }]) => ({ task, peer, clock, verdict, ratio: ratio.estimate })));
  const behind = rows.filter(({ verdict }) => verdict !== 'ahead');
  if (behind.length === 0) return 'Ahead in every row.';
  const told = behind.map(({ task, peer, clock, verdict, ratio }) => `${task} beside ${peer} by the ${clock} clock (${verdict === 'behind' ? `behind: it takes ${ratio.toFixed(2)} times our time` : 'no difference shown'})`);
  return `**Not ahead**: ${told.join('; ')}.`;
}

function textsOf(compared: readonly Compared[]): string {
  const told = compared.flatMap(({ peer, sameTextCount, pairs }) => (sameTextCount === undefined ? [] : [`${peer} in ${sameTextCount} of ${pairs.length} pairs`]));
  return told.length === 0 ? '' : ` The text was ours with ${told.join(' and ')}.`;
}
