import { MODEL_KINDS } from '@sotto/pipeline';
import type { Percentiles } from '../latency/score-latency.ts';
import { percent, percentInterval } from '../result/format-figures.ts';
import type { BrowserBackend, BrowserBody, BrowserFacts, BrowserLatency, BrowserRun, LoadedModel } from './browser-result.ts';

/** A table of a result, for Markdown and for the page alike. */
export type FigureTable = { readonly title: string; readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] };

const BACKEND_NAMES: Readonly<Record<BrowserBackend, string>> = { wasm: 'WASM', webgpu: 'WebGPU' };

export function backendName(backend: BrowserBackend): string {
  return BACKEND_NAMES[backend];
}

export function browserTables({ runs, browser }: BrowserBody): readonly FigureTable[] {
  const timed = runs.filter(({ latency }) => latency !== undefined);
  return [
    recognitionTable(runs),
    ...(timed.length === 0 ? [] : [latencyTable(timed)]),
    ...runs.map(modelTable),
    { title: 'Browser', header: ['what', 'as the tab sees it'], rows: browserRows(browser) },
  ];
}

function recognitionTable(runs: readonly BrowserRun[]): FigureTable {
  const row = (name: string, cell: (run: BrowserRun) => string) => [name, ...runs.map(cell)];
  return {
    title: 'Recognition',
    header: ['figure', ...runs.map(({ backend }) => `asked for ${backendName(backend)}`)],
    rows: [
      row('recogniser computed on', ({ models }) => backendName(models.stt.device)),
      row('word error rate (95 %)', ({ recognition }) => percentInterval(recognition.wordErrorRate)),
      row('character error rate', ({ recognition }) => percent(recognition.characterErrorRate)),
      row('substituted / deleted / inserted', ({ recognition: { words } }) => `${words.substitutions} / ${words.deletions} / ${words.insertions} of ${words.referenceCount} words`),
      row('recordings', ({ recognition }) => `${recognition.utteranceCount}, ${(recognition.audioMs / 1000).toFixed(0)} s, ${recognition.speakerCount} speakers`),
      row('real-time factor', ({ recognition }) => recognition.realTimeFactor.toFixed(4)),
      row('threads of one inference', ({ threadCount }) => String(threadCount)),
    ],
  };
}

const LATENCY_ROWS: readonly (readonly [string, (latency: BrowserLatency) => Percentiles])[] = [
  ['voice activity, a frame', (latency) => latency.voiceActivityMs],
  ['transcribing a whole question', (latency) => latency.transcribingMs],
  ['first token', (latency) => latency.firstTokenMs],
  ['first clause', (latency) => latency.firstClauseMs],
  ['speech of the first clause', (latency) => latency.synthesizingMs],
  ['voice to voice without endpointing', (latency) => latency.turns.withoutEndpointingMs],
  ['of it: transcribing', (latency) => latency.turns.stages.transcribing],
  ['of it: thinking', (latency) => latency.turns.stages.thinking],
  ['of it: speaking', (latency) => latency.turns.stages.speaking],
  ['of it: playout', (latency) => latency.turns.stages.playout],
  ['of it: unattributed', (latency) => latency.turns.unattributedMs],
  ['endpointing', (latency) => latency.turns.stages.endpointing],
  ['voice to voice', (latency) => latency.turns.voiceToVoiceMs],
];

function latencyTable(runs: readonly BrowserRun[]): FigureTable {
  const turns = ({ turnCount, unansweredCount, cutOffCount }: BrowserLatency['turns']) => `${turnCount - cutOffCount - unansweredCount} of ${turnCount} answered, ${cutOffCount} cut off`;
  return {
    title: 'Latency in milliseconds',
    header: ['stage', ...runs.flatMap(({ backend }) => [`${backendName(backend)} median`, `${backendName(backend)} p95`])],
    rows: [
      ...LATENCY_ROWS.map(([name, pick]) => [name, ...runs.flatMap(({ latency }) => (latency === undefined ? ['–', '–'] : [milliseconds(pick(latency), 'p50'), milliseconds(pick(latency), 'p95')]))]),
      ['turns', ...runs.flatMap(({ latency }) => [latency === undefined ? '–' : turns(latency.turns), ''])],
    ],
  };
}

function milliseconds(values: Percentiles, name: 'p50' | 'p95'): string {
  // What no value was measured of arrives as null, which is what JSON makes of NaN.
  const { estimate, low, high } = values[name] as { estimate: number | null; low?: number; high?: number };
  if (estimate === null || Number.isNaN(estimate)) return '–';
  const digitCount = estimate < 20 ? 1 : 0;
  const bound = (value: number | undefined) => value?.toFixed(digitCount) ?? '–';
  return `${bound(estimate)}${low === undefined && high === undefined ? '' : ` [${bound(low)}, ${bound(high)}]`}`;
}

const TRUTH: Readonly<Record<LoadedModel['truthTest'], string>> = { passed: 'answers as in WASM', failed: 'failed', 'not-reached': 'not reached', unneeded: 'not needed' };

function modelTable({ backend, models }: BrowserRun): FigureTable {
  return {
    title: `Models, ${backendName(backend)} asked for`,
    header: ['stage', 'model', 'computed on', 'truth test', 'ready after', 'files'],
    rows: MODEL_KINDS.map((kind) => {
      const { id, device, fallbackReason, truthTest, readyMs, wasCached } = models[kind];
      const where = fallbackReason === undefined ? backendName(device) : `${backendName(device)}: ${fallbackReason}`;
      return [kind, id, where, TRUTH[truthTest], `${Math.round(readyMs)} ms`, wasCached ? 'from this browser' : 'fetched'];
    }),
  };
}

function browserRows({ name, crossOriginIsolated, logicalCoreCount, adapter, offOriginRequestCount, tabWasHidden }: BrowserFacts): readonly (readonly string[])[] {
  const parts = adapter === undefined ? [] : [adapter.vendor, adapter.architecture, adapter.device, adapter.description].filter((part) => part !== '');
  return [
    ['browser', name],
    ['isolated from other origins', crossOriginIsolated ? 'yes, so WASM may use threads' : 'no, so WASM has one thread'],
    ['logical cores', String(logicalCoreCount)],
    ['WebGPU adapter', adapter === undefined ? 'none' : `${parts.join(', ') || 'unnamed'}${adapter.isSoftware ? ' (software)' : ''}`],
    ['requests that left the origin', String(offOriginRequestCount)],
    ...(tabWasHidden ? [['attention', 'the tab was hidden meanwhile: its times mean nothing']] : []),
  ];
}
