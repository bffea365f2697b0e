import type { ModelKind } from '@sotto/pipeline';

/** Raised when a field changes meaning; readers refuse what they do not know. */
export const RESULT_SCHEMA_VERSION = 1;

/** What every result says about itself, so that nobody has to trust it. */
export type BenchResult<Kind extends string, Body> = {
  readonly schemaVersion: typeof RESULT_SCHEMA_VERSION;
  readonly kind: Kind;
  readonly measuredAt: string;
  /** The command line that measures it again. */
  readonly command: string;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly models: { readonly [K in ModelKind]?: ModelFingerprint };
  readonly body: Body;
};

export type Machine = {
  readonly processor: string;
  readonly coreCount: number;
  readonly memoryBytes: number;
  readonly platform: string;
  /** Load average over one minute when the measurement began: above the core count, times are not to be trusted. */
  readonly loadAverage: number;
};

export type ModelFingerprint = {
  readonly id: string;
  readonly dtype: string;
  /** SHA-256 of each file that was loaded, by name. */
  readonly sha256: Readonly<Record<string, string>>;
};
