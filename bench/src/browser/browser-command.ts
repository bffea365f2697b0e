import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { BackendError, ConfigError, type ErrorCode, VoiceError } from '@sotto/pipeline';
import { TEXT_NORMALIZER_PROFILES, type TextNormalizerProfile } from '@sotto/pipeline/metrics';
import { addModelOptions, bundledModel, type ConsoleIo, defaultInstructions, type ModelChoice, modelsFromOptions } from '@sotto/server';
import type { Command } from 'commander';
import { openCorpus } from '../corpus/open-corpus.ts';
import type { CorpusUtterance } from '../corpus/utterance.ts';
import { describeMachine, makeResult } from '../result/describe-run.ts';
import { MeasuringProgress } from '../result/measuring-progress.ts';
import { writeResult } from '../result/write-result.ts';
import { BenchPageServer } from './bench-page-server.ts';
import { backendName } from './browser-figures.ts';
import { formatBrowser } from './browser-report.ts';
import { BROWSER_BACKENDS, type BrowserBackend, type BrowserBenchOptions, type BrowserBenchReport, type BrowserBenchSetup, type BrowserResult } from './browser-result.ts';
import { buildBenchPage, refreshAssets } from './build-bench-page.ts';
import { openHeadless } from './headless-chromium.ts';
import { offeredModels } from './offered-models.ts';

type BrowserOptions = ModelChoice & {
  readonly data: string;
  readonly split?: string;
  readonly backend: BrowserBackend | 'both';
  readonly utterances?: string;
  readonly gpuUtterances?: string;
  readonly turns: string;
  readonly threads?: string;
  readonly normalizer: TextNormalizerProfile;
  readonly chromium?: string;
  readonly webgpuAdapter?: string;
  readonly open?: true;
  readonly out?: string;
  readonly json?: true;
};

export function registerBrowser(bench: Command, io: ConsoleIo, args: readonly string[]): void {
  const command = bench
    .command('browser')
    .description('error rate and stage latencies of the models in a browser tab, on WASM and on WebGPU')
    .option('--data <path>', 'LibriSpeech folder, .jsonl manifest, folder of audio with .txt files, or audio-fixtures', 'audio-fixtures')
    .option('--split <name>', 'only this part of the data, such as clean; the first part by default')
    .option('--backend <backend>', 'where recogniser and voice compute: wasm, webgpu, or both one after the other', 'wasm')
    .option('--utterances <count>', 'only the first so many recordings')
    .option('--gpu-utterances <count>', 'still fewer on WebGPU, for software adapters')
    .option('--turns <count>', 'of these, so many are answered aloud in real time as well', '20')
    .option('--threads <count>', 'threads of one inference (default: half the cores)')
    .option('--normalizer <profile>', TEXT_NORMALIZER_PROFILES.join(', '), 'whisper-2022')
    .option('--chromium <path>', 'Chrome or Chromium to run without a window (default: the one on the PATH, or SOTTO_CHROMIUM)')
    .option('--webgpu-adapter <name>', 'swiftshader computes WebGPU in software: slow, the same everywhere')
    .option('--open', 'show the page in your own browser and wait until you have pressed Run there')
    .option('--out <file.json>', 'write the result as JSON, and as Markdown beside it')
    .option('--json', 'print the result as JSON');
  addModelOptions(command, ['vad', 'stt', 'llm', 'tts']).action((options: BrowserOptions) => measureInBrowser(options, io, args));
}

async function measureInBrowser(options: BrowserOptions, io: ConsoleIo, args: readonly string[]): Promise<void> {
  const backends = backendsOf(options.backend);
  if (!TEXT_NORMALIZER_PROFILES.includes(options.normalizer)) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `--normalizer is ${options.normalizer}; expected ${TEXT_NORMALIZER_PROFILES.join(' or ')}`);
  const machine = describeMachine();
  const utterances = oneSplit((await openCorpus(options.data)).utterances, options.split);
  const counts = countsOf(options, backends, utterances.length);
  const chosen = await modelsFromOptions(options, io);
  const executablePath = options.open ? undefined : (options.chromium ?? (await findChromium(io.env)));
  await refreshAssets((line) => io.note(line));
  io.note('Building the bench page');
  await using page = await buildBenchPage();
  io.signal.throwIfAborted();
  const models = await offeredModels(chosen, page.assetsFolder);
  const { body: _body, models: _models, ...envelope } = makeResult('browser', args, {}, machine, undefined);
  const setup: Omit<BrowserBenchSetup, 'utterances'> = {
    envelope: { ...envelope, versions: await runtimeVersions() },
    corpus: options.data,
    instructions: await defaultInstructions(chosen.llm ?? (await bundledModel('llm'))),
    normalizer: options.normalizer,
    options: counts,
    startsAtOnce: executablePath !== undefined,
  };
  const collector = new ReportCollector(io);
  await using server = await BenchPageServer.start({ page, models, utterances, setup, onReport: (report) => collector.take(report) });
  await using _browser = executablePath === undefined ? askToOpen(server.url, options.open === true, io) : await openHeadless(server.url, { executablePath, webgpuAdapter: options.webgpuAdapter, onGone: (error) => collector.fail(error) });
  const result = await collector.result;
  if (options.out !== undefined) await writeResult(options.out, result, formatBrowser(result));
  io.out(options.json ? JSON.stringify(result) : formatBrowser(result));
}

/** Follows what the page tells until it tells the result. */
class ReportCollector {
  readonly result: Promise<BrowserResult>;
  readonly #io: ConsoleIo;
  #settle!: { readonly resolve: (result: BrowserResult) => void; readonly reject: (reason: unknown) => void };
  #progress: { readonly backend: BrowserBackend; readonly shown: MeasuringProgress } | undefined;

  constructor(io: ConsoleIo) {
    this.#io = io;
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Somebody may press Ctrl-C while the browser is still being opened.
    this.result.catch(() => {});
    io.signal.addEventListener('abort', () => this.fail(io.signal.reason), { once: true });
    if (io.signal.aborted) this.fail(io.signal.reason);
  }

  fail(reason: unknown): void {
    this.#settle.reject(reason);
  }

  take(report: BrowserBenchReport): void {
    switch (report.type) {
      case 'progress': {
        const { backend, doneCount, totalCount } = report;
        if (this.#progress?.backend !== backend) this.#progress = { backend, shown: new MeasuringProgress(this.#io, `Measuring on ${backendName(backend)}`, totalCount) };
        return this.#progress.shown.update(doneCount);
      }
      case 'result':
        return this.#settle.resolve(report.result);
      case 'failed':
        return this.fail(errorOf(report.code as ErrorCode, report.message));
      case 'cancelled':
        return this.#io.note('Cancelled in the page, which can be run again; Ctrl-C ends the command');
    }
  }
}

function errorOf(code: ErrorCode, message: string): VoiceError {
  return code === 'VOICE_ERR_BACKEND_UNAVAILABLE' ? new BackendError(code, message) : new VoiceError(code, message);
}

function backendsOf(backend: string): readonly BrowserBackend[] {
  if (backend === 'both') return BROWSER_BACKENDS;
  const found = BROWSER_BACKENDS.find((known) => known === backend);
  if (found === undefined) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `--backend is ${backend}; expected ${BROWSER_BACKENDS.join(', ')} or both`);
  return [found];
}

function oneSplit(utterances: readonly CorpusUtterance[], split: string | undefined): readonly CorpusUtterance[] {
  const names = [...new Set(utterances.map((utterance) => utterance.split))];
  const wanted = split ?? names[0];
  if (wanted === undefined || !names.includes(wanted)) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `--split is ${split}; expected ${names.join(' or ')}`);
  return utterances.filter((utterance) => utterance.split === wanted);
}

function countsOf({ utterances, gpuUtterances, turns, threads }: BrowserOptions, backends: readonly BrowserBackend[], availableCount: number): BrowserBenchOptions {
  const count = (name: string, text: string | undefined, byDefault: number, min: number): number => {
    const value = text === undefined ? byDefault : Number(text);
    if (!Number.isSafeInteger(value) || value < min) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `${name} is ${text}; expected a whole number from ${min}`);
    return value;
  };
  const utteranceCount = Math.min(availableCount, count('--utterances', utterances, availableCount, 1));
  return {
    backends,
    utteranceCount,
    gpuUtteranceCount: Math.min(utteranceCount, count('--gpu-utterances', gpuUtterances, utteranceCount, 1)),
    turnCount: Math.min(utteranceCount, count('--turns', turns, 0, 0)),
    threadCount: count('--threads', threads, Math.max(1, Math.floor(availableParallelism() / 2)), 1),
  };
}

function askToOpen(url: string, opens: boolean, io: ConsoleIo): AsyncDisposable {
  if (opens) openInOwnBrowser(url, io);
  else io.note('No Chrome or Chromium was found; name one with --chromium or SOTTO_CHROMIUM, or use the browser you have.');
  io.note(`Open ${url} on this machine and press Run. Ctrl-C ends the command.`);
  return { [Symbol.asyncDispose]: () => Promise.resolve() };
}

function openInOwnBrowser(url: string, io: ConsoleIo): void {
  const [program, ...args] = process.platform === 'darwin' ? ['open', url] : process.platform === 'win32' ? ['cmd', '/c', 'start', '', url] : ['xdg-open', url];
  const child = spawn(program, args, { stdio: 'ignore', detached: true });
  child.on('error', () => io.note('The browser could not be opened from here.'));
  child.unref();
}

async function findChromium(env: ConsoleIo['env']): Promise<string | undefined> {
  const { findChromium: find } = (await import(new URL('../../../scripts/find-chromium.mjs', import.meta.url).href)) as { findChromium(env: ConsoleIo['env']): string | undefined };
  return find(env);
}

/** What computes in the tab, in the exact versions that the client is pinned to. */
async function runtimeVersions(): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(new URL('../../../packages/web-client/package.json', import.meta.url), 'utf8');
  const { dependencies } = JSON.parse(text) as { dependencies: Record<string, string> };
  return Object.fromEntries(['onnxruntime-web', '@wllama/wllama', 'kokoro-js'].flatMap((name) => (dependencies[name] === undefined ? [] : [[name, dependencies[name]]])));
}
