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
      return (await worker.call('transcribe', { samples, options: travelling(options) }, { signal: options.signal })) as Transcript;
    },
    openStream: (options = {}) => new WorkerSttStream(worker, ++streamCount, options),
    [Symbol.asyncDispose]: () => Promise.resolve(worker.dispose()),
  };
}

/** A growing segment whose decoder state lives in the Worker; audio travels with the next call that needs it. */
class WorkerSttStream implements SttStream {
  readonly #worker: EngineWorker;
  readonly #streamId: number;
  readonly #options: TranscribeOptions;
  #unsent: Float32Array[] = [];

  constructor(worker: EngineWorker, streamId: number, options: TranscribeOptions) {
    this.#worker = worker;
    this.#streamId = streamId;
    this.#options = options;
  }

  push(samples: Float32Array): void {
    assertFiniteSamples(samples);
    this.#unsent.push(samples.slice());
  }

  async partial(options: { readonly signal?: AbortSignal } = {}): Promise<PartialTranscript | undefined> {
    return (await this.#call('partial', options.signal)) as PartialTranscript | undefined;
  }

  async finish(options: { readonly signal?: AbortSignal } = {}): Promise<Transcript> {
    return (await this.#call('finish', options.signal)) as Transcript;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#unsent = [];
    this.#worker.notify('close', this.#streamId);
    return Promise.resolve();
  }

  #call(method: 'partial' | 'finish', signal: AbortSignal | undefined): Promise<unknown> {
    const samples = joined(this.#unsent);
    this.#unsent = [];
    return this.#worker.call(method, { streamId: this.#streamId, options: travelling(this.#options), samples }, { signal, transfer: [samples.buffer] });
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
