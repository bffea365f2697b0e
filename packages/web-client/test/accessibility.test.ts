import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PageRig } from './page-rig.ts';
import { SottoServer } from './sotto-server.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let server: SottoServer;
beforeAll(async () => {
  server = await SottoServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

type Violation = { readonly id: string; readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[] };

test.each([
  ['light', 1280, 800, ''],
  ['dark', 390, 844, ''],
  ['dark', 3840, 2160, '?kiosk'],
] as const)('axe finds nothing to complain of (%s, %i×%i %s)', async (colorScheme, width, height, query) => {
  await using rig = await PageRig.open({ url: `${server.url}/${query}` });
  await rig.page.setViewportSize({ width, height });
  await rig.page.emulateMedia({ colorScheme });
  await rig.ready();
  await rig.type('When does the museum open?').catch(() => undefined);
  if (query === '') await rig.nextEvent('reply-end');
  await rig.page.evaluate(axe);
  const { violations } = await rig.page.evaluate<{ violations: Violation[] }>('axe.run()');
  expect(violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`) }))).toEqual([]);
});

test('everything can be reached and worked by keyboard', async () => {
  await using rig = await PageRig.open({ url: server.url });
  await rig.ready();
  const reached = new Set<string>();
  for (let i = 0; i < 20; i++) {
    await rig.page.keyboard.press('Tab');
    reached.add(await rig.page.evaluate<string>('document.activeElement.id || document.activeElement.name || document.activeElement.tagName'));
  }
  for (const id of ['engine', 'talk', 'typed-text', 'facts']) expect(reached).toContain(id);
});
