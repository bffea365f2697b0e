import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { isSafeModelPath, ModelError, type ModelDriver, type ModelFile, type ModelKind, type ModelManifest, parseModelManifest } from '@sotto/pipeline';
import type { LocatedModel } from './model-folder.ts';

export const MANIFEST_FILE_NAME = 'manifest.json';

/**
 * Tells what model a folder holds: by its manifest, or, for a folder that has none, by its files. A folder
 * without a manifest has no digests to check, so only its form is checked when it is read.
 * @throws {ModelError} VOICE_ERR_MODEL_NOT_FOUND, VOICE_ERR_MODEL_FORMAT
 */
export async function describeModelFolder(folder: string): Promise<LocatedModel> {
  const directory = resolve(folder);
  const stats = await stat(directory).catch(() => undefined);
  if (stats?.isFile() && directory.endsWith('.gguf')) return describeGguf(directory, stats.size);
  if (!stats?.isDirectory()) throw new ModelError('VOICE_ERR_MODEL_NOT_FOUND', `${folder} is no folder; give the folder of a model or the name of an installed one (sotto models list)`, { stage: 'models' });
  const manifestPath = join(directory, MANIFEST_FILE_NAME);
  const manifestText = await readFile(manifestPath, 'utf8').catch(() => undefined);
  if (manifestText !== undefined) return { directory, manifest: parseModelManifest(parseJson(manifestText, manifestPath), manifestPath) };
  const files = await listFiles(directory);
  const driver = await guessDriver(directory, files);
  return { directory, manifest: undocumented(basename(directory), driver, files) };
}

function describeGguf(path: string, bytes: number): LocatedModel {
  const name = basename(path);
  return { directory: resolve(path, '..'), manifest: undocumented(name.slice(0, -'.gguf'.length), 'llama', [{ path: name, bytes }]) };
}

/** Files below a folder that could belong to a model, with their lengths; links and hidden files are left out. */
export async function listFiles(directory: string): Promise<ModelFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'));
  const safe = paths.filter((path) => isSafeModelPath(path) && path !== MANIFEST_FILE_NAME).sort();
  return Promise.all(safe.map(async (path) => ({ path, bytes: (await stat(join(directory, path))).size })));
}

const DRIVER_OF_MODEL_TYPE: Readonly<Record<string, ModelDriver>> = { moonshine: 'moonshine', whisper: 'whisper', style_text_to_speech_2: 'kokoro' };
const KIND_OF_DRIVER: Readonly<Record<ModelDriver, ModelKind>> = { silero: 'vad', moonshine: 'stt', whisper: 'stt', kokoro: 'tts', llama: 'llm' };

async function guessDriver(directory: string, files: readonly ModelFile[]): Promise<ModelDriver> {
  if (files.some(({ path }) => path === 'config.json')) {
    const configPath = join(directory, 'config.json');
    const config = parseJson(await readFile(configPath, 'utf8'), configPath) as { model_type?: string } | null;
    const driver = DRIVER_OF_MODEL_TYPE[config?.model_type ?? ''];
    if (driver) return driver;
  }
  if (files.some(({ path }) => path.endsWith('.gguf'))) return 'llama';
  if (files.some(({ path }) => /silero.*\.onnx$/.test(path))) return 'silero';
  throw new ModelError('VOICE_ERR_MODEL_NOT_FOUND', `${directory} holds no model that Sotto reads: expected a config.json of Moonshine, Whisper or Kokoro, a .gguf file, or Silero's .onnx`, { stage: 'models' });
}

function undocumented(name: string, driver: ModelDriver, files: readonly ModelFile[]): ModelManifest {
  return {
    schemaVersion: 1,
    id: name.toLowerCase().replace(/[^a-z0-9.-]+/g, '-').replace(/^[^a-z0-9]+/, '').slice(0, 64) || driver,
    title: name,
    kind: KIND_OF_DRIVER[driver],
    driver,
    languages: ['en'],
    licence: { name: 'unknown', url: 'unknown' },
    parameters: { total: 0, active: 0 },
    source: { type: 'bundled', from: 'a folder without a manifest' },
    files,
  };
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ModelError('VOICE_ERR_MODEL_FORMAT', `${path} is not valid JSON; pull or import the model again`, { stage: 'models', cause });
  }
}
