import type { Tensor } from 'onnxruntime-common';
import { assertFiniteSamples, LISTENING_SAMPLE_RATE } from '../audio/audio-frame.ts';
import { DisposedError } from '../errors.ts';
import { type ModelFiles, readJson, readOptionalJson, requireInteger } from '../models/model-files.ts';
import type { OnnxRuntime, OnnxSessionOptions } from '../models/onnx-runtime.ts';
import { graphFileName, type ModelDtype, type OnnxSession, openOnnxSession } from '../models/onnx-session.ts';
import { createBpeDetokenizer, type Detokenizer } from './bpe-detokenizer.ts';
import { CachedDecoder, keepCachesOnDevice } from './cached-decoder.ts';
import { decodeGreedily } from './greedy-decode.ts';
import { GrowingSegment } from './growing-segment.ts';
import { EMPTY_HYPOTHESIS, type Hypothesis, joinHypotheses, toTranscript } from './hypothesis.ts';
import { isDigitalSilence, splitAtQuiet } from './quiet-split.ts';
import type { SttCapabilities, SttEngine, SttStream, TranscribeOptions, Transcript } from './stt-engine.ts';
import { alignWords } from './word-alignment.ts';

/** One encoder frame per 384 samples = 24 ms (strides 64 · 3 · 2 of the three convolutions). */
const FRAME_SAMPLE_COUNT = 384;
/** The convolutions need 895 samples for their first frame; shorter audio is padded with silence. */
const MIN_SAMPLE_COUNT = 1024;
/** Quality falls off beyond 30 s (model card), so longer audio is cut at a quiet place. */
const MAX_SEGMENT_MS = 30_000;
/** Most tokens spoken in a second of English, Moonshine's own limit; languages in other scripts need about 13. */
const MAX_TOKENS_PER_SECOND = 6.5;
/** A short "yes, please" needs more tokens than its length allows. */
const MIN_TOKEN_LIMIT = 8;

export type MoonshineOptions = {
  readonly ort: OnnxRuntime;
  /** `config.json`, `tokenizer.json`, optional `generation_config.json`, and in `onnx/` the encoder and the merged decoder. */
  readonly files: ModelFiles;
  readonly sessionOptions?: OnnxSessionOptions;
  /** Precision of each graph. @defaultValue fp32; q8 suits the decoder but spoils the base model's encoder */
  readonly dtype?: ModelDtype | { readonly encoder: ModelDtype; readonly decoder: ModelDtype };
  /** @defaultValue ['en'] */
  readonly languages?: readonly string[];
  /** Runaway limit. @defaultValue `max_tokens_per_second` of generation_config.json, else 6.5 */
  readonly maxTokensPerSecond?: number;
  /** Cut loops like "the the the". @defaultValue true */
  readonly guardRepetition?: boolean;
};

/**
 * Loads Moonshine v1 (tiny, base, or a model of the same layout; arXiv 2410.15608).
 *
 * Word timings come only from exports with `cross_attentions` outputs; `capabilities.wordTimestamps` says so.
 * @throws {ModelError} VOICE_ERR_MODEL_NOT_FOUND, VOICE_ERR_MODEL_LOAD, VOICE_ERR_MODEL_FORMAT
 */
export async function createMoonshine(options: MoonshineOptions): Promise<SttEngine> {
  const { ort, files, sessionOptions = {}, dtype = 'fp32' } = options;
  const precision = typeof dtype === 'string' ? { encoder: dtype, decoder: dtype } : dtype;
  const config = await readJson(files, 'config.json');
  const generation = await readOptionalJson(files, 'generation_config.json');
  const detokenizer = createBpeDetokenizer(await readJson(files, 'tokenizer.json'));
  const encoder = await openOnnxSession(ort, files, graphFileName('onnx/encoder_model', precision.encoder), 'stt', sessionOptions);
  encoder.requireNames(['input_values'], ['last_hidden_state']);
  const decoderSession = await openOnnxSession(ort, files, graphFileName('onnx/decoder_model_merged', precision.decoder), 'stt', keepCachesOnDevice(sessionOptions, requireInteger(config, 'decoder_num_hidden_layers', 'config.json')));
  const decoder = new CachedDecoder(ort, decoderSession);
  const rate = generation['max_tokens_per_second'];
  return new Moonshine(ort, encoder, decoder, detokenizer, {
    languages: options.languages ?? ['en'],
    startToken: requireInteger(config, 'decoder_start_token_id', 'config.json'),
    endToken: requireInteger(config, 'eos_token_id', 'config.json'),
    maxTokensPerSecond: options.maxTokensPerSecond ?? (typeof rate === 'number' ? rate : MAX_TOKENS_PER_SECOND),
    guardRepetition: options.guardRepetition ?? true,
  });
}

type MoonshineSettings = {
  readonly languages: readonly string[];
  readonly startToken: number;
  readonly endToken: number;
  readonly maxTokensPerSecond: number;
  readonly guardRepetition: boolean;
};

type DecodeOptions = { readonly draft?: readonly number[]; readonly words: boolean; readonly signal?: AbortSignal | undefined };

class Moonshine implements SttEngine {
  readonly specVersion = 'v1';
  readonly capabilities: SttCapabilities;
  readonly #ort: OnnxRuntime;
  readonly #encoder: OnnxSession;
  readonly #decoder: CachedDecoder;
  readonly #detokenizer: Detokenizer;
  readonly #settings: MoonshineSettings;
  #disposed = false;

  constructor(ort: OnnxRuntime, encoder: OnnxSession, decoder: CachedDecoder, detokenizer: Detokenizer, settings: MoonshineSettings) {
    this.#ort = ort;
    this.#encoder = encoder;
    this.#decoder = decoder;
    this.#detokenizer = detokenizer;
    this.#settings = settings;
    this.capabilities = {
      sampleRate: LISTENING_SAMPLE_RATE,
      languages: settings.languages,
      wordTimestamps: decoder.crossAttentionNames.length > 0,
      maxSegmentMs: MAX_SEGMENT_MS,
    };
  }

  async transcribe(samples: Float32Array, options: TranscribeOptions = {}): Promise<Transcript> {
    assertFiniteSamples(samples);
    const hypothesis = await this.#decodeLong(samples, { words: options.words ?? false, signal: options.signal });
    return toTranscript(hypothesis, toMs(samples.length));
  }

  openStream(options: TranscribeOptions = {}): SttStream {
    if (this.#disposed) throw new DisposedError('The Moonshine engine');
    const words = (options.words ?? false) && this.capabilities.wordTimestamps;
    return new GrowingSegment({
      sampleRate: LISTENING_SAMPLE_RATE,
      maxSegmentMs: MAX_SEGMENT_MS,
      finalAddsMore: words,
      decode: (samples, { draft, final, signal }) => this.#decodeLong(samples, { draft, words: final && words, signal }),
    }, options.signal);
  }

  async #decodeLong(samples: Float32Array, options: DecodeOptions): Promise<Hypothesis> {
    const pieces = splitAtQuiet(samples, (MAX_SEGMENT_MS * LISTENING_SAMPLE_RATE) / 1000, LISTENING_SAMPLE_RATE);
    if (pieces.length === 1) return this.#decode(samples, options);
    const hypotheses: Hypothesis[] = [];
    for (const piece of pieces) hypotheses.push(await this.#decode(piece, { words: options.words, signal: options.signal }));
    return joinHypotheses(hypotheses, pieces.map((piece) => toMs((piece.byteOffset - samples.byteOffset) / samples.BYTES_PER_ELEMENT)));
  }

  async #decode(samples: Float32Array, options: DecodeOptions): Promise<Hypothesis> {
    if (this.#disposed) throw new DisposedError('The Moonshine engine');
    options.signal?.throwIfAborted();
    if (isDigitalSilence(samples)) return EMPTY_HYPOTHESIS;
    const { startToken, endToken, guardRepetition } = this.#settings;
    const encoded = await this.#encode(samples);
    try {
      using run = this.#decoder.start(encoded, samples.length);
      const { tokens, logProbabilities } = await decodeGreedily(run, {
        prompt: [startToken],
        draft: options.draft ?? [],
        endToken,
        maxTokens: this.#tokenLimit(samples.length),
        guardRepetition,
        signal: options.signal,
      });
      const text = this.#detokenizer.decode(tokens).trim();
      if (!options.words || !this.capabilities.wordTimestamps || tokens.length === 0) return { tokens, logProbabilities, text };
      const attention = await run.attend([startToken, ...tokens, endToken]);
      const words = alignWords(attention, { tokens, detokenizer: this.#detokenizer, promptLength: 1, frameMs: toMs(FRAME_SAMPLE_COUNT), audioMs: toMs(samples.length) });
      return { tokens, logProbabilities, text, words };
    } finally {
      encoded.dispose();
    }
  }

  async #encode(samples: Float32Array): Promise<Tensor> {
    const input = samples.length >= MIN_SAMPLE_COUNT ? samples : padded(samples);
    const feeds: Record<string, Tensor> = { input_values: new this.#ort.Tensor('float32', input, [1, input.length]) };
    if (this.#encoder.inputNames.includes('attention_mask')) feeds['attention_mask'] = this.#decoder.int64(new BigInt64Array(input.length).fill(1n));
    const outputs = await this.#encoder.run(feeds, ['last_hidden_state']);
    return outputs['last_hidden_state']!;
  }

  #tokenLimit(sampleCount: number): number {
    return Math.max(MIN_TOKEN_LIMIT, Math.ceil((sampleCount / LISTENING_SAMPLE_RATE) * this.#settings.maxTokensPerSecond));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#decoder[Symbol.asyncDispose]();
    await this.#encoder[Symbol.asyncDispose]();
  }
}

function padded(samples: Float32Array): Float32Array {
  const input = new Float32Array(MIN_SAMPLE_COUNT);
  input.set(samples);
  return input;
}

function toMs(sampleCount: number): number {
  return (sampleCount * 1000) / LISTENING_SAMPLE_RATE;
}
