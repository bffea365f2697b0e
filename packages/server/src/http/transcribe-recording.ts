import { type TimedWord, type VoiceEngines, downmix, resample, segmentSpeech } from '@sotto/pipeline';
import type { DecodedAudio } from '../audio-files/decoded-audio.ts';

export type TranscribedSegment = { readonly startMs: number; readonly endMs: number; readonly text: string; readonly confidence: number; readonly tokens: readonly number[]; readonly words: readonly TimedWord[]; readonly noSpeechProbability: number };
export type TranscribedRecording = { readonly text: string; readonly language: string; readonly durationMs: number; readonly segments: readonly TranscribedSegment[] };

export type TranscribeRecordingOptions = { readonly language?: string | undefined; readonly prompt?: string | undefined; readonly words: boolean; readonly signal: AbortSignal };

/** Transcribes a recording of any length: whole when the model takes it at once, else cut where nobody speaks. */
export async function transcribeRecording(audio: DecodedAudio, engines: Pick<VoiceEngines, 'vad' | 'stt'>, options: TranscribeRecordingOptions): Promise<TranscribedRecording> {
  const { vad, stt } = engines;
  const { sampleRate, maxSegmentMs, languages } = stt.capabilities;
  const samples = resample(downmix(audio.channels), audio.sampleRate, sampleRate);
  const durationMs = (samples.length * 1000) / sampleRate;
  const segments: TranscribedSegment[] = [];
  let language = options.language;
  // Without a detector: cutting a short clip costs words at its ends.
  const pieces = durationMs <= maxSegmentMs ? [{ startMs: 0, endMs: durationMs, samples }] : segmentSpeech(samples, vad, { maxSegmentMs, signal: options.signal });
  for await (const piece of pieces) {
    const transcript = await stt.transcribe(piece.samples, {
      signal: options.signal,
      words: options.words,
      priority: 'background',
      ...(options.language === undefined ? {} : { language: options.language }),
      ...(options.prompt === undefined ? {} : { prompt: options.prompt }),
    });
    language ??= transcript.language;
    if (transcript.text === '') continue;
    const words = transcript.words ?? spread(transcript.text, piece.endMs - piece.startMs);
    segments.push({
      startMs: piece.startMs,
      endMs: piece.endMs,
      text: transcript.text,
      confidence: transcript.confidence,
      tokens: transcript.tokens,
      words: words.map((word) => ({ text: word.text, startMs: word.startMs + piece.startMs, endMs: word.endMs + piece.startMs })),
      noSpeechProbability: transcript.noSpeechProbability ?? 0,
    });
  }
  return { text: segments.map(({ text }) => text).join(' '), language: language ?? languages[0] ?? 'en', durationMs, segments };
}

/** Word times for models that give none: the segment shared out by the length of the words. */
function spread(text: string, durationMs: number): TimedWord[] {
  const words = text.split(/\s+/).filter(Boolean);
  const letterCount = words.reduce((sum, word) => sum + word.length + 1, 0);
  let startMs = 0;
  return words.map((word) => {
    const endMs = startMs + (durationMs * (word.length + 1)) / letterCount;
    const timed = { text: word, startMs, endMs };
    startMs = endMs;
    return timed;
  });
}
