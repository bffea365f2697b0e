import { assertFiniteSamples, DisposedError, type InferencePriority, joinSamples, type PartialTranscript, type SttCapabilities, type SttEngine, type SttStream, type TranscribeOptions, type Transcript } from '@sotto/pipeline';
import type { LocatedModel } from '../models/model-folder.ts';
import type { InferenceWorkerData } from './inference-worker-data.ts';
import type { StreamArgs, SttCallOptions, TranscribeArgs } from './stt-worker.ts';
import { type PoolCall, type WorkerPlace, WorkerPool, type WorkerPoolMetrics } from './worker-pool.ts';

const entry = new URL('../../dist/engines/inference-worker.js', import.meta.url);

export type InferencePoolOptions = {
  /** @defaultValue 1 */
  readonly workerCount?: number;
  /** Threads of one inference. @defaultValue 1 */
  readonly threadCount?: number;
  /** How long calls wait for the replacement of a worker that died. @defaultValue 1000 */
  readonly replacementWaitMs?: number;
  readonly metrics?: WorkerPoolMetrics;
};

/** A recogniser in worker threads, shared by all sessions. */
export class SttPool implements AsyncDisposable {
  readonly pool: WorkerPool;
  readonly capabilities: SttCapabilities;
  /** Streams tied to each worker. */
  readonly #streamCounts: number[];
  #nextStreamId = 1;

  private constructor(pool: WorkerPool, capabilities: SttCapabilities) {
    this.pool = pool;
    this.capabilities = capabilities;
    this.#streamCounts = Array<number>(pool.workerCount).fill(0);
  }

  static async load(model: LocatedModel, { threadCount = 1, ...options }: InferencePoolOptions = {}): Promise<SttPool> {
    const data: InferenceWorkerData = { kind: 'stt', model, threadCount };
    const { pool, info } = await WorkerPool.start({ stage: 'stt', entry, data, ...options });
    return new SttPool(pool, info as SttCapabilities);
  }

  /** The recogniser as one session sees it: its calls take turns with those of other sessions. Disposing it does nothing. */
  forSession(sessionKey: string): SttEngine {
    return {
      specVersion: 'v1',
      capabilities: this.capabilities,
      transcribe: async (samples, options = {}) => {
        assertFiniteSamples(samples);
        const args: TranscribeArgs = { samples, options: travelling(options) };
        return (await this.pool.call({ method: 'transcribe', payload: () => ({ args }), priority: options.priority ?? 'background', sessionKey, signal: options.signal })) as Transcript;
      },
      openStream: (options = {}) => this.#openStream(sessionKey, options),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  #openStream(sessionKey: string, options: TranscribeOptions): SttStream {
    const workerIndex = this.pool.leastLoaded((index) => this.#streamCounts[index] ?? 0);
    this.#streamCounts[workerIndex]!++;
    return new PooledSttStream({
      pool: this.pool, sessionKey, workerIndex, streamId: this.#nextStreamId++, options,
      onClose: () => { this.#streamCounts[workerIndex]!--; },
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.pool[Symbol.asyncDispose]();
  }
}

type StreamOptions = {
  readonly pool: WorkerPool;
  readonly sessionKey: string;
  readonly workerIndex: number;
  readonly streamId: number;
  readonly options: TranscribeOptions;
  onClose(): void;
};

/**
 * A growing segment whose decoder state lives in one worker. The audio is kept here as well, so that a
 * worker that was replaced in the middle of an utterance is told all of it and the utterance is not lost.
 */
class PooledSttStream implements SttStream {
  readonly #stream: StreamOptions;
  readonly #chunks: Float32Array[] = [];
  /** Chunks that the thread `#place` already has. */
  #sentCount = 0;
  #place: WorkerPlace | undefined;
  /** A call failed in the worker, so what it holds is unknown. */
  #mustStartAnew = false;
  #isClosed = false;

  constructor(stream: StreamOptions) {
    this.#stream = stream;
  }

  push(samples: Float32Array): void {
    if (this.#isClosed) throw new DisposedError('The transcription stream');
    assertFiniteSamples(samples);
    this.#chunks.push(samples.slice());
  }

  async partial({ signal }: { readonly signal?: AbortSignal } = {}): Promise<PartialTranscript | undefined> {
    return (await this.#call('partial', 'background', signal)) as PartialTranscript | undefined;
  }

  async finish({ signal, priority }: { readonly signal?: AbortSignal; readonly priority?: InferencePriority } = {}): Promise<Transcript> {
    try {
      return (await this.#call('finish', priority ?? this.#stream.options.priority ?? 'first-audio', signal)) as Transcript;
    } finally {
      this.#close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isClosed && this.#place) this.#stream.pool.notify(this.#place, 'close', this.#stream.streamId);
    this.#close();
    return Promise.resolve();
  }

  async #call(method: 'partial' | 'finish', priority: InferencePriority, signal: AbortSignal | undefined): Promise<unknown> {
    if (this.#isClosed) throw new DisposedError('The transcription stream');
    const { pool, sessionKey, workerIndex, options } = this.#stream;
    const signals = [signal, options.signal].filter((one) => one !== undefined);
    const anySignal = signals.length > 1 ? AbortSignal.any(signals) : signals[0];
    const call: PoolCall = { method, payload: (place) => ({ args: this.#argsFor(place) }), priority, sessionKey, workerIndex, signal: anySignal };
    try {
      return await pool.call(call);
    } catch (error) {
      // An aborted call took its audio in, or was never sent.
      this.#mustStartAnew = !anySignal?.aborted;
      throw error;
    }
  }

  #argsFor(place: WorkerPlace): StreamArgs {
    const fromStart = this.#mustStartAnew || this.#place?.generation !== place.generation;
    this.#mustStartAnew = false;
    if (fromStart) this.#sentCount = 0;
    const samples = joinSamples(this.#chunks.slice(this.#sentCount));
    this.#sentCount = this.#chunks.length;
    this.#place = place;
    return { streamId: this.#stream.streamId, options: travelling(this.#stream.options), fromStart, samples };
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#chunks.length = 0;
    this.#stream.onClose();
  }
}

function travelling({ language, words, prompt }: TranscribeOptions): SttCallOptions {
  return { ...(language !== undefined && { language }), ...(words !== undefined && { words }), ...(prompt !== undefined && { prompt }) };
}
