import { MODEL_KINDS, type ModelManifest } from '@sotto/pipeline';
import type { TextNormalizerProfile } from '@sotto/pipeline/metrics';
import { loadInTabEngines, type LoadProgress } from '@sotto/web-client';
import type { BrowserBackend, BrowserRun } from '../src/browser/browser-result.ts';
import { type MeasuredUtterance, scoreBrowserRun } from '../src/browser/score-browser-run.ts';
import type { BenchResult } from '../src/result/bench-result.ts';
import { fingerprintOf } from '../src/result/model-fingerprint.ts';
import { LoadLog } from './load-log.ts';
import { answerRecording, hearRecording } from './measure-recording.ts';
import type { Recording } from './recording.ts';
import { TimeLeft } from './time-left.ts';

/** A GPU is measured even where a conversation would rather go on in WASM than wait for it. */
const GPU_LIMIT_MS = 240_000;

export type MeasureOptions = {
  readonly backend: BrowserBackend;
  readonly assetsUrl: string;
  readonly recordings: readonly Recording[];
  /** So many of the recordings, from the first, are asked and answered as well. */
  readonly turnCount: number;
  readonly threadCount: number;
  readonly instructions: string;
  readonly normalizer: TextNormalizerProfile;
  readonly signal: AbortSignal;
  readonly onLoading: (progress: LoadProgress) => void;
  readonly onProgress: (progress: MeasureProgress) => void;
};

export type MeasureProgress = { readonly backend: BrowserBackend; readonly doneCount: number; readonly totalCount: number; readonly leftMs: number | undefined };

/** Loads the models on one backend, measures them recording by recording, and lets go of them. */
export async function measureBackend(options: MeasureOptions): Promise<{ readonly run: BrowserRun; readonly models: BenchResult<'browser', unknown>['models'] }> {
  const { backend, assetsUrl, threadCount, signal } = options;
  const log = await LoadLog.start(assetsUrl, signal);
  await using engines = await loadInTabEngines({
    assetsUrl,
    devices: { stt: backend, tts: backend },
    gpuLimitMs: GPU_LIMIT_MS,
    threadCount,
    signal,
    onEvent: (event) => {
      log.take(event);
      if (event.type === 'loading') options.onLoading(event.progress);
    },
  });
  log.loaded(engines, backend);
  const measured = await measureAll(engines, options);
  const run = scoreBrowserRun({ backend, threadCount: globalThis.crossOriginIsolated ? threadCount : 1, models: log.models(engines) }, measured, options.normalizer);
  return { run, models: fingerprints(engines.manifests) };
}

async function measureAll(engines: Parameters<typeof hearRecording>[1], { backend, recordings, turnCount, instructions, signal, onProgress }: MeasureOptions): Promise<readonly MeasuredUtterance[]> {
  const measured: MeasuredUtterance[] = [];
  const timeLeft = new TimeLeft();
  const tell = () => {
    const doneCount = measured.length;
    const leftMs = timeLeft.leftMs({ recognised: recordings.length - doneCount, answered: Math.max(0, Math.min(turnCount, recordings.length) - doneCount) });
    onProgress({ backend, doneCount, totalCount: recordings.length, leftMs });
  };
  const measure = async (recording: Recording, isAnswered: boolean): Promise<MeasuredUtterance> => {
    const startMs = performance.now();
    const { heard, samples } = await hearRecording(recording, engines, signal);
    const heardMs = performance.now();
    timeLeft.note('recognised', heardMs - startMs);
    if (!isAnswered) return heard;
    const answered = await answerRecording(recording.transcript, samples, engines, instructions, signal);
    timeLeft.note('answered', performance.now() - heardMs);
    return { ...heard, answered };
  };
  tell();
  // Compiling, first allocations and reading the instructions belong to no figure.
  const [first] = recordings;
  if (first !== undefined) await measure(first, turnCount > 0);
  for (const [index, recording] of recordings.entries()) {
    signal.throwIfAborted();
    measured.push(await measure(recording, index < turnCount));
    tell();
  }
  return measured;
}

function fingerprints(manifests: Readonly<Record<(typeof MODEL_KINDS)[number], ModelManifest>>) {
  return Object.fromEntries(MODEL_KINDS.map((kind) => [kind, fingerprintOf(manifests[kind])]));
}
