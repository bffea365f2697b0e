// Prints what a plain install weighs, and fails when it outgrows its limit or holds a second ONNX Runtime.
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The promise of the README, in bytes. */
export const INSTALL_LIMIT_BYTES = 700e6;

const nodeModules = fileURLToPath(new URL('../node_modules', import.meta.url));

/** Bytes of all files below `dir`, a hard link counted once, links not followed. */
export function installedBytes(dir, seen = new Set()) {
  let total = 0;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isSymbolicLink()) continue;
    if (entry.isDirectory()) {
      total += installedBytes(path, seen);
      continue;
    }
    const { dev, ino, size } = lstatSync(path);
    const identity = `${dev}:${ino}`;
    if (!seen.has(identity)) total += size;
    seen.add(identity);
  }
  return total;
}

/** Versions of a package in the virtual store. */
export function installedVersions(packageName, dir = nodeModules) {
  const prefix = `${packageName.replace('/', '+')}@`;
  return readdirSync(join(dir, '.pnpm'))
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
}

export function installReport() {
  const bytes = installedBytes(nodeModules);
  const runtimes = { 'onnxruntime-node': installedVersions('onnxruntime-node'), 'onnxruntime-web': installedVersions('onnxruntime-web') };
  const ok = bytes <= INSTALL_LIMIT_BYTES && Object.values(runtimes).every((versions) => versions.length === 1);
  return { bytes, runtimes, ok };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { bytes, runtimes, ok } = installReport();
  console.log(`node_modules: ${(bytes / 1e6).toFixed(0)} MB (limit ${INSTALL_LIMIT_BYTES / 1e6} MB)`);
  for (const [name, versions] of Object.entries(runtimes)) console.log(`${name}: ${versions.join(', ') || 'missing'}`);
  process.exitCode = ok ? 0 : 1;
}
