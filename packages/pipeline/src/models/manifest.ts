import { ModelError } from '../errors.ts';
import type { ModelDtype } from './onnx-session.ts';

export const MODEL_KINDS = ['vad', 'stt', 'llm', 'tts'] as const;
export type ModelKind = (typeof MODEL_KINDS)[number];

/** What reads a model's files. */
export const MODEL_DRIVERS = ['silero', 'moonshine', 'whisper', 'kokoro', 'llama'] as const;
export type ModelDriver = (typeof MODEL_DRIVERS)[number];

/**
 * What a model is, where it comes from, what may be done with it, and what its files must be.
 * Written by hand for the catalogue, and next to the files of an installed model as `manifest.json`.
 */
export type ModelManifest = {
  readonly schemaVersion: 1;
  /** Name on the command line and of the folder: lower case, digits, dots and dashes. */
  readonly id: string;
  readonly title: string;
  readonly kind: ModelKind;
  readonly driver: ModelDriver;
  /** BCP 47 primary tags; `mul` for a model that knows a hundred. */
  readonly languages: readonly string[];
  readonly licence: ModelLicence;
  /** Parameters in all, and those that take part in one token or step (fewer only for mixtures of experts). */
  readonly parameters: { readonly total: number; readonly active: number };
  readonly source: ModelSource;
  readonly files: readonly ModelFile[];
  /** Precision of the graphs, where the files' names depend on it. */
  readonly dtype?: ModelDtype | { readonly encoder: ModelDtype; readonly decoder: ModelDtype };
};

export type ModelLicence = {
  /** SPDX identifier where there is one. */
  readonly name: string;
  readonly url: string;
  /** What a user must know before pulling: a threshold, an attribution, a use policy. */
  readonly note?: string;
};

export type ModelSource =
  /** A repository on a model hub; `revision` is a commit, or a branch whose commit is recorded on the first pull. */
  | { readonly type: 'hub'; readonly repository: string; readonly revision: string }
  /** Files that came with this project, or with an npm package pinned by its lockfile. */
  | { readonly type: 'bundled'; readonly from: string };

export type ModelFile = {
  /** Relative, with forward slashes. */
  readonly path: string;
  /** Absent until the first pull recorded it. */
  readonly bytes?: number;
  /** Lower-case hex. Absent until the first pull recorded it. */
  readonly sha256?: string;
};

const ID = /^[a-z0-9][a-z0-9.-]{0,63}$/;
const SAFE_SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,127}$/;
const SHA256 = /^[0-9a-f]{64}$/;
const LANGUAGE = /^[a-z]{2,3}$/;
const REPOSITORY = /^[A-Za-z0-9][A-Za-z0-9._-]*\/[A-Za-z0-9][A-Za-z0-9._-]*$/;
const REVISION = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const DTYPES: readonly ModelDtype[] = ['fp32', 'fp16', 'int8', 'uint8', 'q8', 'q4', 'q4f16', 'bnb4'];
const MAX_FILE_COUNT = 500;

/** A relative path that cannot leave its folder on any system. */
export function isSafeModelPath(path: string): boolean {
  return path.length <= 256 && path.split('/').every((segment) => SAFE_SEGMENT.test(segment) && !segment.endsWith('.'));
}

/**
 * Checks a manifest that came from outside.
 * @param origin named in error messages, for example the file's path.
 * @throws {ModelError} VOICE_ERR_MODEL_FORMAT naming the field, what it is and what was expected.
 */
export function parseModelManifest(value: unknown, origin: string): ModelManifest {
  const reader = new FieldReader(origin);
  const manifest = reader.object(value, 'the manifest');
  if (manifest['schemaVersion'] !== 1) throw reader.wrong('schemaVersion', manifest['schemaVersion'], '1');
  const licence = reader.object(manifest['licence'], 'licence');
  const parameters = reader.object(manifest['parameters'], 'parameters');
  const note = licence['note'];
  const files = reader.array(manifest['files'], 'files', MAX_FILE_COUNT).map((file, index) => parseFile(reader, file, `files[${index}]`));
  const twin = files.find((file, index) => files.findIndex((other) => other.path.toLowerCase() === file.path.toLowerCase()) < index);
  if (twin) throw reader.wrong('files', twin.path, 'no path twice, also not in another case');
  const dtype = manifest['dtype'];
  return {
    schemaVersion: 1,
    id: reader.text(manifest['id'], 'id', ID),
    title: reader.text(manifest['title'], 'title'),
    kind: reader.oneOf(manifest['kind'], 'kind', MODEL_KINDS),
    driver: reader.oneOf(manifest['driver'], 'driver', MODEL_DRIVERS),
    languages: reader.array(manifest['languages'], 'languages', 200).map((language) => reader.text(language, 'languages', LANGUAGE)),
    licence: { name: reader.text(licence['name'], 'licence.name'), url: reader.text(licence['url'], 'licence.url', /^https:\/\/|^[A-Za-z0-9._/-]+$/), ...(note !== undefined && { note: reader.text(note, 'licence.note') }) },
    parameters: { total: reader.count(parameters['total'], 'parameters.total'), active: reader.count(parameters['active'], 'parameters.active') },
    source: parseSource(reader, manifest['source']),
    files,
    ...(dtype !== undefined && { dtype: parseDtype(reader, dtype) }),
  };
}

function parseFile(reader: FieldReader, value: unknown, field: string): ModelFile {
  const file = reader.object(value, field);
  const path = reader.text(file['path'], `${field}.path`);
  if (!isSafeModelPath(path)) throw reader.wrong(`${field}.path`, path, 'a relative path without "..", hidden or unusual names');
  return {
    path,
    ...(file['bytes'] !== undefined && { bytes: reader.count(file['bytes'], `${field}.bytes`) }),
    ...(file['sha256'] !== undefined && { sha256: reader.text(file['sha256'], `${field}.sha256`, SHA256) }),
  };
}

function parseSource(reader: FieldReader, value: unknown): ModelSource {
  const source = reader.object(value, 'source');
  const type = reader.oneOf(source['type'], 'source.type', ['hub', 'bundled'] as const);
  if (type === 'bundled') return { type, from: reader.text(source['from'], 'source.from') };
  return { type, repository: reader.text(source['repository'], 'source.repository', REPOSITORY), revision: reader.text(source['revision'], 'source.revision', REVISION) };
}

function parseDtype(reader: FieldReader, value: unknown): NonNullable<ModelManifest['dtype']> {
  if (typeof value === 'string') return reader.oneOf(value, 'dtype', DTYPES);
  const dtype = reader.object(value, 'dtype');
  return { encoder: reader.oneOf(dtype['encoder'], 'dtype.encoder', DTYPES), decoder: reader.oneOf(dtype['decoder'], 'dtype.decoder', DTYPES) };
}

/** Reads fields of unknown JSON, with one wording for everything that is wrong. */
class FieldReader {
  readonly #origin: string;

  constructor(origin: string) {
    this.#origin = origin;
  }

  wrong(field: string, got: unknown, expected: string): ModelError {
    const shown = got === undefined ? 'nothing' : (JSON.stringify(got) ?? typeof got).slice(0, 80);
    return new ModelError('VOICE_ERR_MODEL_FORMAT', `${this.#origin} has ${shown} as ${field}; expected ${expected}`, { stage: 'models' });
  }

  object(value: unknown, field: string): Record<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.wrong(field, value, 'an object');
    return value as Record<string, unknown>;
  }

  array(value: unknown, field: string, maxCount: number): readonly unknown[] {
    if (!Array.isArray(value) || value.length === 0 || value.length > maxCount) throw this.wrong(field, Array.isArray(value) ? value.length : value, `an array of 1 to ${maxCount}`);
    return value;
  }

  text(value: unknown, field: string, pattern: RegExp = /^[^\x00-\x1f]{1,500}$/): string {
    if (typeof value !== 'string' || !pattern.test(value)) throw this.wrong(field, value, `a text like ${pattern.source}`);
    return value;
  }

  count(value: unknown, field: string): number {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw this.wrong(field, value, 'a whole number');
    return value;
  }

  oneOf<T extends string>(value: unknown, field: string, choices: readonly T[]): T {
    if (!choices.includes(value as T)) throw this.wrong(field, value, `one of ${choices.join(', ')}`);
    return value as T;
  }
}

/** Bytes of all files, or undefined when one of them is not known yet. */
export function totalBytes(manifest: ModelManifest): number | undefined {
  return manifest.files.reduce<number | undefined>((sum, file) => (sum === undefined || file.bytes === undefined ? undefined : sum + file.bytes), 0);
}
