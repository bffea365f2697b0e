import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packageDir = fileURLToPath(new URL('..', import.meta.url));

/** Vitest's global set-up: builds the page once before the browser tests, unless it is newer than everything it is made of. */
export default function buildPage(): void {
  const built = join(packageDir, 'dist-page', 'page-files.json');
  const sources = ['dist', 'demo', 'scripts', '../pipeline/dist', '../../starter-models/stt/onnx', '../../starter-models/llm', '../../starter-models/tts/onnx'];
  const newestMs = Math.max(...sources.map((folder) => newestChangeMs(join(packageDir, folder))));
  if (existsSync(built) && statSync(built).mtimeMs > newestMs) return;
  execFileSync(process.execPath, [join(packageDir, 'scripts', 'build-page.mjs')], { stdio: ['ignore', 'ignore', 'inherit'] });
}

function newestChangeMs(folder: string): number {
  if (!existsSync(folder)) return 0;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Math.max(0, ...files.map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs));
}
