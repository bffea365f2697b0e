import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';

/** Writes a result as JSON, and its Markdown beside it; neither is ever half-written. */
export async function writeResult(path: string, result: unknown, markdown: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeWhole(path, `${JSON.stringify(result, null, 1)}\n`);
  await writeWhole(`${path.slice(0, -extname(path).length)}.md`, markdown);
}

/** Under another name first, so that nobody ever reads half of it. */
export async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.part`, text);
  await rename(`${path}.part`, path);
}
