import { createRequire } from 'node:module';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import type { ModelKind } from '@sotto/pipeline';
import type { LocatedModel } from '@sotto/server';
import { type BenchResult, type Machine, type ModelFingerprint, RESULT_SCHEMA_VERSION } from './bench-result.ts';
import { fingerprintOf } from './model-fingerprint.ts';

/** Packages whose version decides what a figure means. */
const PACKAGES = ['onnxruntime-node', 'node-llama-cpp'] as const;

/** Puts a measurement into its envelope. */
export function makeResult<Kind extends string, Body>(kind: Kind, args: readonly string[], models: { readonly [K in ModelKind]?: LocatedModel | undefined }, machine: Machine, body: Body): BenchResult<Kind, Body> {
  return {
    schemaVersion: RESULT_SCHEMA_VERSION,
    kind,
    measuredAt: new Date().toISOString(),
    command: `npx sotto bench ${args.map(quote).join(' ')}`,
    machine,
    versions: { node: process.version, ...Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])) },
    models: fingerprints(models),
    body,
  };
}

/** Read before measuring, because the measurement itself raises the load. */
export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    coreCount: cpus().length,
    memoryBytes: totalmem(),
    platform: `${platform()} ${release()} ${arch()}`,
    loadAverage: loadavg()[0] ?? 0,
  };
}

function fingerprints(models: { readonly [K in ModelKind]?: LocatedModel | undefined }): { readonly [K in ModelKind]?: ModelFingerprint } {
  const described = Object.entries(models).flatMap(([kind, model]) => (model === undefined ? [] : [[kind, fingerprintOf(model.manifest)] as const]));
  return Object.fromEntries(described);
}

function versionOf(name: string): string {
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('@sotto/server'));
    return (require(`${name}/package.json`) as { version: string }).version;
  } catch {
    return 'unknown';
  }
}

function quote(arg: string): string {
  return /^[\w./:=@-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`;
}
