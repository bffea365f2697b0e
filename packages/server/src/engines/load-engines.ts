import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type LlmEngine, ModelError, type ModelKind, type SttEngine, type TtsEngine, type VadEngine, type VoiceEngines } from '@sotto/pipeline';
import { bundledModel } from '../models/bundled-models.ts';
import type { LocatedModel } from '../models/model-folder.ts';
import { verifyFile } from '../models/verify-model.ts';
import { SttPool } from './stt-pool.ts';
import { TtsPool } from './tts-pool.ts';
import { VadPool } from './vad-pool.ts';
import type { WorkerPool, WorkerPoolMetrics } from './worker-pool.ts';

/** The model of each kind; one that is absent is the bundled one. */
export type EngineModels = { readonly [Kind in ModelKind]?: LocatedModel };

export type LoadEnginesOptions = {
  readonly models?: EngineModels;
  /** Takes the place of a local language model, for example an OpenAI-compatible endpoint. */
  readonly llm?: LlmEngine;
  /** Conversations that the language model holds at a time. @defaultValue 1 */
  readonly sessionCount?: number;
  /** Processor cores to use. @defaultValue all */
  readonly coreCount?: number;
  readonly metrics?: WorkerPoolMetrics;
  readonly signal?: AbortSignal;
};

/** Engines loaded once and shared by all sessions of the process. */
export type LoadedEngines = AsyncDisposable & {
  readonly models: { readonly [Kind in ModelKind]: LocatedModel | undefined };
  /** The engines as one session sees them; sessions take turns at the shared workers. */
  forSession(sessionKey: string): VoiceEngines;
  /** For metrics and health checks. */
  readonly pools: { readonly vad: WorkerPool; readonly stt: WorkerPool; readonly tts: WorkerPool };
};

/**
 * Threads of llama.cpp wait for each other at every layer by spinning, which for a small model takes longer than the
 * work they share: the starter model's instructions take 27 ms on one thread and 218 ms on two, and many
 * seconds when another program wants the cores.
 */
const ONE_THREAD_MODEL_BYTES = 64e6;

/**
 * Loads every engine, all at the same time.
 * @throws the first thing that fails, after freeing what was loaded: {@link ModelError}, {@link BackendError}.
 */
export async function loadEngines(options: LoadEnginesOptions = {}): Promise<LoadedEngines> {
  const share = shareCores(options.coreCount ?? availableParallelism());
  const metrics = options.metrics && { metrics: options.metrics };
  const models = options.models ?? {};
  const [vadModel, sttModel, ttsModel] = await Promise.all([pick(models, 'vad'), pick(models, 'stt'), pick(models, 'tts')]);
  const llmModel = options.llm ? undefined : await pick(models, 'llm');

  const loading = [
    VadPool.load(vadModel, { ...metrics }),
    SttPool.load(sttModel, { ...share.stt, ...metrics }),
    TtsPool.load(ttsModel, { ...share.tts, ...metrics }),
    options.llm ? Promise.resolve(options.llm) : loadLanguageModel(llmModel!, options),
  ] as const;
  try {
    const [vad, stt, tts, llm] = await Promise.all(loading);
    return {
      models: { vad: vadModel, stt: sttModel, tts: ttsModel, llm: llmModel },
      pools: { vad: vad.pool, stt: stt.pool, tts: tts.pool },
      forSession: (sessionKey) => ({ vad: borrowed(vad), stt: stt.forSession(sessionKey), tts: tts.forSession(sessionKey), llm }),
      [Symbol.asyncDispose]: () => disposeAll([llm, tts, stt, vad]),
    };
  } catch (error) {
    const loaded = (await Promise.allSettled(loading)).flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    await disposeAll(loaded);
    throw error;
  }
}

/** A recogniser alone, for transcribing files. */
export async function loadRecogniser(model: LocatedModel | undefined, coreCount = availableParallelism()): Promise<{ vad: VadEngine; stt: SttEngine } & AsyncDisposable> {
  const [vad, stt] = await Promise.all([VadPool.load(await bundledModel('vad')), SttPool.load(model ?? (await bundledModel('stt')), { threadCount: coreCount })]);
  return { vad, stt: stt.forSession('file'), [Symbol.asyncDispose]: () => disposeAll([stt, vad]) };
}

/** A voice alone, for speaking text. */
export async function loadVoice(model: LocatedModel | undefined, coreCount = availableParallelism()): Promise<{ tts: TtsEngine } & AsyncDisposable> {
  const pool = await TtsPool.load(model ?? (await bundledModel('tts')), { threadCount: coreCount });
  return { tts: pool.forSession('text'), [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose]() };
}

/**
 * A language model alone, in this process.
 * @throws {ModelError} VOICE_ERR_MODEL_FORMAT, and whatever loading throws.
 */
export async function loadLanguageModel(model: LocatedModel, { threadCount, sessionCount = 1, signal }: { readonly threadCount?: number; readonly sessionCount?: number; readonly signal?: AbortSignal } = {}): Promise<LlmEngine> {
  const file = model.manifest.files.find(({ path }) => path.endsWith('.gguf'));
  if (!file) throw new ModelError('VOICE_ERR_MODEL_FORMAT', `The model ${model.manifest.id} lists no .gguf file`, { stage: 'llm' });
  // llama.cpp maps the file by its path, so it is checked on disk rather than on the way in.
  await verifyFile(model, file, signal ? { signal } : {});
  // Importing llama.cpp's bindings holds this thread for half a second, in which the workers load their models.
  const { loadLlamaEngine } = await import('./llama-engine.ts');
  const threads = threadCount ?? ((file.bytes ?? Infinity) < ONE_THREAD_MODEL_BYTES ? 1 : undefined);
  return loadLlamaEngine({ modelPath: join(model.directory, file.path), ...(threads === undefined ? {} : { threadCount: threads }), sessionCount }, signal ? { signal } : {});
}

async function pick(models: EngineModels, kind: ModelKind): Promise<LocatedModel> {
  const model = models[kind] ?? (await bundledModel(kind));
  if (model.manifest.kind !== kind) throw new ModelError('VOICE_ERR_MODEL_FORMAT', `The model ${model.manifest.id} is of kind ${model.manifest.kind}, expected ${kind}`, { stage: 'models' });
  return model;
}

/**
 * The recogniser works while the user speaks, language model and voice while it does not, so they may claim the
 * same cores; workers multiply only where there are cores for several sessions at a time.
 */
function shareCores(coreCount: number): { stt: { workerCount: number; threadCount: number }; tts: { workerCount: number; threadCount: number } } {
  const workerCount = Math.max(1, Math.floor(coreCount / 4));
  const threadCount = Math.max(1, Math.min(4, Math.floor(coreCount / workerCount)));
  return { stt: { workerCount, threadCount }, tts: { workerCount, threadCount } };
}

/** The engine without its disposal: a session borrows, it does not own. */
function borrowed(vad: VadEngine): VadEngine {
  return { specVersion: 'v1', capabilities: vad.capabilities, openStream: () => vad.openStream(), [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function disposeAll(owned: readonly AsyncDisposable[]): Promise<void> {
  for (const one of owned) await one[Symbol.asyncDispose]();
}
