import { assertFiniteSamples, AudioFormatError, DisposedError, type VadCapabilities, type VadEngine, type VadStream } from '@sotto/pipeline';
import type { LocatedModel } from '../models/model-folder.ts';
import type { InferenceWorkerData } from './inference-worker-data.ts';
import type { ScoreFramesArgs } from './vad-worker.ts';
import { type WorkerPlace, WorkerPool, type WorkerPoolMetrics } from './worker-pool.ts';

/** More streams than this are scored in several runs; beyond it a frame hardly gets cheaper. */
const MAX_BATCH_SIZE = 64;

const entry = new URL('../../dist/engines/inference-worker.js', import.meta.url);

type WaitingFrame = {
  readonly streamId: number;
  readonly samples: Float32Array;
  readonly signal: AbortSignal | undefined;
  resolve(probability: number): void;
  reject(error: unknown): void;
};

/**
 * Silero in one worker thread, shared by all sessions: frames that wait at the same time are scored in one run.
 * After a crash of the worker every stream starts with an empty memory, which costs a stream some frames of doubt.
 */
export class VadPool implements VadEngine {
  readonly specVersion = 'v1';
  readonly capabilities: VadCapabilities;
  readonly pool: WorkerPool;
  #waiting: WaitingFrame[] = [];
  #isCollecting = false;
  #nextStreamId = 1;
  /** The thread that streams were last seen by; messages about them go there. */
  #place: WorkerPlace = { workerIndex: 0, generation: 1 };

  private constructor(pool: WorkerPool, capabilities: VadCapabilities) {
    this.pool = pool;
    this.capabilities = capabilities;
  }

  static async load(model: LocatedModel, options: { readonly metrics?: WorkerPoolMetrics } = {}): Promise<VadPool> {
    const data: InferenceWorkerData = { kind: 'vad', model, threadCount: 1 };
    const { pool, info } = await WorkerPool.start({ stage: 'vad', entry, data, ...options });
    return new VadPool(pool, info as VadCapabilities);
  }

  openStream(): VadStream {
    const streamId = this.#nextStreamId++;
    let isDisposed = false;
    return {
      process: (samples, { signal } = {}) => {
        if (isDisposed) return Promise.reject(new DisposedError('The VAD stream'));
        return this.#score(streamId, samples, signal);
      },
      reset: () => this.pool.notify(this.#place, 'reset', streamId),
      [Symbol.dispose]: () => {
        isDisposed = true;
        this.pool.notify(this.#place, 'close', streamId);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const frame of this.#waiting.splice(0)) frame.reject(new DisposedError('The VAD engine'));
    await this.pool[Symbol.asyncDispose]();
  }

  #score(streamId: number, samples: Float32Array, signal: AbortSignal | undefined): Promise<number> {
    const { frameSampleCount } = this.capabilities;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (samples.length !== frameSampleCount) return reject(new AudioFormatError('VOICE_ERR_FRAME_LENGTH', `Got a frame of ${samples.length} samples; expected exactly ${frameSampleCount}`, { stage: 'vad' }));
      // Here and not in the worker, where one bad frame would fail the whole batch.
      assertFiniteSamples(samples);
      this.#waiting.push({ streamId, samples, signal, resolve, reject });
      this.#collect();
    });
  }

  /** Frames that come while a batch is being scored, or within the same turn of the event loop, make the next batch. */
  #collect(): void {
    if (this.#isCollecting) return;
    this.#isCollecting = true;
    setImmediate(() => void this.#scoreWaiting());
  }

  async #scoreWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH_SIZE).filter((frame) => !rejectIfAborted(frame));
      if (batch.length > 0) await this.#scoreBatch(batch);
    }
    this.#isCollecting = false;
  }

  async #scoreBatch(batch: readonly WaitingFrame[]): Promise<void> {
    try {
      const probabilities = (await this.pool.call({
        method: 'scoreFrames',
        payload: (place) => {
          this.#place = place;
          const args = packFrames(batch, this.capabilities.frameSampleCount);
          return { args, transfer: [args.frames.buffer as ArrayBuffer] };
        },
        priority: 'realtime',
        sessionKey: 'all',
      })) as Float32Array;
      batch.forEach((frame, row) => rejectIfAborted(frame) || frame.resolve(probabilities[row]!));
    } catch (error) {
      for (const frame of batch) frame.reject(error);
    }
  }
}

function packFrames(batch: readonly WaitingFrame[], frameSampleCount: number): ScoreFramesArgs {
  const frames = new Float32Array(batch.length * frameSampleCount);
  batch.forEach(({ samples }, row) => frames.set(samples, row * frameSampleCount));
  return { streamIds: batch.map(({ streamId }) => streamId), frames };
}

function rejectIfAborted(frame: WaitingFrame): boolean {
  if (!frame.signal?.aborted) return false;
  frame.reject(frame.signal.reason);
  return true;
}
