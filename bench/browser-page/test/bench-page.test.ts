import { readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundledModel, defaultInstructions } from '@sotto/server';
import { errorRate, scoreUtterance, sumErrors } from '@sotto/pipeline/metrics';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
// @ts-expect-error a plain script without types, shared with `npm test`
import { findChromium } from '../../../scripts/find-chromium.mjs';
import { PageRig } from '../../../packages/web-client/test/page-rig.ts';
import { buildBenchPage, type BuiltBenchPage } from '../../src/browser/build-bench-page.ts';
import { BenchPageServer } from '../../src/browser/bench-page-server.ts';
import type { BrowserBenchOptions, BrowserBenchReport, BrowserResult } from '../../src/browser/browser-result.ts';
import { openHeadless } from '../../src/browser/headless-chromium.ts';
import { offeredModels } from '../../src/browser/offered-models.ts';
import { readFixtureIndex } from '../../src/corpus/fixture-index.ts';
import type { CorpusUtterance } from '../../src/corpus/utterance.ts';
import type { Percentiles } from '../../src/latency/score-latency.ts';
import { describeMachine, makeResult } from '../../src/result/describe-run.ts';

const fixtures = fileURLToPath(new URL('../../../audio-fixtures/', import.meta.url));
const axe = readFileSync(createRequire(new URL('../../../packages/web-client/package.json', import.meta.url)).resolve('axe-core/axe.min.js'), 'utf8');

type Violation = { readonly id: string; readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[] };

let page: BuiltBenchPage;
let utterances: CorpusUtterance[];
beforeAll(async () => {
  page = await buildBenchPage();
  const questions = (await readFixtureIndex(fixtures)).filter(({ split }) => split === 'clean').slice(0, 3);
  // What is said in the second is told wrong, so that there are errors to count.
  utterances = questions.map((utterance, index) => (index === 1 ? { ...utterance, transcript: 'nobody has ever said this here' } : utterance));
});
afterAll(() => page?.[Symbol.asyncDispose]());

type ServedBench = AsyncDisposable & { readonly url: string; readonly reports: readonly BrowserBenchReport[]; next<T extends BrowserBenchReport['type']>(type: T, reportCount?: number): Promise<Extract<BrowserBenchReport, { type: T }>> };

/** `next` looks at the reports after the first `reportCount` and rejects when the page failed among them. */
async function serve(counts: Partial<BrowserBenchOptions>, startsAtOnce: boolean, served: readonly CorpusUtterance[] = utterances): Promise<ServedBench> {
  const reports: BrowserBenchReport[] = [];
  const waiting: (() => void)[] = [];
  const { body: _body, models: _models, ...envelope } = makeResult('browser', ['browser'], {}, describeMachine(), undefined);
  const server = await BenchPageServer.start({
    page,
    models: await offeredModels({}, page.assetsFolder),
    utterances: served,
    setup: {
      envelope,
      corpus: 'three questions',
      instructions: await defaultInstructions(await bundledModel('llm')),
      normalizer: 'whisper-2022',
      options: { backends: ['wasm'], utteranceCount: 3, gpuUtteranceCount: 1, turnCount: 1, threadCount: 1, ...counts },
      startsAtOnce,
    },
    onReport: (report) => {
      reports.push(report);
      for (const wake of waiting.splice(0)) wake();
    },
  });
  return {
    url: server.url,
    reports,
    async next(type, reportCount = 0) {
      for (;;) {
        const found = reports.slice(reportCount).find((report) => report.type === type || report.type === 'failed');
        if (found?.type === 'failed') throw new Error(`${found.code}: ${found.message}`);
        if (found !== undefined) return found as never;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function violations(rig: PageRig): Promise<readonly unknown[]> {
  await rig.page.evaluate(axe);
  const found = await rig.page.evaluate<{ violations: Violation[] }>('axe.run()');
  return found.violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`) }));
}

function expectComplete(result: BrowserResult): void {
  const { body, models, machine, versions } = result;
  expect(result).toMatchObject({ schemaVersion: 1, kind: 'browser', command: 'npx sotto bench browser' });
  expect(machine.coreCount).toBeGreaterThan(0);
  expect(versions['browser']).toMatch(/\d+\.\d+/);
  const [run] = body.runs;
  for (const kind of ['vad', 'stt', 'llm', 'tts'] as const) {
    for (const digest of Object.values(models[kind]?.sha256 ?? { missing: '' })) expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(run?.models[kind]).toMatchObject({ id: models[kind]?.id, device: 'wasm', truthTest: 'unneeded' });
    expect(run?.models[kind].readyMs).toBeGreaterThan(0);
  }
  const { turns, ...stages } = run!.latency!;
  expect(turns).toMatchObject({ turnCount: 1, unansweredCount: 0 });
  for (const { p50, p95 } of [...Object.values<Percentiles>(stages), turns.voiceToVoiceMs, turns.withoutEndpointingMs]) {
    expect(p50.estimate).toBeGreaterThan(0);
    expect(p95.estimate).toBeGreaterThanOrEqual(p50.estimate);
  }
  expect(body.browser).toMatchObject({ crossOriginIsolated: true, offOriginRequestCount: 0, tabWasHidden: false });
}

describe('the bench page', () => {
  test('measures three questions when somebody presses Run again after Cancel, and scores them as Node does', async () => {
    await using bench = await serve({}, false);
    await using rig = await PageRig.open({ url: bench.url });
    expect(await violations(rig)).toEqual([]);
    await rig.page.click('#run');
    await rig.page.click('#cancel');
    await bench.next('cancelled');
    await rig.until('!document.querySelector("#run").disabled');
    expect(await rig.text('state')).toBe('Cancelled. Nothing was kept.');

    await rig.page.click('#run');
    const { result } = await bench.next('result');
    expectComplete(result);

    const { recognition } = result.body.runs[0]!;
    expect(recognition.utterances.map(({ id, reference }) => ({ id, reference }))).toEqual(utterances.map(({ id, transcript }) => ({ id, reference: transcript })));
    const scores = recognition.utterances.map(({ hypothesis }, index) => scoreUtterance(utterances[index]!.transcript, hypothesis, 'whisper-2022'));
    const words = sumErrors(scores.map((score) => score.words));
    expect(recognition.words).toEqual(words);
    expect(recognition.wordErrorRate.estimate).toBe(errorRate(words));
    expect(recognition.wordErrorRate.estimate).toBeGreaterThan(0);
    expect(recognition.characterErrorRate).toBe(errorRate(sumErrors(scores.map((score) => score.characters))));

    await rig.until('!document.querySelector("#result").hidden && !document.querySelector("#run").disabled');
    const downloaded = await rig.page.evaluate<BrowserResult>('fetch(document.querySelector("a.download").href).then((response) => response.json())');
    expect(downloaded).toEqual(result);
    for (const [colorScheme, width] of [['light', 1280], ['dark', 390]] as const) {
      await rig.page.setViewportSize({ width, height: 844 });
      await rig.page.emulateMedia({ colorScheme });
      expect(await violations(rig)).toEqual([]);
      expect(await rig.page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    }
    expect(rig.errors).toEqual([]);
    expect(rig.offOrigin).toEqual([]);
  });

  test('measures a folder of one\'s own, which no server has', async () => {
    const folder = join(await mkdtemp(join(tmpdir(), 'sotto-own-')), 'my recordings');
    await mkdir(join(folder, 'ann'), { recursive: true });
    await copyFile(utterances[0]!.audioPath, join(folder, 'ann', '1.wav'));
    await writeFile(join(folder, 'ann', '1.txt'), `${utterances[0]!.transcript}\n`);
    await copyFile(utterances[1]!.audioPath, join(folder, 'without text.wav'));
    await using bench = await serve({ turnCount: 0 }, false, []);
    await using rig = await PageRig.open({ url: bench.url });
    await rig.page.click('#run');
    await expect(bench.next('result')).rejects.toThrow(/VOICE_ERR_INVALID_OPTION: There are no recordings/);

    await rig.page.setInputFiles('#folder', folder);
    await rig.until('document.querySelector("#corpus").textContent === "my recordings: 1 recordings"');
    await rig.page.click('#run');
    const { result } = await bench.next('result', 1);
    expect(result.body.corpus).toBe('my recordings');
    const [heard] = result.body.runs[0]!.recognition.utterances;
    expect(heard).toMatchObject({ id: 'my recordings/ann/1.wav', speaker: 'ann', reference: utterances[0]!.transcript });
    expect(heard?.hypothesis).not.toBe('');
    expect(rig.offOrigin).toEqual([]);
  });

  test('begins by itself in a browser without a window', async () => {
    await using bench = await serve({ utteranceCount: 1, turnCount: 0 }, true);
    await using _browser = await openHeadless(bench.url, { executablePath: findChromium() as string, webgpuAdapter: undefined, onGone: (error) => expect.unreachable(error.message) });
    const { result } = await bench.next('result');
    expect(result.body.runs[0]).not.toHaveProperty('latency');
    expect(result.body.runs[0]?.recognition.utteranceCount).toBe(1);
    expect(bench.reports[0]).toEqual({ type: 'progress', backend: 'wasm', doneCount: 0, totalCount: 1 });
  });
});
