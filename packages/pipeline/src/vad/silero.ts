import type { Tensor } from 'onnxruntime-common';
import { assertFiniteSamples, LISTENING_SAMPLE_RATE } from '../audio/audio-frame.ts';
import { AudioFormatError, DisposedError, EngineError } from '../errors.ts';
import type { ModelFiles } from '../models/model-files.ts';
import type { OnnxRuntime, OnnxSessionOptions } from '../models/onnx-runtime.ts';
import { openOnnxSession, type OnnxSession } from '../models/onnx-session.ts';
import type { VadEngine, VadStream } from './vad-engine.ts';

/** 512 new samples = 32 ms @16 kHz (snakers4/silero-vad v5 and v6, OnnxWrapper). */
const FRAME_SAMPLE_COUNT = 512;
/** Tail of the previous frame that the graph wants in front; without it v6 scores everything as silence. */
const CONTEXT_SAMPLE_COUNT = 64;
const WINDOW_SAMPLE_COUNT = CONTEXT_SAMPLE_COUNT + FRAME_SAMPLE_COUNT;
/** The recurrent state is [2, batch, 128]: hidden and cell of one LSTM layer. */
const STATE_WIDTH = 128;

export type SileroOptions = {
  readonly ort: OnnxRuntime;
  readonly files: ModelFiles;
  /** v5 and v6 share one contract; v4 ("legacy") does not fit. @defaultValue 'silero_vad_v6.onnx' */
  readonly fileName?: string;
  /** @defaultValue one thread: a frame takes 0.15 ms, and waking a second thread costs more */
  readonly sessionOptions?: OnnxSessionOptions;
};

/** Silero VAD: see {@link createSilero}. */
export interface SileroEngine extends VadEngine {
  /**
   * Scores one frame of each stream in one run; twice as cheap a frame as one by one at 8 streams and more.
   * @param streams distinct streams of this engine.
   * @param frames one frame of 512 samples for each stream, in the same order.
   * @returns probability of speech of each, in the same order.
   */
  scoreBatch(streams: readonly VadStream[], frames: readonly Float32Array[], options?: { readonly signal?: AbortSignal }): Promise<Float32Array>;
}

/**
 * Loads Silero VAD v5 or v6 (MIT, https://github.com/snakers4/silero-vad).
 * @throws {ModelError} VOICE_ERR_MODEL_NOT_FOUND, VOICE_ERR_MODEL_LOAD, VOICE_ERR_MODEL_FORMAT
 */
export async function createSilero(options: SileroOptions): Promise<SileroEngine> {
  const sessionOptions = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential', ...options.sessionOptions } as const;
  const session = await openOnnxSession(options.ort, options.files, options.fileName ?? 'silero_vad_v6.onnx', 'vad', sessionOptions);
  session.requireNames(['input', 'state', 'sr'], ['output', 'stateN']);
  return new Silero(options.ort, session);
}

type BatchBuffers = {
  readonly input: Float32Array;
  readonly state: Float32Array;
  readonly feeds: { readonly input: Tensor; readonly state: Tensor; readonly sr: Tensor };
};

class Silero implements SileroEngine {
  readonly specVersion = 'v1';
  readonly capabilities = { sampleRate: LISTENING_SAMPLE_RATE, frameSampleCount: FRAME_SAMPLE_COUNT };
  readonly #ort: OnnxRuntime;
  readonly #session: OnnxSession;
  readonly #buffers = new Map<number, BatchBuffers>();
  #tail: Promise<unknown> = Promise.resolve();
  #disposed = false;

  constructor(ort: OnnxRuntime, session: OnnxSession) {
    this.#ort = ort;
    this.#session = session;
  }

  openStream(): VadStream {
    if (this.#disposed) throw new DisposedError('The Silero engine');
    return new SileroStream(this);
  }

  scoreBatch(streams: readonly VadStream[], frames: readonly Float32Array[], options: { readonly signal?: AbortSignal } = {}): Promise<Float32Array> {
    // One run at a time: the buffers are shared, and a stream's state must follow the order of its frames.
    const scores = this.#tail.then(() => this.#score(streams, frames, options.signal));
    this.#tail = scores.catch(() => undefined);
    return scores;
  }

  async #score(streams: readonly VadStream[], frames: readonly Float32Array[], signal: AbortSignal | undefined): Promise<Float32Array> {
    if (this.#disposed) throw new DisposedError('The Silero engine');
    signal?.throwIfAborted();
    const memories = streams.map((stream) => memoryOf(stream));
    if (frames.length !== streams.length) throw new EngineError('VOICE_ERR_ENGINE_FAILED', `Got ${frames.length} frames for ${streams.length} streams; expected one each`, { stage: 'vad' });
    frames.forEach(assertFrame);
    const batch = this.#buffersFor(streams.length);
    memories.forEach((memory, row) => writeRow(batch, memory, frames[row]!, row, streams.length));
    const { output, stateN } = await this.#session.run(batch.feeds);
    const scores = Float32Array.from(output!.data as Float32Array);
    if (!scores.every(Number.isFinite)) throw new EngineError('VOICE_ERR_ENGINE_FAILED', 'Silero gave a probability that is not finite; reset the stream', { stage: 'vad' });
    memories.forEach((memory, row) => readRow(stateN!.data as Float32Array, memory, frames[row]!, row, streams.length));
    signal?.throwIfAborted();
    return scores;
  }

  #buffersFor(batchSize: number): BatchBuffers {
    const known = this.#buffers.get(batchSize);
    if (known) return known;
    const input = new Float32Array(batchSize * WINDOW_SAMPLE_COUNT);
    const state = new Float32Array(2 * batchSize * STATE_WIDTH);
    const { Tensor } = this.#ort;
    const feeds = {
      input: new Tensor('float32', input, [batchSize, WINDOW_SAMPLE_COUNT]),
      state: new Tensor('float32', state, [2, batchSize, STATE_WIDTH]),
      sr: new Tensor('int64', BigInt64Array.of(BigInt(LISTENING_SAMPLE_RATE)), []),
    };
    const made = { input, state, feeds };
    this.#buffers.set(batchSize, made);
    return made;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await this.#tail;
    this.#buffers.clear();
    await this.#session[Symbol.asyncDispose]();
  }
}

/** What one stream remembers between frames. */
type StreamMemory = { readonly context: Float32Array; readonly state: Float32Array };

class SileroStream implements VadStream {
  readonly memory: StreamMemory = { context: new Float32Array(CONTEXT_SAMPLE_COUNT), state: new Float32Array(2 * STATE_WIDTH) };
  readonly #engine: Silero;
  disposed = false;

  constructor(engine: Silero) {
    this.#engine = engine;
  }

  async process(samples: Float32Array, options: { readonly signal?: AbortSignal } = {}): Promise<number> {
    const scores = await this.#engine.scoreBatch([this], [samples], options);
    return scores[0]!;
  }

  reset(): void {
    this.memory.context.fill(0);
    this.memory.state.fill(0);
  }

  [Symbol.dispose](): void {
    this.disposed = true;
  }
}

function memoryOf(stream: VadStream): StreamMemory {
  if (!(stream instanceof SileroStream)) throw new EngineError('VOICE_ERR_ENGINE_FAILED', 'The stream was not opened by a Silero engine', { stage: 'vad' });
  if (stream.disposed) throw new DisposedError('The VAD stream');
  return stream.memory;
}

function assertFrame(frame: Float32Array): void {
  if (frame.length !== FRAME_SAMPLE_COUNT) {
    throw new AudioFormatError('VOICE_ERR_FRAME_LENGTH', `Got a frame of ${frame.length} samples; Silero takes exactly ${FRAME_SAMPLE_COUNT} (32 ms at 16 kHz)`, { stage: 'vad' });
  }
  assertFiniteSamples(frame);
}

function writeRow(batch: BatchBuffers, memory: StreamMemory, frame: Float32Array, row: number, rowCount: number): void {
  batch.input.set(memory.context, row * WINDOW_SAMPLE_COUNT);
  batch.input.set(frame, row * WINDOW_SAMPLE_COUNT + CONTEXT_SAMPLE_COUNT);
  batch.state.set(memory.state.subarray(0, STATE_WIDTH), row * STATE_WIDTH);
  batch.state.set(memory.state.subarray(STATE_WIDTH), (rowCount + row) * STATE_WIDTH);
}

function readRow(state: Float32Array, memory: StreamMemory, frame: Float32Array, row: number, rowCount: number): void {
  memory.state.set(state.subarray(row * STATE_WIDTH, (row + 1) * STATE_WIDTH));
  memory.state.set(state.subarray((rowCount + row) * STATE_WIDTH, (rowCount + row + 1) * STATE_WIDTH), STATE_WIDTH);
  memory.context.set(frame.subarray(FRAME_SAMPLE_COUNT - CONTEXT_SAMPLE_COUNT));
}
