import { ModelError } from '../errors.ts';

/**
 * Read access to one model's folder. Drivers take their files from here and never touch a
 * file system or the network; whoever implements it has already checked the digests.
 * Names are relative with forward slashes (`onnx/encoder_model.onnx`).
 */
export interface ModelFiles {
  has(name: string): Promise<boolean>;
  /**
   * The whole file; the caller owns the bytes.
   * @throws {ModelError} VOICE_ERR_MODEL_NOT_FOUND
   */
  read(name: string): Promise<Uint8Array>;
  /** Names of the files directly inside `folder`, without the folder. Empty when there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
}

/**
 * Reads a JSON object.
 * @throws {ModelError} VOICE_ERR_MODEL_FORMAT when the file is not a JSON object.
 */
export async function readJson(files: ModelFiles, name: string): Promise<Record<string, unknown>> {
  const bytes = await files.read(name);
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ModelError('VOICE_ERR_MODEL_FORMAT', `${name} is not valid JSON; pull or import the model again`, { stage: 'models', cause });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new ModelError('VOICE_ERR_MODEL_FORMAT', `${name} holds ${Array.isArray(parsed) ? 'an array' : typeof parsed}; expected a JSON object`, { stage: 'models' });
  }
  return parsed as Record<string, unknown>;
}

/** Like {@link readJson}, but an absent file is an empty object. */
export async function readOptionalJson(files: ModelFiles, name: string): Promise<Record<string, unknown>> {
  return (await files.has(name)) ? readJson(files, name) : {};
}

/** The integer at `key`, or a typed error that says which file lacks it. */
export function requireInteger(config: Record<string, unknown>, key: string, fileName: string): number {
  const value = config[key];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new ModelError('VOICE_ERR_MODEL_FORMAT', `${fileName} has ${key} = ${JSON.stringify(value)}; expected an integer`, { stage: 'models' });
}

/** Holds files in memory: for tests and for pages that fetched a model by themselves. */
export function inMemoryModelFiles(entries: Readonly<Record<string, Uint8Array>>): ModelFiles {
  return {
    has: (name) => Promise.resolve(Object.hasOwn(entries, name)),
    read(name) {
      const bytes = Object.hasOwn(entries, name) ? entries[name] : undefined;
      if (bytes) return Promise.resolve(bytes.slice());
      return Promise.reject(new ModelError('VOICE_ERR_MODEL_NOT_FOUND', `The model has no file ${name}`, { stage: 'models' }));
    },
    list(folder) {
      const prefix = `${folder}/`;
      const names = Object.keys(entries).filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
      return Promise.resolve(names.filter((name) => !name.includes('/')));
    },
  };
}
