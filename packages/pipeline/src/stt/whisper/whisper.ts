import type { Tensor } from 'onnxruntime-common';
import { assertFiniteSamples, LISTENING_SAMPLE_RATE } from '../../audio/audio-frame.ts';
import { DisposedError } from '../../errors.ts';
import { type ModelFiles, readJson, readOptionalJson, requireInteger } from '../../models/model-files.ts';
import type { OnnxRuntime, OnnxSessionOptions } from '../../models/onnx-runtime.ts';
import { graphFileName, type ModelDtype, type OnnxSession, openOnnxSession } from '../../models/onnx-session.ts';
import { createBpeDetokenizer, type Detokenizer } from '../bpe-detokenizer.ts';
import { createByteLevelEncoder } from '../byte-level-encoder.ts';
import { CachedDecoder, keepCachesOnDevice, type DecoderRun, type LogitRows } from '../cached-decoder.ts';
import { decodeGreedily, type GreedyResult } from '../greedy-decode.ts';
import { GrowingSegment } from '../growing-segment.ts';
import { EMPTY_HYPOTHESIS, type Hypothesis, joinHypotheses, toTranscript } from '../hypothesis.ts';
import { pickGreedily, probabilityOf } from '../logits.ts';
import { isDigitalSilence } from '../quiet-split.ts';
import type { SttCapabilities, SttEngine, SttStream, TranscribeOptions, Transcript } from '../stt-engine.ts';
import { alignWords } from '../word-alignment.ts';
import { compressionRatio } from './compression-ratio.ts';
import { LogMel, MEL_FRAME_COUNT, WHISPER_WINDOW_SAMPLE_COUNT } from './log-mel.ts';
import { advanceWindow } from './seek.ts';
import { applyTokenRules, type TokenRules } from './token-rules.ts';
import { languageToken, readWhisperVocabulary, type WhisperVocabulary } from './whisper-vocabulary.ts';

/** Thresholds of openai/whisper transcribe.py. */
const NO_SPEECH_THRESHOLD = 0.6;
const MIN_MEAN_LOG_PROBABILITY = -1;
const MAX_COMPRESSION_RATIO = 2.4;
/** One encoder position is two mel frames. */
const FRAME_MS = 20;
/** Half of the decoder's 448 positions; the other half is for the prompt. */
const MAX_TOKEN_COUNT = 224;
/** Fast speech in the scripts that Whisper spells with most tokens; more is a hallucination. */
const MAX_TOKENS_PER_SECOND = 20;
const MIN_TOKEN_LIMIT = 16;
/** Run of tokens that a second decoding may not repeat, after the first was stuck in a loop. */
const UNIQUE_RUN_LENGTH = 4;

export type WhisperOptions = {
  readonly ort: OnnxRuntime;
  /** `config.json`, `generation_config.json`, `preprocessor_config.json`, `tokenizer.json`, and in `onnx/` the encoder and the merged decoder. */
  readonly files: ModelFiles;
  readonly sessionOptions?: OnnxSessionOptions;
  /** Precision of each graph. @defaultValue fp32 */
  readonly dtype?: ModelDtype | { readonly encoder: ModelDtype; readonly decoder: ModelDtype };
  /** Turn non-speech into an empty transcript and decode again what loops or makes no sense. @defaultValue true */
  readonly guardHallucination?: boolean;
};

/**
 * Loads a Whisper model, tiny to large-v3-turbo, or distil-whisper (arXiv 2212.04356).
 *
 * Without `language` a multilingual model detects it, at the cost of one decoder step. Word timings come from exports with
 * `cross_attentions` outputs (the `_timestamped` repositories).
 * @throws {ModelError} VOICE_ERR_MODEL_NOT_FOUND, VOICE_ERR_MODEL_LOAD, VOICE_ERR_MODEL_FORMAT
 */
export async function createWhisper(options: WhisperOptions): Promise<SttEngine> {
  const { ort, files, sessionOptions = {}, dtype = 'fp32' } = options;
  const precision = typeof dtype === 'string' ? { encoder: dtype, decoder: dtype } : dtype;
  const generation = await readJson(files, 'generation_config.json');
  const preprocessor = await readOptionalJson(files, 'preprocessor_config.json');
  const tokenizer = await readJson(files, 'tokenizer.json');
  const detokenizer = createBpeDetokenizer(tokenizer);
  const encoder = await openOnnxSession(ort, files, graphFileName('onnx/encoder_model', precision.encoder), 'stt', sessionOptions);
  encoder.requireNames(['input_features'], ['last_hidden_state']);
  const config = await readJson(files, 'config.json');
  const decoderSession = await openOnnxSession(ort, files, graphFileName('onnx/decoder_model_merged', precision.decoder), 'stt', keepCachesOnDevice(sessionOptions, requireInteger(config, 'decoder_layers', 'config.json')));
  const vocabulary = readWhisperVocabulary(detokenizer, generation);
  const decoder = new CachedDecoder(ort, decoderSession);
  return new Whisper({
    ort, encoder, decoder, detokenizer, generation,
    encodeText: createByteLevelEncoder(tokenizer),
    vocabulary,
    features: new LogMel(Number(preprocessor['feature_size'] ?? 80), preprocessor['mel_filters'] as number[][] | undefined),
    guard: options.guardHallucination ?? true,
  });
}

type WhisperParts = {
  readonly ort: OnnxRuntime;
  readonly encoder: OnnxSession;
  readonly decoder: CachedDecoder;
  readonly detokenizer: Detokenizer;
  readonly generation: Record<string, unknown>;
  readonly encodeText: (text: string) => number[];
  readonly vocabulary: WhisperVocabulary;
  readonly features: LogMel;
  readonly guard: boolean;
};

type WindowOptions = Pick<TranscribeOptions, 'language' | 'prompt' | 'words'> & {
  readonly draft?: readonly number[];
  readonly timestamps?: boolean;
  readonly signal?: AbortSignal | undefined;
};

/** A window's tokens, timestamps included, and what was learnt on the way. */
type WindowResult = GreedyResult & { readonly prompt: readonly number[]; readonly noSpeechProbability: number | undefined; readonly language: string | undefined };

class Whisper implements SttEngine {
  readonly specVersion = 'v1';
  readonly capabilities: SttCapabilities;
  readonly #parts: WhisperParts;
  #disposed = false;

  constructor(parts: WhisperParts) {
    this.#parts = parts;
    const languages = [...parts.vocabulary.languages.keys()];
    this.capabilities = {
      sampleRate: LISTENING_SAMPLE_RATE,
      languages: languages.length > 0 ? languages : ['en'],
      wordTimestamps: parts.decoder.crossAttentionNames.length > 0,
      maxSegmentMs: toMs(WHISPER_WINDOW_SAMPLE_COUNT),
    };
  }

  async transcribe(samples: Float32Array, options: TranscribeOptions = {}): Promise<Transcript> {
    assertFiniteSamples(samples);
    return toTranscript(await this.#decode(samples, options), toMs(samples.length));
  }

  openStream(options: TranscribeOptions = {}): SttStream {
    if (this.#disposed) throw new DisposedError('The Whisper engine');
    const words = (options.words ?? false) && this.capabilities.wordTimestamps;
    return new GrowingSegment({
      sampleRate: LISTENING_SAMPLE_RATE,
      maxSegmentMs: this.capabilities.maxSegmentMs,
      finalAddsMore: words,
      decode: (samples, { draft, final, signal }) => this.#decode(samples, { ...options, draft, words: words && final, signal }),
    }, options.signal);
  }

  #decode(samples: Float32Array, options: WindowOptions): Promise<Hypothesis> {
    return samples.length <= WHISPER_WINDOW_SAMPLE_COUNT ? this.#decodeWindow(samples, options).then(({ hypothesis }) => hypothesis) : this.#decodeLong(samples, options);
  }

  /** Window after window, each from where the last finished segment of the one before ended. */
  async #decodeLong(samples: Float32Array, options: WindowOptions): Promise<Hypothesis> {
    const pieces: Hypothesis[] = [];
    const offsetsMs: number[] = [];
    for (let start = 0; start < samples.length;) {
      const window = samples.subarray(start, start + WHISPER_WINDOW_SAMPLE_COUNT);
      const { hypothesis, advanceMs } = await this.#decodeWindow(window, { ...options, draft: [], timestamps: true });
      pieces.push(hypothesis);
      offsetsMs.push(toMs(start));
      start += Math.round((advanceMs * LISTENING_SAMPLE_RATE) / 1000);
    }
    return joinHypotheses(pieces, offsetsMs);
  }

  async #decodeWindow(samples: Float32Array, options: WindowOptions): Promise<{ hypothesis: Hypothesis; advanceMs: number }> {
    if (this.#disposed) throw new DisposedError('The Whisper engine');
    options.signal?.throwIfAborted();
    const windowMs = toMs(samples.length);
    if (isDigitalSilence(samples)) return { hypothesis: EMPTY_HYPOTHESIS, advanceMs: windowMs };
    const encoded = await this.#encode(samples);
    try {
      using run = this.#parts.decoder.start(encoded, samples.length);
      const result = await this.#bestResult(run, samples.length, options);
      const { keptTokenCount, advanceMs } = options.timestamps ? advanceWindow(result.tokens, this.#parts.vocabulary.firstTimestamp, windowMs) : { keptTokenCount: result.tokens.length, advanceMs: windowMs };
      const hypothesis = await this.#toHypothesis(run, result, keptTokenCount, windowMs, options);
      return { hypothesis, advanceMs };
    } finally {
      encoded.dispose();
    }
  }

  async #encode(samples: Float32Array): Promise<Tensor> {
    const { ort, encoder, features } = this.#parts;
    const input = new ort.Tensor('float32', features.compute(samples), [1, features.melCount, MEL_FRAME_COUNT]);
    return (await encoder.run({ input_features: input }, ['last_hidden_state']))['last_hidden_state']!;
  }

  /** Decodes, and once more with repetition forbidden when the first try went wrong. */
  async #bestResult(run: DecoderRun, sampleCount: number, options: WindowOptions): Promise<WindowResult> {
    const language = await this.#language(run, options);
    const first = await this.#decodeOnce(run, sampleCount, language, options, undefined);
    if (!this.#parts.guard || (await this.#isPlausible(first)) || isNonSpeech(first)) return first;
    const second = await this.#decodeOnce(run, sampleCount, language, { ...options, draft: [], prompt: '' }, UNIQUE_RUN_LENGTH);
    return first.stop === 'loop' || mean(second.logProbabilities) > mean(first.logProbabilities) ? second : first;
  }

  async #language(run: DecoderRun, options: WindowOptions): Promise<{ readonly token: number; readonly tag: string } | undefined> {
    const { vocabulary } = this.#parts;
    if (options.language !== undefined) {
      const token = languageToken(vocabulary, options.language);
      return token === undefined ? undefined : { token, tag: tagOf(vocabulary, token) };
    }
    if (vocabulary.languages.size === 0) return undefined;
    const rows = await run.begin([vocabulary.start]);
    const tokens = [...vocabulary.languages.values()];
    const best = pickGreedily(Float32Array.from(tokens, (token) => rows.data[token]!), 0, tokens.length).token;
    return { token: tokens[best]!, tag: tagOf(vocabulary, tokens[best]!) };
  }

  async #decodeOnce(run: DecoderRun, sampleCount: number, language: { readonly token: number; readonly tag: string } | undefined, options: WindowOptions, uniqueRunLength: number | undefined): Promise<WindowResult> {
    const { vocabulary } = this.#parts;
    const prompt = this.#prompt(language?.token, options);
    const rules = this.#rules(options.timestamps ?? false, uniqueRunLength);
    let noSpeechProbability: number | undefined;
    const result = await decodeGreedily(run, {
      prompt,
      draft: options.draft ?? [],
      endToken: vocabulary.end,
      maxTokens: this.#parts.guard ? tokenLimit(sampleCount) : MAX_TOKEN_COUNT,
      guardRepetition: this.#parts.guard,
      signal: options.signal,
      adjust: (logits, offset, vocabularySize, chosen) => applyTokenRules(rules, vocabulary, logits.subarray(offset, offset + vocabularySize), chosen),
      onPromptLogits: (rows: LogitRows) => {
        if (vocabulary.noSpeech === undefined) return;
        noSpeechProbability = probabilityOf(rows.data, prompt.indexOf(vocabulary.start) * rows.vocabularySize, rows.vocabularySize, vocabulary.noSpeech);
      },
    });
    return { ...result, prompt, noSpeechProbability, language: language?.tag };
  }

  #prompt(languageId: number | undefined, options: WindowOptions): number[] {
    const { vocabulary, encodeText } = this.#parts;
    const text = options.prompt?.trim() ? encodeText(` ${options.prompt.trim()}`).slice(-(MAX_TOKEN_COUNT - 1)) : [];
    return [
      ...(text.length > 0 ? [vocabulary.startOfPrevious, ...text] : []),
      vocabulary.start,
      ...(languageId === undefined ? [] : [languageId, vocabulary.transcribe]),
      ...(options.timestamps ? [] : [vocabulary.noTimestamps]),
    ];
  }

  #rules(timestamps: boolean, uniqueRunLength: number | undefined): TokenRules {
    const { generation } = this.#parts;
    const maxInitial = generation['max_initial_timestamp_index'];
    return {
      suppressed: (generation['suppress_tokens'] ?? []) as number[],
      suppressedFirst: (generation['begin_suppress_tokens'] ?? []) as number[],
      timestamps,
      maxInitialTimestamp: typeof maxInitial === 'number' ? maxInitial : undefined,
      uniqueRunLength,
    };
  }

  async #isPlausible(result: WindowResult): Promise<boolean> {
    if (result.stop === 'loop' || mean(result.logProbabilities) < MIN_MEAN_LOG_PROBABILITY) return false;
    return (await compressionRatio(this.#parts.detokenizer.decode(result.tokens))) <= MAX_COMPRESSION_RATIO;
  }

  async #toHypothesis(run: DecoderRun, result: WindowResult, keptTokenCount: number, windowMs: number, options: WindowOptions): Promise<Hypothesis> {
    const { vocabulary, detokenizer, decoder, generation, guard } = this.#parts;
    const learnt = {
      ...(result.language !== undefined && { language: result.language }),
      ...(result.noSpeechProbability !== undefined && { noSpeechProbability: result.noSpeechProbability }),
    };
    if (guard && isNonSpeech(result)) return { ...EMPTY_HYPOTHESIS, ...learnt };
    const isText = (token: number, index: number) => index < keptTokenCount && token < vocabulary.end;
    const tokens = result.tokens.filter(isText);
    const logProbabilities = result.logProbabilities.filter((_, i) => isText(result.tokens[i]!, i));
    const hypothesis = { tokens, logProbabilities, text: detokenizer.decode(tokens).trim(), ...learnt };
    if (!options.words || decoder.crossAttentionNames.length === 0 || tokens.length === 0) return hypothesis;
    const prompt = options.timestamps ? [...result.prompt, vocabulary.noTimestamps] : result.prompt;
    const attention = await run.attend([...prompt, ...tokens, vocabulary.end]);
    const words = alignWords(attention, {
      tokens, detokenizer, promptLength: prompt.length, frameMs: FRAME_MS, audioMs: windowMs,
      heads: generation['alignment_heads'] as [number, number][] | undefined,
    });
    return { ...hypothesis, words };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#parts.decoder[Symbol.asyncDispose]();
    await this.#parts.encoder[Symbol.asyncDispose]();
  }
}

/** openai/whisper: silence is believed only where the words are unsure as well. */
function isNonSpeech(result: WindowResult): boolean {
  return (result.noSpeechProbability ?? 0) > NO_SPEECH_THRESHOLD && mean(result.logProbabilities) < MIN_MEAN_LOG_PROBABILITY;
}

function tokenLimit(sampleCount: number): number {
  return Math.min(MAX_TOKEN_COUNT, Math.max(MIN_TOKEN_LIMIT, Math.ceil((sampleCount / LISTENING_SAMPLE_RATE) * MAX_TOKENS_PER_SECOND)));
}

function tagOf(vocabulary: WhisperVocabulary, token: number): string {
  return [...vocabulary.languages].find(([, id]) => id === token)![0];
}

function mean(logProbabilities: readonly number[]): number {
  return logProbabilities.length === 0 ? 0 : logProbabilities.reduce((sum, value) => sum + value, 0) / logProbabilities.length;
}

function toMs(sampleCount: number): number {
  return (sampleCount * 1000) / LISTENING_SAMPLE_RATE;
}
