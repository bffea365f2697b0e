import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelKind, ModelManifest } from '@sotto/pipeline';
import { describeModelFolder } from './describe-folder.ts';
import type { LocatedModel } from './model-folder.ts';

/** `starter-models/` stands beside `packages/` in the repository. */
const starterModels = fileURLToPath(new URL('../../../../starter-models/', import.meta.url));

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

/** The model of each kind that works without any download. */
export function bundledModel(kind: ModelKind): Promise<LocatedModel> {
  if (kind !== 'vad') return describeModelFolder(join(starterModels, kind));
  const packageEntry = createRequire(import.meta.url).resolve('@ricky0123/vad-web');
  return Promise.resolve({ directory: dirname(packageEntry), manifest: SILERO_MANIFEST });
}
