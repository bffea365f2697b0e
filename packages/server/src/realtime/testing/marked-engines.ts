import { type Clock, EngineError, type LlmEngine, type SttEngine, type TtsEngine, type VoiceEngines } from '@sotto/pipeline';
import { scriptedVad } from '@sotto/pipeline/testing';
import type { SeededRandom } from './seeded-random.ts';

/** Loudness steps by which sessions are told apart in audio. */
const LEVEL_STEP = 0.1;

/** Constant audio that belongs to session `mark`, 1 to 8. */
export function markedAudio(mark: number, sampleCount: number): Float32Array {
  return new Float32Array(sampleCount).fill(mark * LEVEL_STEP);
}

/** Whose audio this is: every mark that can be heard in it. */
export function marksInAudio(samples: Float32Array): Set<number> {
  const marks = new Set<number>();
  for (const sample of samples) if (Math.abs(sample) > LEVEL_STEP / 2) marks.add(Math.round(sample / LEVEL_STEP));
  return marks;
}

/** Names by which sessions are told apart in words; letters only, because digits are spoken as words. */
const NAMES = ['nobody', 'anselm', 'bertha', 'corvin', 'dagmar', 'egbert', 'fridolin', 'gudrun', 'hedwig'] as const;

export function nameOf(mark: number): string {
  return NAMES[mark] ?? 'nobody';
}

/** Whose words these are: every mark that is named in them. */
export function marksInText(text: string): Set<number> {
  return new Set([...text.matchAll(new RegExp(NAMES.join('|'), 'g'))].map(([name]) => NAMES.indexOf(name as never)));
}

/** The loudest half decides: where audio begins and ends it is blurred by filters. */
function markOf(samples: Float32Array): number {
  const loud = samples.filter((sample) => sample > LEVEL_STEP / 2).sort();
  return loud.length === 0 ? 0 : Math.round(loud[Math.floor(loud.length / 2)]! / LEVEL_STEP);
}

/**
 * Engines that carry the mark of a session from its audio into words, from
 * words into the answer, and from the answer into audio; shared by all
 * sessions, slow by chance, and crashing now and then.
 */
export function markedEngines(random: SeededRandom, clock: Clock, options: { readonly crashShare: number; readonly leakShare?: number; readonly onMixture: (what: string) => void }): VoiceEngines {
  const work = async (stage: 'stt' | 'llm' | 'tts', signal: AbortSignal | undefined) => {
    for (let turns = random.below(4); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    if (random.next() < options.crashShare) throw new EngineError('VOICE_ERR_WORKER_CRASHED', `The ${stage} worker died`, { stage, retryable: true });
  };
  const transcribe = async (samples: Float32Array, signal: AbortSignal | undefined) => {
    await work('stt', signal);
    // A planted fault, for seeing that it is noticed.
    const leaked = random.next() < (options.leakShare ?? 0) ? 1 : 0;
    const text = samples.length === 0 ? '' : `${nameOf(markOf(samples) + leaked)} speaks`;
    return { text, confidence: 0.9, tokens: [], audioMs: samples.length / 16 };
  };
  const stt: SttEngine = {
    specVersion: 'v1',
    capabilities: { sampleRate: 16_000, languages: ['en'], wordTimestamps: false, maxSegmentMs: 30_000 },
    transcribe: (samples, call) => transcribe(samples, call?.signal),
    openStream: (call) => {
      const pushed: number[] = [];
      return {
        push: (samples) => void pushed.push(...samples),
        partial: () => Promise.resolve(undefined),
        finish: (finish) => transcribe(Float32Array.from(pushed), finish?.signal ?? call?.signal),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const llm: LlmEngine = {
    specVersion: 'v1',
    capabilities: { contextTokenCount: 4096, tools: true, jsonSchema: false, prefixCache: true },
    openSession: () =>
      Promise.resolve({
        warm: () => Promise.resolve(),
        async *generate(request, call) {
          const marks = marksInText(JSON.stringify(request.messages));
          if (marks.size > 1) options.onMixture(`the model was given words of sessions ${[...marks].join(', ')}`);
          const [mark = 0] = marks;
          for (const word of ['answer', ' to', ` ${nameOf(mark)}`]) {
            await work('llm', call?.signal);
            yield { type: 'text-delta', text: word };
          }
          yield { type: 'finish', reason: 'stop', usage: { inputTokenCount: 1, cachedTokenCount: 0, outputTokenCount: 3 } };
        },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const tts: TtsEngine = {
    specVersion: 'v1',
    capabilities: { sampleRate: 24_000, voices: ['marked'], exactWordTimings: true },
    async *synthesize(text, call) {
      await work('tts', call?.signal);
      const [mark = 0] = marksInText(text);
      const words = text.split(' ').map((word, index) => ({ text: word, startMs: index * 20, endMs: (index + 1) * 20 }));
      yield { samples: markedAudio(mark, words.length * 480), sampleRate: 24_000, text, words };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { vad: scriptedVad({ clock, delayMs: 0 }), stt, llm, tts };
}
