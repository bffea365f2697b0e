import { readFile } from 'node:fs/promises';
import { ConfigError } from '@sotto/pipeline';
import type { LatencyResult } from '../latency/latency-report.ts';
import { RESULT_SCHEMA_VERSION } from '../result/bench-result.ts';
import type { WerResult } from '../wer/wer-report.ts';

export type ComparableResult = WerResult | LatencyResult;

/**
 * Reads a result that was written with `--out`.
 * @throws {ConfigError} VOICE_ERR_INVALID_OPTION when it is no result, of another schema, or of a kind that is not compared.
 */
export async function readResult(path: string): Promise<ComparableResult> {
  const refuse = (what: string) => new ConfigError('VOICE_ERR_INVALID_OPTION', `${path} ${what}`);
  const text = await readFile(path, 'utf8').catch(() => {
    throw refuse('cannot be read; give two files that --out wrote');
  });
  let result: Partial<ComparableResult>;
  try {
    result = JSON.parse(text) as Partial<ComparableResult>;
  } catch {
    throw refuse('is not JSON; give the .json that --out wrote');
  }
  if (result.schemaVersion !== RESULT_SCHEMA_VERSION) throw refuse(`is of schema version ${String(result.schemaVersion)}, expected ${RESULT_SCHEMA_VERSION}; measure it again`);
  if (result.kind !== 'wer' && result.kind !== 'latency') throw refuse(`is of kind ${String((result as { kind?: unknown }).kind)}; only wer and latency are compared`);
  return result as ComparableResult;
}
