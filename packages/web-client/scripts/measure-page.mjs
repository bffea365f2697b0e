// Measures the page in the tab: time to ready with a warm cache, main-thread tasks during turns, memory over many turns.
//   node packages/web-client/scripts/measure-page.mjs [--turns N] [--opens N]
import { ask, READY, until, withServedPage } from './served-page.mjs';

const option = (name, fallback) => (process.argv.includes(name) ? Number(process.argv[process.argv.indexOf(name) + 1]) : fallback);
const turnCount = option('--turns', 50);
const openCount = option('--opens', 5);
const QUESTIONS = ['When does the museum open?', 'Where is the toilet?', 'How much is the coffee?', 'When does the castle close?', 'Where is the lift?'];
const LONG_TASK_OBSERVER = `globalThis.longTasks = []; new PerformanceObserver((list) => globalThis.longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' })`;

await withServedPage(async (browser, url) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  await until(page, READY);
  const readyMs = [];
  for (let i = 0; i < openCount; i++) {
    await page.reload();
    await until(page, READY);
    readyMs.push(Math.round(await page.evaluate('performance.now()')));
  }
  await page.evaluate(LONG_TASK_OBSERVER);
  await page.evaluate(`sotto.page.session.startListening()`);
  const devTools = await context.newCDPSession(page);
  const heapBytes = async () => {
    await devTools.send('HeapProfiler.collectGarbage');
    return (await devTools.send('Runtime.getHeapUsage')).usedSize;
  };
  const heapAfter = {};
  for (let turn = 1; turn <= turnCount; turn++) {
    await ask(page, QUESTIONS[turn % QUESTIONS.length]);
    if (turn === 5 || turn === turnCount) heapAfter[turn] = await heapBytes();
  }
  const longTasksMs = (await page.evaluate('globalThis.longTasks')).map(Math.round).sort((a, b) => b - a);
  console.log(JSON.stringify({ readyMs: { median: median(readyMs), all: readyMs }, turnCount, tasksOver50Ms: longTasksMs, heapBytesAfterTurns: heapAfter }, undefined, 1));
}, { args: ['--js-flags=--expose-gc'] });

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
