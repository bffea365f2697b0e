import { join } from 'node:path';
import { joinSamples, resample, type TtsEngine, VoiceError, type VoiceEngines } from '@sotto/pipeline';
import { type AudioFile, readAudioFile, talkWithFile } from '@sotto/server';
import { MAX_ANSWER_TOKENS } from './ask-question.ts';
import type { Question } from './question-set.ts';
import type { GivenAnswer } from './score-answers.ts';
import { type TimedReply, timedLlm } from './timed-reply.ts';

/** Before the first word and after each question: longer than the longest wait for a pause to end. */
const SILENCE_MS = 1600;

/** An answer that was asked for and given by voice. */
export type SpokenAnswer = GivenAnswer & {
  /** What the recogniser made of the question; empty when nobody heard it. */
  readonly heard: string;
  /** What the recogniser makes of the reply's speech. */
  readonly heardBack: string;
};

export type VoiceInterview = {
  readonly engines: VoiceEngines;
  /** Speaks the questions. */
  readonly voice: TtsEngine;
  readonly ownInstructions: string;
  /** For the replies' audio. */
  readonly folder: string;
  readonly signal: AbortSignal;
};

/**
 * Speaks one question, and the turns before it, to a whole session: detection, recogniser, language model and voice. The reply is
 * transcribed back; where several turns were asked, all replies are, as one recording.
 */
export async function askByVoice(question: Question, { engines, voice, ownInstructions, folder, signal }: VoiceInterview): Promise<SpokenAnswer> {
  const replies: TimedReply[] = [];
  const replyPath = join(folder, 'reply.wav');
  const spoken = await speak(question.turns, voice, signal);
  const settings = { instructions: question.instructions ?? ownInstructions, maxOutputTokens: MAX_ANSWER_TOKENS };
  try {
    const { turns, replyMs } = await talkWithFile({ engines: { ...engines, llm: timedLlm(engines.llm, (reply) => replies.push(reply)) }, question: spoken, questionName: question.turns.join(' / '), replyPath, settings, signal });
    const answer = turns.at(-1)?.reply.trim() ?? '';
    const reply = replies.findLast(({ isFinished, text }) => isFinished && text.trim() === answer);
    return { question, answer, firstTokenMs: reply?.firstTokenMs, firstClauseMs: reply?.firstClauseMs, heard: turns.map(({ transcript }) => transcript).join(' ').trim(), heardBack: replyMs === 0 ? '' : await hearBack(replyPath, engines, signal) };
  } catch (thrown) {
    signal.throwIfAborted();
    // A question that nobody heard is a wrong answer, not the end of the measurement.
    if (!VoiceError.isInstance(thrown) || thrown.code !== 'VOICE_ERR_AUDIO_EMPTY') throw thrown;
    return { question, answer: '', firstTokenMs: undefined, firstClauseMs: undefined, heard: '', heardBack: '' };
  }
}

async function speak(texts: readonly string[], voice: TtsEngine, signal: AbortSignal): Promise<AudioFile> {
  const { sampleRate } = voice.capabilities;
  const silence = new Float32Array((SILENCE_MS * sampleRate) / 1000);
  const parts: Float32Array[] = [silence];
  for (const text of texts) {
    for await (const { samples } of voice.synthesize(text, { signal })) parts.push(samples);
    parts.push(silence);
  }
  const samples = joinSamples(parts);
  return { samples, sampleRate, durationMs: (samples.length * 1000) / sampleRate };
}

async function hearBack(path: string, { stt }: VoiceEngines, signal: AbortSignal): Promise<string> {
  const { samples, sampleRate } = await readAudioFile(path);
  const { sampleRate: sttRate, maxSegmentMs } = stt.capabilities;
  const { text } = await stt.transcribe(resample(samples, sampleRate, sttRate).subarray(0, (maxSegmentMs * sttRate) / 1000), { signal });
  return text;
}
