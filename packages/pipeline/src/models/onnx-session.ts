import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { BackendError, DisposedError, EngineError, ModelError, type StageName, VoiceError } from '../errors.ts';
import type { ModelFiles } from './model-files.ts';
import type { OnnxRuntime, OnnxSessionOptions } from './onnx-runtime.ts';

export type Tensors = Record<string, Tensor>;

/** Suffix of the file that holds each precision, as published by onnx-community. */
const DTYPE_SUFFIX = { fp32: '', fp16: '_fp16', int8: '_int8', uint8: '_uint8', q8: '_quantized', q4: '_q4', q4f16: '_q4f16', q8f16: '_q8f16', bnb4: '_bnb4' } as const;

/** Precision of a graph's weights. */
export type ModelDtype = keyof typeof DTYPE_SUFFIX;

/** `onnx/encoder_model` and `q8` → `onnx/encoder_model_quantized.onnx`. */
export function graphFileName(stem: string, dtype: ModelDtype): string {
  return `${stem}${DTYPE_SUFFIX[dtype]}.onnx`;
}

/**
 * One loaded graph. Runs are put in a line, because a web session refuses a second run while one is under way;
 * failures come out as typed errors.
 */
export class OnnxSession implements AsyncDisposable {
  readonly #session: InferenceSession;
  readonly #stage: StageName;
  #tail: Promise<unknown> = Promise.resolve();
  #disposed = false;

  constructor(session: InferenceSession, stage: StageName) {
    this.#session = session;
    this.#stage = stage;
  }

  get inputNames(): readonly string[] {
    return this.#session.inputNames;
  }

  get outputNames(): readonly string[] {
    return this.#session.outputNames;
  }

  /** Dimensions of an input as the graph declares them; a name stands for a free dimension. */
  inputShape(name: string): readonly (number | string)[] {
    const found = this.#session.inputMetadata.find((value) => value.name === name);
    return found?.isTensor ? found.shape : [];
  }

  /** @throws {ModelError} VOICE_ERR_MODEL_FORMAT when the graph lacks one of these inputs or outputs. */
  requireNames(inputs: readonly string[], outputs: readonly string[]): void {
    const missing = [...inputs.filter((name) => !this.inputNames.includes(name)), ...outputs.filter((name) => !this.outputNames.includes(name))];
    if (missing.length === 0) return;
    const found = `inputs ${this.inputNames.slice(0, 6).join(', ')} and outputs ${this.outputNames.slice(0, 6).join(', ')}`;
    throw new ModelError('VOICE_ERR_MODEL_FORMAT', `The ${this.#stage} graph has ${found}; expected also ${missing.join(', ')}. Is this the right file?`, { stage: this.#stage });
  }

  /**
   * Computes the outputs named in `fetches`, or all of them. The caller owns them.
   * @throws {EngineError} VOICE_ERR_ENGINE_FAILED. {@link BackendError} when memory or the device is gone.
   */
  run(feeds: Tensors, fetches?: readonly string[]): Promise<Tensors> {
    const result = this.#tail.then(() => this.#runNow(feeds, fetches));
    this.#tail = result.catch(() => undefined);
    return result;
  }

  async #runNow(feeds: Tensors, fetches: readonly string[] | undefined): Promise<Tensors> {
    if (this.#disposed) throw new DisposedError(`The ${this.#stage} model`);
    try {
      return await (fetches ? this.#session.run(feeds, fetches) : this.#session.run(feeds));
    } catch (thrown) {
      throw inferenceError(thrown, this.#stage);
    }
  }

  /** Waits for the runs under way, then frees the graph. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#tail;
    await this.#session.release();
  }
}

function inferenceError(thrown: unknown, stage: StageName): VoiceError {
  if (VoiceError.isInstance(thrown)) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (/bad_alloc|out of memory|failed to allocate|allocation failed/i.test(message)) {
    return new BackendError('VOICE_ERR_OUT_OF_MEMORY', `The ${stage} model ran out of memory: ${message}`, { stage, cause: thrown });
  }
  if (/device.{0,20}lost/i.test(message)) {
    return new BackendError('VOICE_ERR_DEVICE_LOST', `The ${stage} model lost its device: ${message}`, { stage, retryable: true, cause: thrown });
  }
  return new EngineError('VOICE_ERR_ENGINE_FAILED', `${stage} inference failed: ${message}`, { stage, retryable: true, cause: thrown });
}

/**
 * Loads a graph. ONNX Runtime 1.25 and later fails to optimise some merged q8 decoders
 * ("Missing required scale", microsoft/onnxruntime#28306); those are loaded again with basic optimisation.
 * @throws {ModelError} VOICE_ERR_MODEL_NOT_FOUND, VOICE_ERR_MODEL_LOAD
 */
export async function openOnnxSession(
  ort: OnnxRuntime, files: ModelFiles, name: string, stage: StageName, options: OnnxSessionOptions = {},
): Promise<OnnxSession> {
  const bytes = await files.read(name);
  try {
    return new OnnxSession(await ort.InferenceSession.create(bytes, options), stage);
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    if (/missing required scale|missing quantization scale/i.test(message) && options.graphOptimizationLevel === undefined) {
      return openOnnxSession(ort, files, name, stage, { ...options, graphOptimizationLevel: 'basic' });
    }
    throw new ModelError('VOICE_ERR_MODEL_LOAD', `${name} could not be loaded: ${message}; pull or import the model again, or choose another dtype`, { stage, cause: thrown });
  }
}
