import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { spawnSync } from 'node:child_process';

const COMMAND_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge'];
const MAC_PATHS = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'];

export const CHROMIUM_ADVICE =
  'No Chrome or Chromium was found for the browser tests: install one (Debian: apt-get install chromium) or set SOTTO_CHROMIUM=/path/to/chrome';

/** Path of a Chrome or Chromium on this machine, or undefined. SOTTO_CHROMIUM and CHROME_BIN come before the PATH. */
export function findChromium(env = process.env) {
  const candidates = [env.SOTTO_CHROMIUM, env.CHROME_BIN, ...COMMAND_NAMES, ...(process.platform === 'darwin' ? MAC_PATHS : [])];
  for (const candidate of candidates) {
    const path = candidate && onPath(candidate, env.PATH || '');
    if (path) return path;
  }
  return undefined;
}

/** Installs Debian's Chromium when that is possible without asking anyone; returns its path or undefined. */
export function installChromium() {
  if (typeof process.getuid !== 'function' || process.getuid() !== 0 || !onPath('apt-get', process.env.PATH || '')) return undefined;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  console.log('Installing Chromium for the browser tests (apt-get install chromium)');
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env });
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { stdio: 'inherit', env });
  return findChromium();
}

function onPath(name, pathVariable) {
  const paths = isAbsolute(name) ? [name] : pathVariable.split(delimiter).map((dir) => join(dir, name));
  return paths.find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
