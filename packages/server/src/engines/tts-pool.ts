import type { SpeechChunk, SynthesizeOptions, TtsCapabilities, TtsEngine } from '@sotto/pipeline';
import type { LocatedModel } from '../models/model-folder.ts';
import type { InferenceWorkerData } from './inference-worker-data.ts';
import type { InferencePoolOptions } from './stt-pool.ts';
import type { SynthesisArgs, SynthesisStep } from './tts-worker.ts';
import { type WorkerPlace, WorkerPool } from './worker-pool.ts';

const entry = new URL('../../dist/engines/inference-worker.js', import.meta.url);

/** A synthesiser in worker threads, shared by all sessions. */
export class TtsPool implements AsyncDisposable {
  readonly pool: WorkerPool;
  readonly capabilities: TtsCapabilities;
  #nextSynthesisId = 1;

  private constructor(pool: WorkerPool, capabilities: TtsCapabilities) {
    this.pool = pool;
    this.capabilities = capabilities;
  }

  static async load(model: LocatedModel, { threadCount = 1, ...options }: InferencePoolOptions = {}): Promise<TtsPool> {
    const data: InferenceWorkerData = { kind: 'tts', model, threadCount };
    const { pool, info } = await WorkerPool.start({ stage: 'tts', entry, data, ...options });
    return new TtsPool(pool, info as TtsCapabilities);
  }

  /** The synthesiser as one session sees it: its calls take turns with those of other sessions. Disposing it does nothing. */
  forSession(sessionKey: string): TtsEngine {
    return {
      specVersion: 'v1',
      capabilities: this.capabilities,
      synthesize: (text, options = {}) => this.#synthesize(sessionKey, text, options),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  /** Pulled chunk by chunk: the worker computes the next one only when it is asked for, which is the back-pressure. */
  async *#synthesize(sessionKey: string, text: string, options: SynthesizeOptions): AsyncGenerator<SpeechChunk> {
    const { signal, priority = 'background', voice, speed } = options;
    const synthesisId = this.#nextSynthesisId++;
    let place: WorkerPlace | undefined;
    let isOpen = false;
    try {
      for (;;) {
        const start = { text, options: { ...(voice !== undefined && { voice }), ...(speed !== undefined && { speed }) } };
        const { chunk } = (await this.pool.call({
          method: 'nextChunk',
          payload: (current) => {
            // A fresh thread knows nothing of this synthesis; the chunks already spoken must not be spoken again.
            const args: SynthesisArgs = place ? { synthesisId } : { synthesisId, start };
            place ??= current;
            isOpen = true;
            return { args };
          },
          priority, sessionKey, signal, workerIndex: place?.workerIndex,
        })) as SynthesisStep;
        if (!chunk) {
          isOpen = false;
          return;
        }
        yield chunk;
      }
    } finally {
      if (isOpen && place) this.pool.notify(place, 'close', synthesisId);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.pool[Symbol.asyncDispose]();
  }
}
