import { describe, expect, it } from 'vitest';
import { formatBrowser } from './browser-report.ts';
import type { BrowserBody, BrowserResult, LoadedModel } from './browser-result.ts';
import { scoreBrowserRun } from './score-browser-run.ts';

const onWasm: LoadedModel = { id: 'starter', device: 'wasm', truthTest: 'unneeded', readyMs: 1234.5, wasCached: false };
const utterance = { id: 'a', transcript: 'where is the lift', speaker: 's', split: 'clean' };
const nothingHeard = { waterfall: undefined, cutOffCount: 0 };

function resultWith(body: Partial<BrowserBody>): BrowserResult {
  const result: BrowserResult = {
    schemaVersion: 1,
    kind: 'browser',
    measuredAt: '2026-11-20T15:00:00.000Z',
    command: 'npx sotto bench browser',
    machine: { processor: 'P', coreCount: 2, memoryBytes: 1, platform: 'linux', loadAverage: 1 },
    versions: { browser: 'Chromium 1' },
    models: { stt: { id: 'starter', dtype: 'fp32', sha256: { 'onnx/a.onnx': 'a'.repeat(64) } } },
    body: { corpus: 'c', browser: { name: 'Chromium 1', userAgent: '', crossOriginIsolated: true, logicalCoreCount: 2, adapter: undefined, offOriginRequestCount: 0, tabWasHidden: false }, runs: [], notMeasured: [], ...body },
  };
  // As it comes from the page.
  return JSON.parse(JSON.stringify(result)) as BrowserResult;
}

describe('the report of a run in the tab', () => {
  it('says where a model computed that left the GPU, and why', () => {
    const lost: LoadedModel = { ...onWasm, truthTest: 'failed', fallbackReason: 'the GPU failed its test: it heard "the"' };
    const run = scoreBrowserRun({ backend: 'webgpu', threadCount: 1, models: { vad: onWasm, stt: lost, llm: onWasm, tts: { ...onWasm, device: 'webgpu', truthTest: 'passed' } } }, [{ utterance, hypothesis: 'where is the lift', audioMs: 1000, transcribingMs: 10, frameMs: [1] }], 'whisper-2022');
    const text = formatBrowser(resultWith({ runs: [run] }));
    expect(text).toContain('| stt | starter | WASM: the GPU failed its test: it heard "the" | failed | 1235 ms | fetched |');
    expect(text).toContain('| tts | starter | WebGPU | answers as in WASM |');
    expect(text).toContain('| recogniser computed on | WASM |');
    expect(text).toContain('| word error rate (95 %) | 0.00 %');
  });

  it('shows a dash for a stage that nothing was measured of', () => {
    const answered = { firstTokenMs: 12, firstClauseMs: undefined, synthesizingMs: undefined, turn: nothingHeard };
    const run = scoreBrowserRun({ backend: 'wasm', threadCount: 1, models: { vad: onWasm, stt: onWasm, llm: onWasm, tts: onWasm } }, [{ utterance, hypothesis: 'where', audioMs: 1000, transcribingMs: 10, frameMs: [1], answered }], 'whisper-2022');
    const text = formatBrowser(resultWith({ runs: [run] }));
    expect(text).toContain('| first token | 12.0 | 12.0 |');
    expect(text).toContain('| first clause | – | – |');
    expect(text).toContain('0 of 1 answered, 0 cut off');
    expect(text).not.toMatch(/NaN|null|undefined/);
  });

  it('says that times are too long when the machine was busy', () => {
    const busy = resultWith({});
    expect(formatBrowser(busy)).not.toContain('busy');
    expect(formatBrowser({ ...busy, machine: { ...busy.machine, loadAverage: 2.1 } })).toContain('**The machine was busy with other work:**');
  });

  it('says what could not be measured', () => {
    expect(formatBrowser(resultWith({ notMeasured: [{ backend: 'webgpu', reason: 'this browser offers no WebGPU adapter' }] }))).toContain('**WebGPU could not be measured:** this browser offers no WebGPU adapter.');
  });
});
