import { ConfigError } from '@sotto/pipeline';
import type { Interval } from '@sotto/pipeline/metrics';
import type { LatencyBody } from '../latency/latency-report.ts';
import type { Percentiles } from '../latency/score-latency.ts';

export type LatencyComparison = readonly { readonly name: string; readonly a: Interval; readonly b: Interval; readonly verdict: 'a is faster' | 'b is faster' | 'no difference shown' }[];

/**
 * Medians of two runs side by side. They were measured one after the other, so a difference counts as shown only where the
 * intervals do not overlap.
 * @throws {ConfigError} VOICE_ERR_INVALID_OPTION when the questions were not the same.
 */
export function compareLatency(a: LatencyBody, b: LatencyBody): LatencyComparison {
  if (a.corpus !== b.corpus) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `These results cannot be compared: corpus ${a.corpus} in the first, ${b.corpus} in the second; ask both the same questions`);
  const parts: (readonly [string, Percentiles, Percentiles | undefined])[] = [
    ['voice to voice', a.latency.voiceToVoiceMs, b.latency.voiceToVoiceMs],
    ['without the wait for the end of speech', a.latency.withoutEndpointingMs, b.latency.withoutEndpointingMs],
    ...Object.entries(a.latency.stages).map(([name, percentiles]) => [name, percentiles, b.latency.stages[name as keyof typeof b.latency.stages]] as const),
    ['unattributed', a.latency.unattributedMs, b.latency.unattributedMs],
    ['socket and client', a.latency.transportMs, b.latency.transportMs],
  ];
  return parts.flatMap(([name, one, other]) => (other === undefined ? [] : [{ name, a: one.p50, b: other.p50, verdict: verdictOf(one.p50, other.p50) }]));
}

function verdictOf(a: Interval, b: Interval): LatencyComparison[number]['verdict'] {
  if (a.high !== undefined && b.low !== undefined && a.high < b.low) return 'a is faster';
  if (b.high !== undefined && a.low !== undefined && b.high < a.low) return 'b is faster';
  return 'no difference shown';
}
