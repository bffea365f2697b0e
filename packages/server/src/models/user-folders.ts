import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/** Where models are kept: SOTTO_MODELS, else by the XDG base directory specification. */
export function modelsFolder(env: Env): string {
  if (env['SOTTO_MODELS']) return resolve(env['SOTTO_MODELS']);
  return join(xdg(env, 'XDG_DATA_HOME', '.local/share'), 'sotto', 'models');
}

/** Where answers and choices are remembered. */
export function configFile(env: Env): string {
  return join(xdg(env, 'XDG_CONFIG_HOME', '.config'), 'sotto', 'config.json');
}

/** Where work that can be done again is kept. */
export function userCacheFolder(env: Env): string {
  return join(xdg(env, 'XDG_CACHE_HOME', '.cache'), 'sotto');
}

function xdg(env: Env, variable: string, fallback: string): string {
  const value = env[variable];
  // The specification has relative paths ignored.
  return value?.startsWith('/') ? value : join(env['HOME'] ?? homedir(), fallback);
}
