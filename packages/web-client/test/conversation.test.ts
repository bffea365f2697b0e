import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PageRig } from './page-rig.ts';
import { SottoServer } from './sotto-server.ts';
// @ts-expect-error a plain script without types, shared with the script that measures the page
import { mainThreadTasks } from '../scripts/main-thread-tasks.mjs';

let server: SottoServer;
beforeAll(async () => {
  server = await SottoServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

/** Gives every fact another value than the models were raised on, so that only the page's own text can be the source. */
async function changeFact(rig: PageRig, fact: RegExp, line: string): Promise<void> {
  const facts = await rig.page.inputValue('#facts');
  expect(facts).toMatch(fact);
  await rig.page.fill('#facts', facts.replace(fact, line));
  // The page waits for a pause in typing before it tells the model.
  await rig.page.waitForTimeout(800);
}

describe('in the tab', () => {
  test('a typed question is answered from the facts beside it, and a changed fact changes the answer', async () => {
    await using rig = await PageRig.open({ url: server.url });
    await rig.ready();
    await rig.type('When does the museum close?');
    const first = await rig.nextEvent('reply-end');
    expect(first).toMatchObject({ status: 'completed' });
    expect(first['text']).toMatch(/five/);
    await changeFact(rig, /museum closes: .*/, 'museum closes: seven fifteen');
    await rig.type('When does the museum close?');
    const second = await rig.nextEvent('reply-end', 1);
    expect(second['text']).toMatch(/seven fifteen/);
    expect(await rig.text('captions')).toContain('seven fifteen');
    expect(await rig.text('waterfall')).toMatch(/Median of 2 turns: \d+ ms/);
    expect(rig.offOrigin).toEqual([]);
    expect(await rig.text('requests')).toMatch(/^0 /);
    expect(rig.errors).toEqual([]);
  });

  test('a request that leaves the origin is stopped and counted', async () => {
    await using rig = await PageRig.open({ url: server.url });
    const outcome = await rig.page.evaluate(`fetch('http://example.invalid/planted').then(() => 'answered', () => 'stopped')`);
    expect(outcome).toBe('stopped');
    await rig.until(`document.querySelector('#requests strong').textContent !== '0'`);
    expect(await rig.text('requests')).toMatch(/^1 /);
  });
});

describe('over many turns in the tab', () => {
  const QUESTIONS = ['When does the museum open?', 'Where is the toilet?', 'How much is the coffee?'];

  test('memory stays where it was, and no task of the main thread takes a notable part of a turn', async () => {
    await using rig = await PageRig.open({ url: server.url });
    await rig.ready();
    const devTools = await rig.context.newCDPSession(rig.page);
    const heapBytes = async () => {
      await devTools.send('HeapProfiler.collectGarbage');
      return (await devTools.send('Runtime.getHeapUsage')).usedSize;
    };
    let turnCount = 0;
    const answer = async () => {
      await rig.type(QUESTIONS[turnCount % QUESTIONS.length]!);
      expect(await rig.nextEvent('reply-end', turnCount++)).toMatchObject({ status: 'completed' });
    };
    while (turnCount < 4) await answer();
    const early = await heapBytes();
    while (turnCount < 12) await answer();
    // What this test collects of events is the test's own.
    await rig.page.evaluate(`globalThis.pageEvents = globalThis.pageEvents.filter(({ type }) => type === 'reply-end')`);
    expect((await heapBytes()) / early).toBeLessThan(1.1);

    const browser = rig.context.browser()!;
    await browser.startTracing(rig.page, { categories: ['toplevel', 'devtools.timeline'] });
    const startedMs = performance.now();
    await answer();
    const turnMs = performance.now() - startedMs;
    // Time of its own, so that what else runs on the machine does not count.
    const tasks = mainThreadTasks(JSON.parse((await browser.stopTracing()).toString())) as { cpuMs: number; did: string[] }[];
    expect(tasks.length).toBeGreaterThan(10);
    expect(tasks.filter(({ cpuMs }) => cpuMs > turnMs / 20)).toEqual([]);
  });
});

describe('on the server', () => {
  test('the same page answers after the switch, without a reload', async () => {
    await using rig = await PageRig.open({ url: server.url });
    await rig.ready();
    await rig.page.evaluate('globalThis.notReloaded = true');
    await rig.page.check('input[value=server]', { force: true });
    await rig.ready();
    await rig.type('When does the museum close?');
    const reply = await rig.nextEvent('reply-end');
    expect(reply).toMatchObject({ status: 'completed' });
    expect(reply['text']).toMatch(/five/);
    expect((await rig.events('latency')).length).toBe(1);
    await rig.page.check('input[value=in-tab]', { force: true });
    await rig.ready();
    await rig.type('When does the museum open?');
    expect((await rig.nextEvent('reply-end', 1))['text']).toMatch(/ten/);
    expect(await rig.page.evaluate('globalThis.notReloaded')).toBe(true);
    expect(rig.offOrigin).toEqual([]);
  });
});
