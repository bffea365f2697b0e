// Measures the page in the tab: time to ready with a warm cache, voice to voice, main-thread tasks during turns, memory over many turns.
//   node packages/web-client/scripts/measure-page.mjs [--opens N] [--spoken N] [--traced N] [--turns N]
// `wallMs` is what a user feels, and counts the time of whatever else runs on the machine; `cpuMs` is the page's own.
import { mkdtemp, readFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resample } from '../../pipeline/dist/index.js';
import { readAudioFile } from '../../server/dist/audio-files/read-audio-file.js';
import { WavWriter } from '../../server/dist/audio-files/wav-writer.js';
import { mainThreadTasks } from './main-thread-tasks.mjs';
import { ask, READY, until, withServedPage } from './served-page.mjs';

const option = (name, fallback) => (process.argv.includes(name) ? Number(process.argv[process.argv.indexOf(name) + 1]) : fallback);
const openCount = option('--opens', 5);
const spokenCount = option('--spoken', 10);
const tracedCount = option('--traced', 5);
const turnCount = option('--turns', 50);
const EARLY_TURN = 5;
const QUESTIONS = ['When does the museum open?', 'Where is the toilet?', 'How much is the coffee?', 'When does the castle close?', 'Where is the lift?'];
const SPOKEN = ['question-007-clean', 'question-001-clean', 'question-002-clean', 'question-010-clean', 'question-014-clean'];
/** Between two spoken questions: the answer must have been said by then. */
const PAUSE_MS = 9000;
const MICROPHONE_RATE = 48_000;
/** Readings of one state of the memory. */
const READING_COUNT = 5;

const microphone = await writeQuestions();
await withServedPage(measure, { args: [`--use-file-for-fake-audio-capture=${microphone}`] });

async function measure(context, url) {
  const browser = context.browser();
  const page = await context.newPage();
  await page.goto(url);
  await until(page, READY);
  print({ coreCount: availableParallelism(), ready: await measureOpens(await browser.newBrowserCDPSession(), page) });
  print({ voiceToVoiceMs: await measureVoiceToVoice(page) });
  print({ longestTaskOfTurn: await measureTasks(browser, page) });
  print({ memory: await measureMemory(context, page) });
}

/** From the navigation to the moment at which the page can listen. */
async function measureOpens(devTools, page) {
  const wallMs = [];
  const cpuMs = [];
  for (let i = 0; i < openCount; i++) {
    const usedMs = await cpuTimeMs(devTools);
    await page.reload();
    await until(page, READY);
    wallMs.push(await page.evaluate(`performance.getEntriesByName('sotto-ready').at(-1).startTime`));
    cpuMs.push((await cpuTimeMs(devTools)) - usedMs);
  }
  return { wallMs: spread(wallMs), cpuMs: spread(cpuMs) };
}

/** What the browser's processes have used so far, on all cores. */
async function cpuTimeMs(devTools) {
  const { processInfo } = await devTools.send('SystemInfo.getProcessInfo');
  return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0);
}

async function measureVoiceToVoice(page) {
  if (spokenCount === 0) return spread([]);
  await page.evaluate(`globalThis.latenciesMs = []; globalThis.stopLatencies = sotto.page.session.on('latency', ({ waterfall }) => globalThis.latenciesMs.push(waterfall.totalMs))`);
  await page.evaluate('sotto.page.session.startListening()');
  await until(page, `globalThis.latenciesMs.length >= ${spokenCount}`, spokenCount * 40_000);
  await page.evaluate('sotto.page.session.stopListening()');
  await page.evaluate('globalThis.stopLatencies()');
  return spread(await page.evaluate('globalThis.latenciesMs'));
}

/** The longest main-thread task of each of some spoken turns, from one answer's end to the next. */
async function measureTasks(browser, page) {
  if (tracedCount === 0) return {};
  const longest = [];
  await page.evaluate(`globalThis.answerCount = 0; globalThis.stopAnswers = sotto.page.session.on('reply-end', () => globalThis.answerCount++)`);
  await page.evaluate('sotto.page.session.startListening()');
  for (let turn = 1; turn <= tracedCount; turn++) {
    await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline'] });
    await until(page, `globalThis.answerCount >= ${turn}`);
    longest.push(mainThreadTasks(JSON.parse((await browser.stopTracing()).toString()))[0]);
  }
  await page.evaluate('sotto.page.session.stopListening()');
  await page.evaluate('globalThis.stopAnswers()');
  return { wallMs: spread(longest.map(({ wallMs }) => wallMs)), cpuMs: spread(longest.map(({ cpuMs }) => cpuMs)), over50Ms: longest.filter(({ wallMs }) => wallMs > 50) };
}

async function measureMemory(context, page) {
  const devTools = await context.newCDPSession(page);
  const after = {};
  for (let turn = 1; turn <= turnCount; turn++) {
    await ask(page, QUESTIONS[turn % QUESTIONS.length]);
    if (turn === EARLY_TURN || turn === turnCount) after[turn] = await readMemory(devTools, page);
  }
  const [early, late] = [after[EARLY_TURN], after[turnCount]];
  return early === undefined ? after : { after, heapRatio: rounded(late.heapMb.median / early.heapMb.median), totalRatio: rounded(late.totalMb / early.totalMb) };
}

/** The page's own heap after collection, and what the browser counts for the page with its Workers and WASM. */
async function readMemory(devTools, page) {
  const heapMb = [];
  for (let i = 0; i < READING_COUNT; i++) {
    await devTools.send('HeapProfiler.collectGarbage');
    heapMb.push((await devTools.send('Runtime.getHeapUsage')).usedSize / 1e6);
  }
  const { nodes, jsEventListeners } = await devTools.send('Memory.getDOMCounters');
  const totalMb = await page.evaluate('crossOriginIsolated ? performance.measureUserAgentSpecificMemory().then(({ bytes }) => bytes / 1e6) : NaN');
  return { heapMb: spread(heapMb, 2), totalMb: rounded(totalMb, 1), nodes, jsEventListeners };
}

/** Spoken questions with pauses between them, which the browser's microphone plays over and over. */
async function writeQuestions() {
  const path = join(await mkdtemp(join(tmpdir(), 'sotto-measure-')), 'microphone.wav');
  const wav = await WavWriter.create(path, MICROPHONE_RATE);
  const folder = fileURLToPath(new URL('../../../audio-fixtures/', import.meta.url));
  const index = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));
  for (const name of SPOKEN) {
    const { samples, sampleRate } = await readAudioFile(join(folder, (index.fixtures ?? index).find((fixture) => fixture.name === name).file));
    await wav.write(resample(samples, sampleRate, MICROPHONE_RATE));
    await wav.write(new Float32Array((PAUSE_MS * MICROPHONE_RATE) / 1000));
  }
  await wav.finish();
  return path;
}

function spread(values, digits = 0) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
  return { median: rounded(median, digits), min: rounded(sorted[0], digits), max: rounded(sorted.at(-1), digits), count: sorted.length };
}

function rounded(value, digits = 3) {
  return value === undefined ? undefined : Number(value.toFixed(digits));
}

function print(figures) {
  console.log(JSON.stringify(figures));
}
