// onnxruntime-node carries the binaries of five platforms (288 MB); this removes the four that
// this machine cannot run. Runs after every install; a second run finds nothing to do.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const store = fileURLToPath(new URL('../node_modules/.pnpm', import.meta.url));

/** Deletes `bin/<abi>/<platform>/<arch>` folders other than this machine's; never the last one left. */
export function pruneOnnxRuntime(packageDir, platform = process.platform, arch = process.arch) {
  const removed = [];
  const binDir = join(packageDir, 'bin');
  if (!existsSync(binDir)) return removed;
  for (const abi of readdirSync(binDir)) {
    const abiDir = join(binDir, abi);
    if (!existsSync(join(abiDir, platform, arch))) continue;
    for (const otherPlatform of readdirSync(abiDir)) {
      for (const otherArch of readdirSync(join(abiDir, otherPlatform))) {
        if (otherPlatform === platform && otherArch === arch) continue;
        const dir = join(abiDir, otherPlatform, otherArch);
        rmSync(dir, { recursive: true, force: true });
        removed.push(dir);
      }
    }
  }
  return removed;
}

if (process.argv[1] === fileURLToPath(import.meta.url) && existsSync(store)) {
  for (const name of readdirSync(store)) {
    if (name.startsWith('onnxruntime-node@')) pruneOnnxRuntime(join(store, name, 'node_modules', 'onnxruntime-node'));
  }
}
