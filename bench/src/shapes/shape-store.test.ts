import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { MoonshineShape } from './model-shape.ts';
import { writeShape } from './shape-store.ts';

/** Large enough for a dozen blocks. */
const SHAPE: MoonshineShape = { architecture: 'moonshine', width: 256, feedForwardWidth: 512, layerCount: 1, headCount: 4, vocabularySize: 8192, rotaryWidth: 32 };

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'shape-store-'));
});
afterEach(() => rm(root, { recursive: true }));

function consoleOf(signal: AbortSignal, onNote: () => void = () => {}) {
  return { out: () => {}, note: onNote, rewriteNote: () => {}, isTerminal: false, ask: () => Promise.resolve(undefined), env: {}, signal };
}
const quiet = consoleOf(new AbortController().signal);

it('a model is written once, and is the same wherever it is written', async () => {
  const first = await writeShape(root, 'one', SHAPE, quiet);
  const marker = await stat(join(first.directory, 'written.json'));
  expect(await writeShape(root, 'one', SHAPE, quiet)).toEqual(first);
  expect((await stat(join(first.directory, 'written.json'))).mtimeMs).toBe(marker.mtimeMs);
  expect((await writeShape(root, 'two', SHAPE, quiet)).sha256).toEqual(first.sha256);
});

it('another shape of the same name is written anew', async () => {
  const first = await writeShape(root, 'one', SHAPE, quiet);
  const wider = await writeShape(root, 'one', { ...SHAPE, feedForwardWidth: 1024 }, quiet);
  expect(wider.bytes).toBeGreaterThan(first.bytes);
  expect(await readdir(root)).toEqual(['one']);
});

it('an interrupted writing leaves nothing, and the next one starts afresh', async () => {
  const controller = new AbortController();
  let noteCount = 0;
  const interrupted = consoleOf(controller.signal, () => {
    if (++noteCount === 2) controller.abort(new Error('Ctrl-C'));
  });
  await expect(writeShape(root, 'one', SHAPE, interrupted)).rejects.toThrow('Ctrl-C');
  expect(noteCount).toBe(2);
  expect(await readdir(root)).toEqual([]);
  await writeShape(root, 'one', SHAPE, quiet);
  expect(await readdir(root)).toEqual(['one']);
});

it('what a killed process left is cleared away; what a living one writes is not', async () => {
  const noProcess = 2 ** 22 + 1;
  await mkdir(join(root, `one.part-${noProcess}`), { recursive: true });
  await mkdir(join(root, `one.part-${process.ppid}`));
  await writeShape(root, 'one', SHAPE, quiet);
  expect((await readdir(root)).sort()).toEqual(['one', `one.part-${process.ppid}`]);
});
