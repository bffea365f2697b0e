import { SPEAKING_SAMPLE_RATE } from '../audio/audio-frame.ts';
import { ConfigError, DisposedError, EngineError, ModelError } from '../errors.ts';
import { type ModelFiles, readJson } from '../models/model-files.ts';
import type { OnnxRuntime, OnnxSessionOptions } from '../models/onnx-runtime.ts';
import { graphFileName, type ModelDtype, type OnnxSession, openOnnxSession } from '../models/onnx-session.ts';
import type { Phonemizer } from './phonemizer.ts';
import { splitNearMiddle, splitSentences } from './text-pieces.ts';
import { SPEAKING_SPEED_MAX, SPEAKING_SPEED_MIN } from './speaking-speed.ts';
import type { SpeechChunk, SynthesizeOptions, TtsCapabilities, TtsEngine } from './tts-engine.ts';
import { mapWordsToPhonemes } from './word-spans.ts';
import { estimateDurations, timeWords } from './word-timing.ts';

/** Width of one row of a voice file; the row is chosen by the number of phonemes (hexgrad/Kokoro-82M). */
const STYLE_WIDTH = 256;
/** The model's context of 512 less a pad at both ends. */
const MAX_PHONEME_COUNT = 510;
/** One duration step is 600 samples = 25 ms at 24 kHz. */
const DURATION_STEP_MS = 25;
/** Share of samples at full scale above which the sound is broken rather than loud. */
const MAX_CLIPPED_SHARE = 0.01;

export type KokoroOptions = {
  readonly ort: OnnxRuntime;
  /** `tokenizer.json`, `onnx/model.onnx` (or another dtype's) and `voices/<id>.bin`. */
  readonly files: ModelFiles;
  readonly phonemizer: Phonemizer;
  readonly sessionOptions?: OnnxSessionOptions;
  /** @defaultValue 'fp32' */
  readonly dtype?: ModelDtype;
  /** Voice to list first, which is the one used when none is asked for. */
  readonly defaultVoice?: string;
};

/**
 * Loads Kokoro-82M or a voice of the same layout (Apache-2.0, https://huggingface.co/hexgrad/Kokoro-82M).
 *
 * Each sentence is one chunk, so that the first is heard while the next is made and an abort need not wait for all of them.
 * Word times are exact with exports that have a `durations` output, else estimated (`capabilities.exactWordTimings`).
 * @throws {ModelError} VOICE_ERR_MODEL_NOT_FOUND, VOICE_ERR_MODEL_LOAD, VOICE_ERR_MODEL_FORMAT
 */
export async function createKokoro(options: KokoroOptions): Promise<TtsEngine> {
  const { ort, files, phonemizer, dtype = 'fp32', defaultVoice } = options;
  const vocabulary = (await readJson(files, 'tokenizer.json'))['model'] as { vocab?: Record<string, number> } | undefined;
  if (!vocabulary?.vocab) throw new ModelError('VOICE_ERR_MODEL_FORMAT', 'tokenizer.json has no model.vocab; expected Kokoro\'s phoneme table', { stage: 'tts' });
  const voices = (await files.list('voices')).filter((name) => name.endsWith('.bin')).map((name) => name.slice(0, -'.bin'.length)).sort();
  if (voices.length === 0) throw new ModelError('VOICE_ERR_MODEL_NOT_FOUND', 'The model has no voices/*.bin; pull or import at least one voice', { stage: 'tts' });
  if (defaultVoice !== undefined) {
    if (!voices.includes(defaultVoice)) throw unknownVoice(defaultVoice, voices);
    voices.sort((a, b) => Number(b === defaultVoice) - Number(a === defaultVoice));
  }
  // Memory patterns are planned per input length, and every sentence has another: they cost more than they save.
  const session = await openOnnxSession(ort, files, graphFileName('onnx/model', dtype), 'tts', { enableMemPattern: false, ...options.sessionOptions });
  session.requireNames(['input_ids', 'style', 'speed'], ['waveform']);
  return new Kokoro(ort, files, session, phonemizer, new Map(Object.entries(vocabulary.vocab)), voices);
}

/** A text short enough for the model, and its phonemes. */
type Piece = { readonly text: string; readonly phonemes: string };

class Kokoro implements TtsEngine {
  readonly specVersion = 'v1';
  readonly capabilities: TtsCapabilities;
  readonly #ort: OnnxRuntime;
  readonly #files: ModelFiles;
  readonly #session: OnnxSession;
  readonly #phonemizer: Phonemizer;
  readonly #vocabulary: ReadonlyMap<string, number>;
  readonly #styles = new Map<string, Float32Array>();
  #disposed = false;

  constructor(ort: OnnxRuntime, files: ModelFiles, session: OnnxSession, phonemizer: Phonemizer, vocabulary: ReadonlyMap<string, number>, voices: readonly string[]) {
    this.#ort = ort;
    this.#files = files;
    this.#session = session;
    this.#phonemizer = phonemizer;
    this.#vocabulary = vocabulary;
    this.capabilities = { sampleRate: SPEAKING_SAMPLE_RATE, voices, exactWordTimings: session.outputNames.includes('durations') };
  }

  async *synthesize(text: string, options: SynthesizeOptions = {}): AsyncGenerator<SpeechChunk> {
    const { signal, voice = this.capabilities.voices[0]!, speed = 1 } = options;
    if (!this.capabilities.voices.includes(voice)) throw unknownVoice(voice, this.capabilities.voices);
    if (!(speed >= SPEAKING_SPEED_MIN && speed <= SPEAKING_SPEED_MAX)) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `speed is ${speed}; expected ${SPEAKING_SPEED_MIN} to ${SPEAKING_SPEED_MAX}`, { stage: 'tts' });
    const styles = await this.#loadVoice(voice);
    for (const sentence of splitSentences(text)) {
      for await (const piece of this.#pieces(sentence, voice, signal)) {
        const chunk = await this.#speak(piece, styles, speed);
        signal?.throwIfAborted();
        yield chunk;
      }
    }
  }

  /** Halves a text until the model can take its phonemes. */
  async *#pieces(text: string, voice: string, signal: AbortSignal | undefined): AsyncGenerator<Piece> {
    signal?.throwIfAborted();
    if (this.#disposed) throw new DisposedError('The Kokoro engine');
    const phonemes = await this.#phonemizer.phonemize(text, voice);
    signal?.throwIfAborted();
    const count = this.#symbols(phonemes).length;
    if (count > MAX_PHONEME_COUNT) {
      for (const half of splitNearMiddle(text)) yield* this.#pieces(half, voice, signal);
    } else if (/\p{L}/u.test(phonemes)) {
      yield { text, phonemes };
    }
  }

  async #speak({ text, phonemes }: Piece, styles: Float32Array, speed: number): Promise<SpeechChunk> {
    const symbols = this.#symbols(phonemes);
    const ids = [0, ...symbols.map(({ id }) => id), 0];
    const row = Math.min(symbols.length, styles.length / STYLE_WIDTH - 1);
    const { Tensor } = this.#ort;
    const outputs = await this.#session.run({
      input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]),
      style: new Tensor('float32', styles.slice(row * STYLE_WIDTH, (row + 1) * STYLE_WIDTH), [1, STYLE_WIDTH]),
      speed: new Tensor('float32', Float32Array.of(speed), [1]),
    });
    const samples = soundWaveform(outputs['waveform']!.data as Float32Array);
    const durations = outputs['durations'];
    const durationsMs = durations
      ? Array.from(durations.data as ArrayLike<number | bigint>, (steps) => Number(steps) * DURATION_STEP_MS)
      : estimateDurations(symbols.map(({ index }) => phonemes[index]!), samples, SPEAKING_SAMPLE_RATE);
    const words = timeWords(mapWordsToPhonemes(text, phonemes), symbols.map(({ index }) => index), durationsMs);
    return { samples, sampleRate: SPEAKING_SAMPLE_RATE, text, words };
  }

  /** The phonemes that the model knows, with their places; others are dropped as its tokenizer does. */
  #symbols(phonemes: string): { readonly id: number; readonly index: number }[] {
    const symbols: { id: number; index: number }[] = [];
    let index = 0;
    for (const symbol of phonemes) {
      const id = this.#vocabulary.get(symbol);
      if (id !== undefined) symbols.push({ id, index });
      index += symbol.length;
    }
    return symbols;
  }

  async #loadVoice(voice: string): Promise<Float32Array> {
    const known = this.#styles.get(voice);
    if (known) return known;
    const bytes = await this.#files.read(`voices/${voice}.bin`);
    if (bytes.length === 0 || bytes.length % (STYLE_WIDTH * 4) !== 0) {
      throw new ModelError('VOICE_ERR_MODEL_FORMAT', `voices/${voice}.bin has ${bytes.length} bytes; expected rows of ${STYLE_WIDTH} float32 numbers`, { stage: 'tts' });
    }
    const styles = new Float32Array(bytes.slice().buffer);
    this.#styles.set(voice, styles);
    return styles;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await this.#session[Symbol.asyncDispose]();
  }
}

/**
 * Faulty kernels give NaN, silence or noise at full scale instead of an error (microsoft/onnxruntime#29807).
 * @returns a copy that may be transferred to another thread, the few samples beyond full scale set to it.
 */
function soundWaveform(waveform: Float32Array): Float32Array {
  const samples = waveform.slice();
  let peak = 0;
  let clippedCount = 0;
  for (let i = 0; i < samples.length; i++) {
    const level = Math.abs(samples[i]!);
    if (!Number.isFinite(level)) throw brokenSound(`sample ${i} of ${samples.length} is ${samples[i]}`);
    peak = Math.max(peak, level);
    if (level > 1) {
      clippedCount++;
      samples[i] = Math.sign(samples[i]!);
    }
  }
  if (peak === 0) throw brokenSound(samples.length === 0 ? 'no samples' : 'nothing but zeros');
  if (clippedCount > samples.length * MAX_CLIPPED_SHARE) throw brokenSound(`${clippedCount} of ${samples.length} samples beyond full scale`);
  return samples;
}

function brokenSound(what: string): EngineError {
  return new EngineError('VOICE_ERR_ENGINE_FAILED', `Kokoro gave ${what}; load it with another dtype or on another device`, { stage: 'tts' });
}

function unknownVoice(voice: string, voices: readonly string[]): ConfigError {
  return new ConfigError('VOICE_ERR_INVALID_OPTION', `There is no voice "${voice}"; this model has ${voices.join(', ')}`, { stage: 'tts' });
}
