import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MODEL_KINDS, type ModelKind, VoiceError } from '@sotto/pipeline';

/** What Sotto remembers between runs. */
export type UserConfig = {
  /** The answer to the one offer of public models. */
  readonly modelOffer?: 'accepted' | 'declined';
  /** Names of installed models that take the place of the starter models. */
  readonly models?: { readonly [Kind in ModelKind]?: string };
};

/** Reads the file; one that is absent is empty, and unknown fields are ignored. */
export async function readUserConfig(path: string): Promise<UserConfig> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new VoiceError('VOICE_ERR_INVALID_OPTION', `${path} is not valid JSON; correct or remove it`, { cause });
  }
  const { modelOffer, models } = (parsed ?? {}) as { modelOffer?: unknown; models?: Record<string, unknown> };
  const chosen = MODEL_KINDS.flatMap((kind) => (typeof models?.[kind] === 'string' ? [[kind, models[kind]]] : []));
  return {
    ...((modelOffer === 'accepted' || modelOffer === 'declined') && { modelOffer }),
    ...(chosen.length > 0 && { models: Object.fromEntries(chosen) as NonNullable<UserConfig['models']> }),
  };
}

export async function writeUserConfig(path: string, config: UserConfig): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.part`, `${JSON.stringify(config, undefined, 2)}\n`);
  await rename(`${path}.part`, path);
}
