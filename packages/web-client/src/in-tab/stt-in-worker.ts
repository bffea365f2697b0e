import { assertFiniteSamples, type PartialTranscript, type SttCapabilities, type SttEngine, type SttStream, type TranscribeOptions, type Transcript } from '@sotto/pipeline';
import type { EngineWorker } from './engine-worker.ts';
import type { SttCallOptions } from './stt-worker.ts';

/** Moonshine in a Worker, as the pipeline's port. */
export async function openStt(worker: EngineWorker): Promise<SttEngine> {
  const capabilities = (await worker.ready()) as SttCapabilities;
  let streamCount = 0;
  return {
    specVersion: 'v1',
    capabilities,
    transcribe: async (samples, options = {}) => {
      assertFiniteSamples(samples);
      return (await worker.call('transcribe', () => ({ samples, options: travelling(options) }), { signal: options.signal })) as Transcript;
    },
    openStream: (options = {}) => new WorkerSttStream(worker, ++streamCount, options),
    [Symbol.asyncDispose]: () => Promise.resolve(worker.dispose()),
  };
}

/**
 * A growing segment whose decoder state lives in the Worker. The audio is kept
 * here as well, so that a Worker that was replaced in the middle of an utterance
 * is told all of it.
 */
class WorkerSttStream implements SttStream {
  readonly #worker: EngineWorker;
  readonly #streamId: number;
  readonly #options: TranscribeOptions;
  #chunks: Float32Array[] = [];
  /** Chunks that the Worker of `#generation` already has. */
  #sentCount = 0;
  #generation = 0;

  constructor(worker: EngineWorker, streamId: number, options: TranscribeOptions) {
    this.#worker = worker;
    this.#streamId = streamId;
    this.#options = options;
  }

  push(samples: Float32Array): void {
    assertFiniteSamples(samples);
    this.#chunks.push(samples.slice());
  }

  async partial(options: { readonly signal?: AbortSignal } = {}): Promise<PartialTranscript | undefined> {
    return (await this.#call('partial', options.signal)) as PartialTranscript | undefined;
  }

  async finish(options: { readonly signal?: AbortSignal } = {}): Promise<Transcript> {
    return (await this.#call('finish', options.signal)) as Transcript;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#chunks = [];
    this.#worker.notify('close', this.#streamId);
    return Promise.resolve();
  }

  #call(method: 'partial' | 'finish', signal: AbortSignal | undefined): Promise<unknown> {
    return this.#worker.call(method, () => this.#argsForNow(), { signal });
  }

  #argsForNow(): { streamId: number; options: SttCallOptions; samples: Float32Array } {
    if (this.#generation !== this.#worker.generation) this.#sentCount = 0;
    this.#generation = this.#worker.generation;
    const samples = joined(this.#chunks.slice(this.#sentCount));
    this.#sentCount = this.#chunks.length;
    return { streamId: this.#streamId, options: travelling(this.#options), samples };
  }
}

function travelling({ language, words, prompt }: TranscribeOptions): SttCallOptions {
  return { ...(language !== undefined && { language }), ...(words !== undefined && { words }), ...(prompt !== undefined && { prompt }) };
}

function joined(chunks: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const whole = new Float32Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
