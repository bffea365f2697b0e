// What `npm start` and `npm test` share: a machine with Node and npm becomes one with everything
// installed and built. Both steps are skipped by a stamp, so that a warm start costs milliseconds.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const OLDEST_NODE = [20, 19];
const PNPM = 'pnpm@10.34.8';
const installStamp = join(root, 'node_modules', '.sotto-installed');
const buildStamp = join(root, 'node_modules', '.sotto-built');
const pageStamp = join(root, 'node_modules', '.sotto-page-built');

/** The one sentence for a Node that is too old, or undefined. */
export function nodeVersionComplaint(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  const isOldEnough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  return isOldEnough ? undefined : `Sotto needs Node ${OLDEST_NODE.join('.')} or newer, and this is Node ${version}: install a newer one from https://nodejs.org`;
}

/** Installs and builds what is missing; throws an error of one sentence when a step fails. */
export function bootstrap() {
  const complaint = nodeVersionComplaint();
  if (complaint) throw new Error(complaint);
  installIfNeeded();
  buildIfNeeded();
}

function installIfNeeded() {
  const wanted = hashOf(['pnpm-lock.yaml', 'pnpm-workspace.yaml', '.pnpmfile.cjs', ...packageDirs().map((dir) => join(dir, 'package.json'))], readFileSync);
  if (stampIs(installStamp, wanted)) return;
  console.log('Installing dependencies');
  run('npx', ['--yes', PNPM, 'install', '--frozen-lockfile'], 'Installing dependencies failed: check that the npm registry can be reached, then run the command again', {
    ONNXRUNTIME_NODE_INSTALL: 'skip',
    NODE_LLAMA_CPP_SKIP_DOWNLOAD: 'true',
    CI: 'true',
  });
  writeStamp(installStamp, wanted);
}

function buildIfNeeded() {
  const dirs = packageDirs();
  const sources = ['tsconfig.base.json', 'tsconfig.json', ...dirs.flatMap((dir) => [join(dir, 'tsconfig.json'), ...filesBelow(join(dir, 'src'))])];
  const wanted = hashOf(sources, fileIdentity);
  const isComplete = dirs.every((dir) => existsSync(join(root, dir, 'dist', '.tsbuildinfo')));
  if (isComplete && stampIs(buildStamp, wanted)) return;
  console.log('Building');
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'], 'The build failed; the messages above say where');
  writeStamp(buildStamp, wanted);
}

/** Builds the page that the server shows, where it is not newer than everything it is made of; `tell` hears when it begins. */
export function buildPageIfNeeded(tell = console.log) {
  const client = join('packages', 'web-client');
  const script = join(root, client, 'scripts', 'build-page.mjs');
  if (!existsSync(script)) return;
  const made = [join(client, 'dist'), join(client, 'demo'), join(client, 'scripts'), join('packages', 'pipeline', 'dist')].flatMap(filesBelow);
  const models = filesBelow('starter-models').filter((path) => /\.(onnx|gguf|bin|json|txt)$/.test(path));
  const wanted = hashOf([...made, ...models], fileIdentity);
  if (existsSync(join(root, client, 'dist-page', 'index.html')) && stampIs(pageStamp, wanted)) return;
  tell('Building the page');
  run(process.execPath, [script], 'The page could not be built; the messages above say where', {}, ['ignore', 'ignore', 'inherit']);
  writeStamp(pageStamp, wanted);
}

/** Folders of the workspace's packages, relative to the root. */
function packageDirs() {
  return [...readdirSync(join(root, 'packages')).map((name) => join('packages', name)), 'bench'].filter((dir) => existsSync(join(root, dir, 'package.json')));
}

function filesBelow(dir) {
  const entries = readdirSync(join(root, dir), { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? filesBelow(join(dir, entry.name)) : [join(dir, entry.name)])).filter((path) => !path.endsWith('.test.ts'));
}

/** Time and size tell whether a source changed; reading hundreds of files would cost what the stamp is there to save. */
function fileIdentity(path) {
  const { mtimeMs, size } = statSync(path);
  return `${mtimeMs}:${size}`;
}

function hashOf(paths, contentOf) {
  const hash = createHash('sha256');
  for (const path of paths.sort()) hash.update(`${path}\0`).update(contentOf(join(root, path)));
  return hash.digest('hex');
}

function stampIs(path, wanted) {
  return existsSync(path) && readFileSync(path, 'utf8') === wanted;
}

function writeStamp(path, value) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, value);
}

/** Runs a command in the root, with its output shown unless `stdio` says otherwise. */
function run(command, args, complaint, extraEnv = {}, stdio = 'inherit') {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio, env: { ...process.env, ...extraEnv }, shell: process.platform === 'win32' && command === 'npx' });
  if (error || status !== 0) throw new Error(error ? `${complaint} (${error.message})` : complaint);
}
