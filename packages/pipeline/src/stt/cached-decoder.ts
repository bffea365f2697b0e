import type { Tensor } from 'onnxruntime-common';
import { EngineError, ModelError } from '../errors.ts';
import type { OnnxRuntime, OnnxSessionOptions } from '../models/onnx-runtime.ts';
import type { OnnxSession, Tensors } from '../models/onnx-session.ts';

/** The logits of one call: `rowCount` rows of `vocabularySize`, the first at `data[0]`. Valid until the next call. */
export type LogitRows = { readonly data: Float32Array; readonly rowCount: number; readonly vocabularySize: number };

/**
 * A decoder graph with two branches, as exported by Optimum (`decoder_model_merged`): one that takes many tokens and no
 * cache, one that takes the next token and the keys and values of all before. Moonshine and Whisper share it.
 */
export class CachedDecoder implements AsyncDisposable {
  readonly #ort: OnnxRuntime;
  readonly #session: OnnxSession;
  readonly #layerCount: number;
  readonly #emptyCache: Tensors = {};
  readonly #firstFetches: readonly string[];
  readonly #nextFetches: readonly string[];
  /** Names of the cross-attention outputs, which only some exports have. */
  readonly crossAttentionNames: readonly string[];

  constructor(ort: OnnxRuntime, session: OnnxSession) {
    this.#ort = ort;
    this.#session = session;
    session.requireNames(['input_ids', 'encoder_hidden_states', 'use_cache_branch', cacheName('past_key_values', 0, 'decoder', 'key')], ['logits']);
    this.#layerCount = session.inputNames.filter((name) => /^past_key_values\.\d+\.decoder\.key$/.test(name)).length;
    const decoderCaches = this.#cacheNames('present', 'decoder');
    this.#firstFetches = ['logits', ...decoderCaches, ...this.#cacheNames('present', 'encoder')];
    this.#nextFetches = ['logits', ...decoderCaches];
    this.crossAttentionNames = session.outputNames.filter((name) => name.startsWith('cross_attentions.'));
    for (const name of [...this.#cacheNames('past_key_values', 'decoder'), ...this.#cacheNames('past_key_values', 'encoder')]) {
      this.#emptyCache[name] = this.#emptyTensor(name);
    }
  }

  /** Starts on one piece of encoded audio. The run borrows `encoderStates`; dispose the run before them. */
  start(encoderStates: Tensor, inputSampleCount: number): DecoderRun {
    return new DecoderRun(this, this.#baseFeeds(encoderStates, inputSampleCount));
  }

  #baseFeeds(encoderStates: Tensor, inputSampleCount: number): Tensors {
    const feeds: Tensors = { ...this.#emptyCache, encoder_hidden_states: encoderStates };
    if (this.#session.inputNames.includes('encoder_attention_mask')) {
      feeds['encoder_attention_mask'] = this.int64(new BigInt64Array(inputSampleCount).fill(1n));
    }
    return feeds;
  }

  /** One call of the many-token branch, from nothing. Fills the caches in `feeds`. */
  async runFirst(feeds: Tensors, tokens: readonly number[], withAttention: boolean): Promise<Tensors> {
    Object.assign(feeds, this.#emptyCache, this.#tokenFeeds(tokens, 0, false));
    const outputs = await this.#session.run(feeds, withAttention ? [...this.#firstFetches, ...this.crossAttentionNames] : this.#firstFetches);
    for (let layer = 0; layer < this.#layerCount; layer++) {
      for (const part of ['key', 'value'] as const) {
        // The cached branch gives dummies for the encoder's cache, so the first call's is kept throughout.
        feeds[cacheName('past_key_values', layer, 'encoder', part)] = outputs[cacheName('present', layer, 'encoder', part)]!;
        feeds[cacheName('past_key_values', layer, 'decoder', part)] = outputs[cacheName('present', layer, 'decoder', part)]!;
      }
    }
    return outputs;
  }

  /** One call of the cached branch; replaces the decoder's cache in `feeds` and frees the old one. */
  async runNext(feeds: Tensors, token: number, position: number): Promise<Tensors> {
    Object.assign(feeds, this.#tokenFeeds([token], position, true));
    const outputs = await this.#session.run(feeds, this.#nextFetches);
    for (let layer = 0; layer < this.#layerCount; layer++) {
      for (const part of ['key', 'value'] as const) {
        const name = cacheName('past_key_values', layer, 'decoder', part);
        feeds[name]!.dispose();
        feeds[name] = outputs[cacheName('present', layer, 'decoder', part)]!;
      }
    }
    return outputs;
  }

  /** Cuts the decoder's cache back to `length` positions; false when it lives on a device and cannot be cut. */
  truncateCache(feeds: Tensors, length: number): boolean {
    const names = this.#cacheNames('past_key_values', 'decoder');
    if (names.some((name) => feeds[name]!.location !== 'cpu')) return false;
    for (const name of names) feeds[name] = this.#firstPositions(feeds[name]!, length);
    return true;
  }

  /** Frees what a run still holds. */
  free(feeds: Tensors): void {
    for (const [name, tensor] of Object.entries(feeds)) {
      if (name.startsWith('past_key_values.') && this.#emptyCache[name] !== tensor) tensor.dispose();
    }
  }

  int64(values: BigInt64Array): Tensor {
    return new this.#ort.Tensor('int64', values, [1, values.length]);
  }

  #tokenFeeds(tokens: readonly number[], position: number, cached: boolean): Tensors {
    const feeds: Tensors = {
      input_ids: this.int64(BigInt64Array.from(tokens, BigInt)),
      use_cache_branch: new this.#ort.Tensor('bool', Uint8Array.of(cached ? 1 : 0), [1]),
    };
    if (this.#session.inputNames.includes('cache_position')) {
      feeds['cache_position'] = new this.#ort.Tensor('int64', BigInt64Array.from(tokens, (_, i) => BigInt(position + i)), [tokens.length]);
    }
    return feeds;
  }

  #firstPositions(cache: Tensor, length: number): Tensor {
    const [batch, heads, held, width] = cache.dims as [number, number, number, number];
    const source = cache.data as Float32Array;
    const kept = new Float32Array(batch * heads * length * width);
    for (let head = 0; head < batch * heads; head++) {
      kept.set(source.subarray(head * held * width, (head * held + length) * width), head * length * width);
    }
    return new this.#ort.Tensor('float32', kept, [batch, heads, length, width]);
  }

  #emptyTensor(name: string): Tensor {
    const shape = this.#session.inputShape(name);
    const [, heads, , width] = shape;
    if (shape.length !== 4 || typeof heads !== 'number' || typeof width !== 'number') {
      throw new ModelError('VOICE_ERR_MODEL_FORMAT', `Input ${name} has shape [${shape.join(', ')}]; expected four dimensions with fixed heads and width`, { stage: 'stt' });
    }
    return new this.#ort.Tensor('float32', new Float32Array(0), [1, heads, 0, width]);
  }

  #cacheNames(prefix: 'past_key_values' | 'present', side: 'decoder' | 'encoder'): string[] {
    return Array.from({ length: this.#layerCount }, (_, layer) => [cacheName(prefix, layer, side, 'key'), cacheName(prefix, layer, side, 'value')]).flat();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#session[Symbol.asyncDispose]();
  }
}

/** Session options that keep a decoder's caches in GPU memory between calls, when it runs there. */
export function keepCachesOnDevice(options: OnnxSessionOptions, layerCount: number): OnnxSessionOptions {
  if (!runsOnGpu(options) || options.preferredOutputLocation !== undefined) return options;
  const names = Array.from({ length: layerCount }, (_, layer) => (['decoder', 'encoder'] as const).flatMap((side) => [cacheName('present', layer, side, 'key'), cacheName('present', layer, side, 'value')])).flat();
  return { ...options, preferredOutputLocation: Object.fromEntries(names.map((name) => [name, 'gpu-buffer'])) };
}

function runsOnGpu(options: OnnxSessionOptions): boolean {
  return (options.executionProviders ?? []).some((provider) => (typeof provider === 'string' ? provider : provider.name) === 'webgpu');
}

/** The decoding of one piece of audio: tokens in, logits out, caches kept between. */
export class DecoderRun implements Disposable {
  readonly #decoder: CachedDecoder;
  readonly #feeds: Tensors;
  #tokens: number[] = [];

  constructor(decoder: CachedDecoder, feeds: Tensors) {
    this.#decoder = decoder;
    this.#feeds = feeds;
  }

  /** Reads `tokens` from the start; gives a row of logits for each. */
  async begin(tokens: readonly number[]): Promise<LogitRows> {
    const outputs = await this.#decoder.runFirst(this.#feeds, tokens, false);
    this.#tokens = [...tokens];
    return logitRows(outputs['logits']!);
  }

  /** Reads the next token; gives one row. */
  async advance(token: number): Promise<LogitRows> {
    const outputs = await this.#decoder.runNext(this.#feeds, token, this.#tokens.length);
    this.#tokens.push(token);
    return logitRows(outputs['logits']!);
  }

  /** Forgets all but the first `length` tokens. */
  async rewind(length: number): Promise<void> {
    if (length === this.#tokens.length) return;
    const kept = this.#tokens.slice(0, length);
    if (this.#decoder.truncateCache(this.#feeds, length)) this.#tokens = kept;
    else {
      this.#decoder.free(this.#feeds);
      await this.begin(kept);
    }
  }

  /** Reads `tokens` from the start and gives each cross-attention output of the graph, [1, heads, tokens, frames]. Ends the run. */
  async attend(tokens: readonly number[]): Promise<readonly Tensor[]> {
    this.#decoder.free(this.#feeds);
    const outputs = await this.#decoder.runFirst(this.#feeds, tokens, true);
    return this.#decoder.crossAttentionNames.map((name) => outputs[name]!);
  }

  [Symbol.dispose](): void {
    this.#decoder.free(this.#feeds);
  }
}

function logitRows(logits: Tensor): LogitRows {
  if (!(logits.data instanceof Float32Array)) {
    throw new EngineError('VOICE_ERR_ENGINE_FAILED', `The decoder gave ${logits.type} logits; expected float32. Choose another dtype`, { stage: 'stt' });
  }
  return { data: logits.data, rowCount: logits.dims[1]!, vocabularySize: logits.dims[2]! };
}

function cacheName(prefix: 'past_key_values' | 'present', layer: number, side: 'decoder' | 'encoder', part: 'key' | 'value'): string {
  return `${prefix}.${layer}.${side}.${part}`;
}
