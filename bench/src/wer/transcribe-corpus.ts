import { segmentSpeech, resample, type SttEngine, type VadEngine } from '@sotto/pipeline';
import { readAudioFile } from '@sotto/server';
import type { CorpusUtterance } from '../corpus/utterance.ts';

/** `utterance`: the whole recording at once. `live`: through voice-activity detection in frames, as users get it. */
export type ListeningMode = 'utterance' | 'live';

/** What the recogniser made of one recording, and what it cost. Kept on disk between runs. */
export type TranscribedUtterance = {
  readonly id: string;
  readonly hypothesis: string;
  readonly audioMs: number;
  readonly processingMs: number;
  /** Processor time of all threads; processing of other sessions in this process would count too, so there is none. */
  readonly processorMs: number;
  /** Live mode: speech before the first partial transcript came. */
  readonly firstPartialMs?: number;
  /** Live mode: words told in partials that the final transcript does not have at that place, over words told. */
  readonly revisedWordCount?: number;
  readonly partialWordCount?: number;
};

/** New audio after which a partial is asked for, as the session does. */
const PARTIAL_INTERVAL_MS = 400;

export async function transcribeUtterance({ id, audioPath }: CorpusUtterance, mode: ListeningMode, engines: { readonly vad: VadEngine; readonly stt: SttEngine }, signal: AbortSignal): Promise<TranscribedUtterance> {
  const audio = await readAudioFile(audioPath);
  const samples = resample(audio.samples, audio.sampleRate, engines.stt.capabilities.sampleRate);
  const startMs = performance.now();
  const startUsage = process.cpuUsage();
  const heard = mode === 'utterance' ? { hypothesis: (await engines.stt.transcribe(samples, { signal })).text } : await listenLive(samples, engines, signal);
  const { user, system } = process.cpuUsage(startUsage);
  return { id, audioMs: audio.durationMs, processingMs: performance.now() - startMs, processorMs: (user + system) / 1000, ...heard };
}

async function listenLive(samples: Float32Array, { vad, stt }: { readonly vad: VadEngine; readonly stt: SttEngine }, signal: AbortSignal) {
  const texts: string[] = [];
  let firstPartialMs: number | undefined;
  let revisedWordCount = 0;
  let partialWordCount = 0;
  for await (const segment of segmentSpeech(samples, vad, { maxSegmentMs: stt.capabilities.maxSegmentMs, signal })) {
    await using stream = stt.openStream({ signal });
    const partials: string[] = [];
    const step = (PARTIAL_INTERVAL_MS * stt.capabilities.sampleRate) / 1000;
    for (let from = 0; from < segment.samples.length; from += step) {
      stream.push(segment.samples.subarray(from, from + step));
      const partial = await stream.partial({ signal });
      if (partial === undefined || partial.text === '') continue;
      firstPartialMs ??= partial.audioMs;
      partials.push(partial.text);
    }
    const { text } = await stream.finish({ signal });
    const finalWords = text.split(/\s+/);
    for (const partial of partials) {
      const words = partial.split(/\s+/);
      partialWordCount += words.length;
      revisedWordCount += words.filter((word, index) => word !== finalWords[index]).length;
    }
    if (text !== '') texts.push(text);
  }
  return { hypothesis: texts.join(' '), revisedWordCount, partialWordCount, ...(firstPartialMs === undefined ? {} : { firstPartialMs }) };
}
