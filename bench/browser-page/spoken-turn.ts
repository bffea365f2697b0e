import { createVoiceSession, PacedPlayout, type SessionEvent, systemClock, type TurnWaterfall, type VoiceEngines } from '@sotto/pipeline';
import type { MeasuredTurn } from '../src/browser/score-browser-run.ts';

/** One frame of the detector. */
const STEP_MS = 32;
/** Speech that may wait for the loudspeaker, as in a conversation. */
const PLAYOUT_BUFFER_MS = 1000;
/** A question without a sound by then counts as unanswered; software adapters on a busy machine take minutes. */
const ANSWER_LIMIT_MS = 240_000;

/** Plays a question to a session in real time, silence after it, until the reply begins to sound; the rest of the reply is not waited for. */
export async function askInRealTime(engines: VoiceEngines, samples: Float32Array, instructions: string, signal: AbortSignal): Promise<MeasuredTurn> {
  const { sampleRate } = engines.stt.capabilities;
  const stepCount = Math.round((STEP_MS * sampleRate) / 1000);
  const silence = new Float32Array(stepCount);
  const log = new TurnLog();
  const sink = new PacedPlayout({ clock: systemClock, bufferMs: PLAYOUT_BUFFER_MS, play: () => {} });
  await using session = await createVoiceSession({ engines, sink, settings: { instructions }, onEvent: (event) => log.take(event) });
  const startMs = systemClock.nowMs();
  const questionMs = (samples.length * 1000) / sampleRate;
  for (let at = 0; ; at += stepCount) {
    const pushedMs = (at * 1000) / sampleRate;
    await systemClock.sleep(startMs + pushedMs + STEP_MS - systemClock.nowMs(), { signal });
    session.pushAudio({ samples: at < samples.length ? samples.slice(at, at + stepCount) : silence.slice(), sampleRate, startMs: pushedMs });
    if (pushedMs < questionMs) continue;
    if (log.isOver || pushedMs > questionMs + ANSWER_LIMIT_MS) return log.turn;
  }
}

/** What became of the question. A question that pauses may be answered in its middle, and then once more. */
class TurnLog {
  #waterfall: TurnWaterfall | undefined;
  #answerCount = 0;
  #hasFailed = false;

  take(event: SessionEvent): void {
    if (event.type === 'speech-start') this.#waterfall = undefined;
    if (event.type === 'turn-latency') {
      this.#waterfall = event.waterfall;
      this.#answerCount++;
    }
    if (event.type === 'error') this.#hasFailed = true;
  }

  get isOver(): boolean {
    return this.#waterfall !== undefined || this.#hasFailed;
  }

  get turn(): MeasuredTurn {
    return { waterfall: this.#waterfall, cutOffCount: Math.max(0, this.#answerCount - 1) };
  }
}
