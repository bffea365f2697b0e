import { ConfigError, type LlmEngine, ModelError, type ModelKind, type ModelManifest, parseModelManifest, type StageName, type SttEngine, type TtsEngine, type VadEngine, type VoiceEngines } from '@sotto/pipeline';
import { loadModelFiles } from '../models/model-cache.ts';
import type { LoadProgress, VoiceEvent } from '../voice-event.ts';
import { EngineWorker } from './engine-worker.ts';
import { openStt } from './stt-in-worker.ts';
import { recallTruth, rememberTruth } from './truth-store.ts';
import { findFault, hearTruth, speakTruth, type TruthAnswer } from './truth-test.ts';
import { openTts } from './tts-in-worker.ts';
import { openVad } from './vad-in-worker.ts';
import { createWllamaEngine } from './wllama-engine.ts';
import type { InTabDevice, WorkerSetUp } from './worker-set-up.ts';

export type InTabEngineOptions = {
  /** Folder on the page's origin with `models/`, `ort/` and `wllama/`. @defaultValue '/sotto' */
  readonly assetsUrl?: string;
  /** Model ids out of `models/index.json`. @defaultValue the first of each kind there */
  readonly models?: { readonly [Kind in ModelKind]?: string };
  /** Where recogniser and voice compute. @defaultValue 'wasm' for both */
  readonly devices?: { readonly stt?: InTabDevice; readonly tts?: InTabDevice };
  /** A model that has not passed its test on the GPU after this long computes in WASM. @defaultValue 60000 */
  readonly gpuLimitMs?: number;
  /** @defaultValue half the cores, at least 1 */
  readonly threadCount?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent: (event: Extract<VoiceEvent, { type: 'loading' | 'fallback' }>) => void;
};

export type InTabEngines = VoiceEngines &
  AsyncDisposable & {
    readonly manifests: { readonly [Kind in ModelKind]: ModelManifest };
    /** Where recogniser and voice compute now. */
    readonly devices: () => { readonly stt: InTabDevice; readonly tts: InTabDevice };
    /** Moves a model to WASM as if its GPU had been lost. */
    readonly leaveGpu: (stage: 'stt' | 'tts', reason: string) => boolean;
  };

/** The manifests that the page's server offers. */
export async function fetchModelIndex(assetsUrl: string, signal?: AbortSignal): Promise<readonly ModelManifest[]> {
  const url = `${assetsUrl}/models/index.json`;
  const response = await fetch(url, signal === undefined ? {} : { signal });
  if (!response.ok) throw new ModelError('VOICE_ERR_MODEL_NOT_FOUND', `${url} answered ${response.status}; the page was built without its models`, { stage: 'models' });
  const index: unknown = await response.json();
  if (!Array.isArray(index)) throw new ModelError('VOICE_ERR_MODEL_FORMAT', `${url} holds ${typeof index}; expected a list of manifests`, { stage: 'models' });
  return index.map((manifest) => parseModelManifest(manifest, url));
}

/**
 * Loads all four models at the same time, each in a Worker of its own. A model
 * on the GPU is tested against its own answer in WASM before it is trusted.
 */
export async function loadInTabEngines(options: InTabEngineOptions): Promise<InTabEngines> {
  const assetsUrl = options.assetsUrl ?? '/sotto';
  const index = await fetchModelIndex(assetsUrl, options.signal);
  const manifests = { vad: pick(index, 'vad', options), stt: pick(index, 'stt', options), llm: pick(index, 'llm', options), tts: pick(index, 'tts', options) };
  const loader = new EngineLoader(assetsUrl, options);
  const [vad, stt, tts, llm] = await Promise.all([
    loader.loadVad(manifests.vad),
    loader.loadStt(manifests.stt),
    loader.loadTts(manifests.tts),
    loader.loadLlm(manifests.llm),
  ]);
  return {
    vad: vad.engine,
    stt: stt.engine,
    tts: tts.engine,
    llm,
    manifests,
    devices: () => ({ stt: stt.worker.device, tts: tts.worker.device }),
    leaveGpu: (stage, reason) => (stage === 'stt' ? stt : tts).worker.leaveGpu(reason),
    async [Symbol.asyncDispose]() {
      await Promise.all([vad.engine, stt.engine, tts.engine, llm].map((engine) => engine[Symbol.asyncDispose]()));
    },
  };
}

/** Software adapters take half a minute to compile Kokoro's shaders; a GPU that hangs never ends. */
const GPU_LIMIT_MS = 60_000;

type InWorker<E> = { readonly engine: E; readonly worker: EngineWorker };

class EngineLoader {
  readonly #assetsUrl: string;
  readonly #options: InTabEngineOptions;
  readonly #threadCount: number;

  constructor(assetsUrl: string, options: InTabEngineOptions) {
    this.#assetsUrl = assetsUrl;
    this.#options = options;
    this.#threadCount = options.threadCount ?? Math.max(1, Math.floor((globalThis.navigator?.hardwareConcurrency ?? 2) / 2));
  }

  async loadVad(manifest: ModelManifest): Promise<InWorker<VadEngine>> {
    const start = () => new Worker(new URL('./vad-worker.js', import.meta.url), { type: 'module', name: 'sotto-vad' });
    const worker = this.#worker('vad', start, { ...(await this.#setUp(manifest, 'wasm')), threadCount: 1 });
    const engine = await openVad(worker);
    this.#tell(manifest, 'ready');
    return { engine, worker };
  }

  async loadStt(manifest: ModelManifest): Promise<InWorker<SttEngine>> {
    const start = () => new Worker(new URL('./stt-worker.js', import.meta.url), { type: 'module', name: 'sotto-stt' });
    const setUp = await this.#setUp(manifest, this.#options.devices?.stt ?? 'wasm');
    const worker = this.#worker('stt', start, setUp);
    using _limit = this.#limitGpu(worker);
    const engine = await openStt(worker);
    if (worker.device === 'webgpu') {
      const phrase = await this.#truthPhrase();
      await this.#testTruth(manifest, worker, () => hearTruth(engine, phrase), async () => {
        const reference = this.#worker('stt', start, { ...setUp, device: 'wasm' });
        try {
          return await hearTruth(await openStt(reference), phrase);
        } finally {
          reference.dispose();
        }
      });
    }
    this.#tell(manifest, 'ready');
    return { engine, worker };
  }

  async loadTts(manifest: ModelManifest): Promise<InWorker<TtsEngine>> {
    const start = () => new Worker(new URL('./tts-worker.js', import.meta.url), { type: 'module', name: 'sotto-tts' });
    const setUp = await this.#setUp(manifest, this.#options.devices?.tts ?? 'wasm');
    const worker = this.#worker('tts', start, setUp);
    using _limit = this.#limitGpu(worker);
    const engine = await openTts(worker);
    if (worker.device === 'webgpu') {
      await this.#testTruth(manifest, worker, () => speakTruth(engine), async () => {
        const reference = this.#worker('tts', start, { ...setUp, device: 'wasm' });
        try {
          return await speakTruth(await openTts(reference));
        } finally {
          reference.dispose();
        }
      });
    }
    this.#tell(manifest, 'ready');
    return { engine, worker };
  }

  async loadLlm(manifest: ModelManifest): Promise<LlmEngine> {
    const files = await this.#files(manifest);
    const [gguf] = Object.entries(files).filter(([name]) => name.endsWith('.gguf'));
    if (gguf === undefined) throw new ModelError('VOICE_ERR_MODEL_FORMAT', `The model ${manifest.id} lists no .gguf file`, { stage: 'llm' });
    this.#tell(manifest, 'starting');
    const engine = await createWllamaEngine({ gguf: gguf[1], wasmUrl: absolute(`${this.#assetsUrl}/wllama/wllama.wasm`), threadCount: this.#threadCount });
    this.#tell(manifest, 'ready');
    return engine;
  }

  /** Leaves a GPU that has neither loaded nor passed its test by the time limit, so that the page never hangs on it. */
  #limitGpu(worker: EngineWorker): Disposable {
    const limitMs = this.#options.gpuLimitMs ?? GPU_LIMIT_MS;
    const timer = setTimeout(() => worker.leaveGpu(`the GPU gave no answer in ${Math.round(limitMs / 1000)} s`), limitMs);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  }

  /** Leaves the GPU unless its answer is the one that WASM gives. */
  async #testTruth(manifest: ModelManifest, worker: EngineWorker, answer: () => Promise<TruthAnswer>, askWasm: () => Promise<TruthAnswer>): Promise<void> {
    this.#tell(manifest, 'testing');
    const key = `${manifest.id}:${manifest.files.map(({ sha256 }) => sha256?.slice(0, 12)).join(':')}`;
    let truth = await recallTruth(key);
    if (truth === undefined) {
      truth = await askWasm();
      await rememberTruth(key, truth);
    }
    const given = await answer();
    if (worker.device !== 'webgpu') return;
    const fault = findFault(given, truth);
    if (fault !== undefined) {
      worker.leaveGpu(`the GPU failed its test: ${fault}`);
      await worker.ready();
    }
  }

  async #truthPhrase(): Promise<Float32Array> {
    const response = await fetch(`${this.#assetsUrl}/truth-phrase.pcm`);
    if (!response.ok) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `${this.#assetsUrl}/truth-phrase.pcm answered ${response.status}; a recogniser on the GPU is tested with it`, { stage: 'stt' });
    const pcm = new Int16Array(await response.arrayBuffer());
    return Float32Array.from(pcm, (value) => value / 32_768);
  }

  async #setUp(manifest: ModelManifest, device: InTabDevice): Promise<WorkerSetUp> {
    const files = await this.#files(manifest);
    this.#tell(manifest, 'starting');
    return { device, driver: manifest.driver, runtimeUrl: absolute(`${this.#assetsUrl}/ort/`), threadCount: this.#threadCount, dtype: manifest.dtype ?? 'fp32', files };
  }

  #files(manifest: ModelManifest): Promise<Record<string, Uint8Array>> {
    const onProgress = (progress: LoadProgress) => this.#options.onEvent({ type: 'loading', progress });
    return loadModelFiles(manifest, { baseUrl: `${this.#assetsUrl}/models`, onProgress, signal: this.#options.signal });
  }

  #worker(stage: StageName & ('vad' | 'stt' | 'tts'), start: () => Worker, setUp: WorkerSetUp): EngineWorker {
    const onFallback = (reason: string) => this.#options.onEvent({ type: 'fallback', stage, from: 'webgpu', to: 'wasm', reason });
    return new EngineWorker({ stage, start, setUp, onFallback });
  }

  #tell(manifest: ModelManifest, step: LoadProgress['step']): void {
    const totalBytes = manifest.files.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
    this.#options.onEvent({ type: 'loading', progress: { modelId: manifest.id, step, loadedBytes: totalBytes, totalBytes } });
  }
}

function pick(index: readonly ModelManifest[], kind: ModelKind, { models }: InTabEngineOptions): ModelManifest {
  const wanted = models?.[kind];
  const manifest = index.find((candidate) => candidate.kind === kind && (wanted === undefined || candidate.id === wanted));
  if (manifest !== undefined) return manifest;
  const offered = index.filter((candidate) => candidate.kind === kind).map(({ id }) => id);
  throw new ModelError('VOICE_ERR_MODEL_NOT_FOUND', `The page offers no ${kind} model${wanted === undefined ? '' : ` "${wanted}"`}; it has ${offered.join(', ') || 'none'}`, { stage: 'models' });
}

function absolute(path: string): string {
  return new URL(path, globalThis.location.href).href;
}
