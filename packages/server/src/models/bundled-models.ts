import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ModelError, type ModelFile, type ModelKind, type ModelManifest } from '@sotto/pipeline';
import { listFiles } from './describe-folder.ts';
import type { LocatedModel } from './model-folder.ts';

/** `starter-models/` stands beside `packages/` in the repository. */
const starterModels = fileURLToPath(new URL('../../../../starter-models/', import.meta.url));
/** Bytes and digests of the committed weights, with paths relative to `starter-models/`. */
const WEIGHTS_MANIFEST = 'manifest.json';

/** Silero v6 as published in the npm package of vad-web; the lockfile pins the package and this digest the file. */
export const SILERO_MANIFEST: ModelManifest = {
  schemaVersion: 1,
  id: 'silero-v6',
  title: 'Silero VAD v6',
  kind: 'vad',
  driver: 'silero',
  languages: ['mul'],
  licence: { name: 'MIT', url: 'https://github.com/snakers4/silero-vad/blob/master/LICENSE' },
  parameters: { total: 309_633, active: 309_633 },
  source: { type: 'bundled', from: '@ricky0123/vad-web 0.0.31' },
  files: [{ path: 'silero_vad_v6.onnx', bytes: 2_327_524, sha256: '1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3' }],
};

type StarterKind = Exclude<ModelKind, 'vad'>;

const STARTER_TITLES: Readonly<Record<StarterKind, string>> = { stt: 'Sotto starter recogniser', llm: 'Sotto starter chat model', tts: 'Sotto starter voice' };
const STARTER_DRIVERS = { stt: 'moonshine', llm: 'llama', tts: 'kokoro' } as const;
/** The model's own files, among which lies the recipe that trained it. */
const STARTER_FILES: Readonly<Record<StarterKind, RegExp>> = {
  stt: /^(onnx\/\w+\.onnx|(config|generation_config|preprocessor_config|tokenizer|tokenizer_config|special_tokens_map)\.json)$/,
  llm: /^[\w.-]+\.gguf$|^kiosk\.txt$/,
  tts: /^(onnx\/\w+\.onnx|voices\/\w+\.bin|(config|tokenizer|tokenizer_config)\.json)$/,
};

/** The model of each kind that works without any download. */
export function bundledModel(kind: ModelKind): Promise<LocatedModel> {
  return kind === 'vad' ? sileroFromPackage() : starterModel(kind);
}

function sileroFromPackage(): Promise<LocatedModel> {
  const packageEntry = createRequire(import.meta.url).resolve('@ricky0123/vad-web');
  return Promise.resolve({ directory: dirname(packageEntry), manifest: SILERO_MANIFEST });
}

type Weights = { readonly path: string; readonly bytes: number; readonly sha256: string; readonly parameters: number };

async function starterModel(kind: StarterKind): Promise<LocatedModel> {
  const directory = join(starterModels, kind);
  const weights = await readWeights();
  const files = (await listFiles(directory))
    .filter(({ path }) => STARTER_FILES[kind].test(path))
    .map((file): ModelFile => {
      const known = weights.find(({ path }) => path === `${kind}/${file.path}`);
      return known ? { path: file.path, bytes: known.bytes, sha256: known.sha256 } : file;
    });
  if (files.length === 0) throw new ModelError('VOICE_ERR_MODEL_NOT_FOUND', `${directory} holds no ${STARTER_TITLES[kind]}; is this a whole copy of the repository?`, { stage: 'models' });
  const parameterCount = weights.filter(({ path }) => path.startsWith(`${kind}/`) && !/_quantized|voices\//.test(path)).reduce((sum, { parameters }) => sum + parameters, 0);
  return {
    directory,
    manifest: {
      schemaVersion: 1,
      id: `starter-${kind}`,
      title: STARTER_TITLES[kind],
      kind,
      driver: STARTER_DRIVERS[kind],
      languages: ['en'],
      licence: { name: 'MIT', url: 'LICENSE' },
      parameters: { total: parameterCount, active: parameterCount },
      source: { type: 'bundled', from: `starter-models/${kind}` },
      files,
    },
  };
}

async function readWeights(): Promise<readonly Weights[]> {
  const text = await readFile(join(starterModels, WEIGHTS_MANIFEST), 'utf8').catch(() => '{"files":[]}');
  return (JSON.parse(text) as { files: Weights[] }).files;
}
