import { AUDIBLE_AMPLITUDE } from '../audio/level.ts';
import type { SpeechChunk } from './tts-engine.ts';

/** Kept of the quiet before the first audible sample: soft consonants begin below what counts as audible. */
const KEPT_MS = 20;

/**
 * The chunk without most of the quiet at its start, its words' times moved along. Voices begin with silence (the
 * starter voice with 72 ms), which at the start of a reply is nothing but waiting.
 * @returns the same chunk if there is nothing to cut, or nothing audible in it.
 */
export function withoutLeadingQuiet(chunk: SpeechChunk): SpeechChunk {
  const audibleAt = chunk.samples.findIndex((sample) => Math.abs(sample) > AUDIBLE_AMPLITUDE);
  const cutCount = audibleAt - Math.round((KEPT_MS * chunk.sampleRate) / 1000);
  if (cutCount <= 0) return chunk;
  const cutMs = (cutCount * 1000) / chunk.sampleRate;
  const earlier = (ms: number) => Math.max(0, ms - cutMs);
  return {
    ...chunk,
    samples: chunk.samples.slice(cutCount),
    words: chunk.words.map((word) => ({ ...word, startMs: earlier(word.startMs), endMs: earlier(word.endMs) })),
  };
}
