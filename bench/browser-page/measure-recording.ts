import type { LlmEngine, TtsEngine, VadEngine, VoiceEngines } from '@sotto/pipeline';
import { askQuestion } from '../src/answers/ask-question.ts';
import { firstClauseOf, type MeasuredAnswer, type MeasuredUtterance } from '../src/browser/score-browser-run.ts';
import { decodeRecording, type Recording } from './recording.ts';
import { askInRealTime } from './spoken-turn.ts';

/** Detects and recognises one recording, each stage alone on the line. `samples` come back for whoever asks them as a question. */
export async function hearRecording(recording: Recording, { vad, stt }: VoiceEngines, signal: AbortSignal): Promise<{ readonly heard: MeasuredUtterance; readonly samples: Float32Array }> {
  const { sampleRate } = stt.capabilities;
  const samples = await decodeRecording(recording, sampleRate, signal);
  const frameMs = await timeFrames(samples, vad, signal);
  const startMs = performance.now();
  const { text } = await stt.transcribe(samples.slice(), { signal });
  const transcribingMs = performance.now() - startMs;
  const { read: _read, ...utterance } = recording;
  return { heard: { utterance, hypothesis: text, audioMs: (samples.length * 1000) / sampleRate, transcribingMs, frameMs }, samples };
}

/** Answers one recording: in text, its first clause aloud, and then the whole turn in real time. */
export async function answerRecording(transcript: string, samples: Float32Array, engines: VoiceEngines, instructions: string, signal: AbortSignal): Promise<MeasuredAnswer> {
  const { answer, firstTokenMs, firstClauseMs } = await answerInText(transcript, engines.llm, instructions, signal);
  const synthesizingMs = await timeSpeech(firstClauseOf(answer), engines.tts, signal);
  return { firstTokenMs, firstClauseMs, synthesizingMs, turn: await askInRealTime(engines, samples, instructions, signal) };
}

/** The time of each whole frame, the way to the Worker and back included. */
async function timeFrames(samples: Float32Array, vad: VadEngine, signal: AbortSignal): Promise<number[]> {
  const { frameSampleCount } = vad.capabilities;
  using stream = vad.openStream();
  const frameMs: number[] = [];
  for (let from = 0; from + frameSampleCount <= samples.length; from += frameSampleCount) {
    const startMs = performance.now();
    await stream.process(samples.slice(from, from + frameSampleCount), { signal });
    frameMs.push(performance.now() - startMs);
  }
  return frameMs;
}

async function answerInText(question: string, llm: LlmEngine, instructions: string, signal: AbortSignal) {
  await using session = await llm.openSession({ signal });
  return askQuestion(session, { set: '', instructions: undefined, turns: [question], expected: 'unknown' }, instructions, signal);
}

async function timeSpeech(clause: string | undefined, tts: TtsEngine, signal: AbortSignal): Promise<number | undefined> {
  if (clause === undefined) return undefined;
  const startMs = performance.now();
  for await (const _chunk of tts.synthesize(clause, { signal, priority: 'first-audio' })) void _chunk;
  return performance.now() - startMs;
}
