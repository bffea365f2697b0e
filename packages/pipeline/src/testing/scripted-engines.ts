import type { Clock } from '../stream/clock.ts';
import type { LlmEngine, LlmEvent, LlmRequest, LlmSession } from '../llm/llm-engine.ts';
import type { VoiceEngines } from '../session/voice-session-port.ts';
import type { SttEngine, SttStream, Transcript } from '../stt/stt-engine.ts';
import type { SpeechChunk, SynthesizeOptions, TtsEngine } from '../tts/tts-engine.ts';
import type { VadEngine } from '../vad/vad-engine.ts';

/** Level above which {@link scriptedVad} hears speech; {@link speechSamples} is well above it. */
const SPEECH_LEVEL = 0.05;

/** A detector that hears speech in whatever is loud. */
export function scriptedVad(options: { readonly clock?: Clock; readonly delayMs?: number } = {}): VadEngine {
  return {
    specVersion: 'v1',
    capabilities: { sampleRate: 16_000, frameSampleCount: 512 },
    openStream: () => ({
      async process(samples, call) {
        if (options.clock !== undefined) await options.clock.sleep(options.delayMs ?? 0, call);
        return isLoud(samples) ? 0.99 : 0.01;
      },
      reset() {},
      [Symbol.dispose]() {},
    }),
    async [Symbol.asyncDispose]() {},
  };
}

function isLoud(samples: Float32Array): boolean {
  for (let i = 0; i < samples.length; i++) if (Math.abs(samples[i]!) > SPEECH_LEVEL) return true;
  return false;
}

export type ScriptedSttOptions = {
  readonly clock: Clock;
  /** What successive utterances say; the last one repeats. */
  readonly texts: readonly string[];
  readonly delayMs?: number;
  readonly confidence?: number;
  /** Throws instead of answering, for each utterance number (from 0) in the set. */
  readonly failOn?: ReadonlySet<number>;
};

/** A recogniser that knows beforehand what will be said. Partials reveal one word for each 250 ms heard. */
export function scriptedStt(options: ScriptedSttOptions): SttEngine & { readonly transcribedCount: () => number } {
  let utterance = -1;
  let transcribedCount = 0;
  const textOf = (number: number) => options.texts[Math.min(number, options.texts.length - 1)] ?? '';
  const transcriptOf = (text: string, sampleCount: number): Transcript => ({
    text,
    confidence: text === '' ? 0 : (options.confidence ?? 0.95),
    tokens: [],
    audioMs: sampleCount / 16,
  });
  const openStream = (): SttStream => {
    const number = ++utterance;
    let sampleCount = 0;
    return {
      push(samples) {
        sampleCount += samples.length;
      },
      async partial(call) {
        await options.clock.sleep((options.delayMs ?? 0) / 2, call);
        const text = textOf(number).split(' ').slice(0, Math.ceil(sampleCount / 16 / 250)).join(' ');
        return { text, stableText: text, audioMs: sampleCount / 16 };
      },
      async finish(call) {
        await options.clock.sleep(options.delayMs ?? 0, call);
        if (options.failOn?.has(number)) throw new Error(`scripted failure of utterance ${number}`);
        transcribedCount++;
        return transcriptOf(textOf(number), sampleCount);
      },
      async [Symbol.asyncDispose]() {},
    };
  };
  return {
    specVersion: 'v1',
    capabilities: { sampleRate: 16_000, languages: ['en'], wordTimestamps: false, maxSegmentMs: 30_000 },
    async transcribe(samples, call) {
      const stream = openStream();
      stream.push(samples);
      return stream.finish(call);
    },
    openStream,
    transcribedCount: () => transcribedCount,
    async [Symbol.asyncDispose]() {},
  };
}

export type ScriptedLlmOptions = {
  readonly clock: Clock;
  /** The reply to a request, or the events to stream. */
  readonly answer: (request: LlmRequest) => string | readonly LlmEvent[];
  /** Before the first token. */
  readonly prefillMs?: number;
  /** Before each further token. */
  readonly tokenMs?: number;
  readonly contextTokenCount?: number;
};

/** A language model that answers by rote, a word at a time. Keeps the requests it was given. */
export function scriptedLlm(options: ScriptedLlmOptions): LlmEngine & { readonly requests: LlmRequest[] } {
  const requests: LlmRequest[] = [];
  const session = (): LlmSession => ({
    async warm() {},
    async *generate(request, call) {
      requests.push(request);
      const answer = options.answer(request);
      await options.clock.sleep(options.prefillMs ?? 0, call);
      const events = typeof answer === 'string' ? wordsAsDeltas(answer) : answer;
      for (const event of events) {
        if (event.type === 'text-delta') await options.clock.sleep(options.tokenMs ?? 0, call);
        yield event;
      }
    },
    async [Symbol.asyncDispose]() {},
  });
  return {
    specVersion: 'v1',
    capabilities: { contextTokenCount: options.contextTokenCount ?? 4096, tools: true, jsonSchema: true, prefixCache: true },
    openSession: () => Promise.resolve(session()),
    requests,
    async [Symbol.asyncDispose]() {},
  };
}

function wordsAsDeltas(text: string): LlmEvent[] {
  const deltas: LlmEvent[] = (text.match(/\S+\s*/g) ?? []).map((word) => ({ type: 'text-delta', text: word }));
  return [...deltas, { type: 'finish', reason: 'stop', usage: { inputTokenCount: 10, cachedTokenCount: 0, outputTokenCount: deltas.length } }];
}

/** Length of every word that {@link scriptedTts} speaks. */
export const SCRIPTED_WORD_MS = 200;

/** A voice that gives each word the same length, as a tone. */
export function scriptedTts(options: { readonly clock: Clock; readonly delayMs?: number }): TtsEngine & { readonly spoken: string[] } {
  const spoken: string[] = [];
  return {
    specVersion: 'v1',
    capabilities: { sampleRate: 24_000, voices: ['tone'], exactWordTimings: true },
    spoken,
    async *synthesize(text: string, call: SynthesizeOptions = {}): AsyncGenerator<SpeechChunk> {
      await options.clock.sleep(options.delayMs ?? 0, call);
      spoken.push(text);
      const words = text.split(/\s+/).filter(Boolean);
      const samples = toneSamples((words.length * SCRIPTED_WORD_MS * 24_000) / 1000, 24_000);
      yield {
        samples,
        sampleRate: 24_000,
        text,
        words: words.map((word, i) => ({ text: word, startMs: i * SCRIPTED_WORD_MS, endMs: (i + 1) * SCRIPTED_WORD_MS })),
      };
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** All four, for tests that vary only one. */
export function scriptedEngines(clock: Clock, options: { readonly texts: readonly string[]; readonly answer: ScriptedLlmOptions['answer'] }): VoiceEngines {
  return {
    vad: scriptedVad(),
    stt: scriptedStt({ clock, texts: options.texts }),
    llm: scriptedLlm({ clock, answer: options.answer }),
    tts: scriptedTts({ clock }),
  };
}

/** Audio that {@link scriptedVad} takes for speech. */
export function speechSamples(durationMs: number, sampleRate = 16_000): Float32Array {
  return toneSamples((durationMs * sampleRate) / 1000, sampleRate);
}

/** Audio that {@link scriptedVad} takes for silence. */
export function silenceSamples(durationMs: number, sampleRate = 16_000): Float32Array {
  return new Float32Array(Math.round((durationMs * sampleRate) / 1000));
}

function toneSamples(sampleCount: number, sampleRate: number): Float32Array {
  return Float32Array.from({ length: Math.round(sampleCount) }, (_, i) => 0.3 * Math.sin((2 * Math.PI * 220 * (i + 0.5)) / sampleRate));
}
