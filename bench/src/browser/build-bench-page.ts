import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Sources of the page; beside `src/` and `dist/` alike. */
const pageFolder = fileURLToPath(new URL('../../browser-page/', import.meta.url));
const clientFolder = fileURLToPath(new URL('../../../packages/web-client/', import.meta.url));

/** A busy machine is slow to build; that is no news to whoever measures on it. */
const QUIET = { bundlerTimings: false };

export type BuiltBenchPage = AsyncDisposable & {
  /** `bench.html` with all that it loads but models and runtimes. */
  readonly folder: string;
  /** What engines in the tab load: `models/`, `ort/`, `wllama/`, as the demo page has them. */
  readonly assetsFolder: string;
};

/** Builds the demo page, whose models and runtimes this page loads, where it is out of date; `tell` hears when that begins. */
export async function refreshAssets(tell: (line: string) => void): Promise<void> {
  const { buildPageIfNeeded } = (await import(new URL('../../../scripts/bootstrap.mjs', import.meta.url).href)) as { buildPageIfNeeded(tell: (line: string) => void): void };
  buildPageIfNeeded(tell);
}

/** Bundles the page into a folder that goes with the returned value. */
export async function buildBenchPage(): Promise<BuiltBenchPage> {
  const { build } = await import('vite');
  const folder = await mkdtemp(join(tmpdir(), 'sotto-bench-page-'));
  const dispose = () => rm(folder, { recursive: true, force: true });
  try {
    await build({
      configFile: join(clientFolder, 'demo', 'vite.config.js'),
      root: pageFolder,
      logLevel: 'silent',
      build: { outDir: folder, emptyOutDir: true, rolldownOptions: { input: join(pageFolder, 'bench.html'), checks: QUIET } },
      worker: { rolldownOptions: { checks: QUIET } },
    });
  } catch (thrown) {
    await dispose();
    throw thrown;
  }
  return { folder, assetsFolder: join(clientFolder, 'dist-page', 'sotto'), [Symbol.asyncDispose]: dispose };
}
