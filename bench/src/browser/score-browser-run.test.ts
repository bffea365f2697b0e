import { describe, expect, it } from 'vitest';
import type { LoadedModel } from './browser-result.ts';
import { firstClauseOf, type MeasuredAnswer, type MeasuredUtterance, scoreBrowserRun } from './score-browser-run.ts';

const model: LoadedModel = { id: 'm', device: 'wasm', truthTest: 'unneeded', readyMs: 10, wasCached: false };
const run = { backend: 'wasm', threadCount: 1, models: { vad: model, stt: model, llm: model, tts: model } } as const;

function heard(id: string, transcript: string, hypothesis: string, transcribingMs: number, answered?: MeasuredAnswer): MeasuredUtterance {
  return { utterance: { id, transcript, speaker: id, split: 'clean' }, hypothesis, audioMs: 1000, transcribingMs, frameMs: [1, 3], ...(answered && { answered }) };
}

function answeredIn(totalMs: number, endpointingMs: number, cutOffCount = 0): MeasuredAnswer {
  const stages = [
    { name: 'endpointing', startMs: 0, durationMs: endpointingMs },
    { name: 'thinking', startMs: endpointingMs, durationMs: totalMs - endpointingMs - 7 },
  ] as const;
  return { firstTokenMs: 20, firstClauseMs: 30, synthesizingMs: 40, turn: { waterfall: { totalMs, stages, unattributedMs: 7 }, cutOffCount } };
}

describe('a run in the tab', () => {
  it('is scored over all words, and its speed over all audio', () => {
    const { recognition } = scoreBrowserRun(run, [heard('a', 'Where is the lift?', 'where is a lift', 300), heard('b', 'when do you open', 'when do you really open', 500)], 'whisper-2022');
    expect(recognition.words).toEqual({ hits: 7, substitutions: 1, deletions: 0, insertions: 1, referenceCount: 8 });
    expect(recognition.wordErrorRate.estimate).toBe(2 / 8);
    expect(recognition.realTimeFactor).toBe(0.4);
    expect(recognition.utterances.map(({ hypothesis }) => hypothesis)).toEqual(['where is a lift', 'when do you really open']);
  });

  it('tells nothing of processor time, which no tab can see', () => {
    expect(scoreBrowserRun(run, [heard('a', 'yes', 'yes', 1)], 'whisper-2022').recognition).not.toHaveProperty('coreSecondsPerAudioHour');
  });

  it('has no latencies without turns', () => {
    expect(scoreBrowserRun(run, [heard('a', 'yes', 'yes', 1)], 'whisper-2022')).not.toHaveProperty('latency');
  });

  it('takes the wait for the end of speech out of each turn, not out of the percentile', () => {
    const { latency } = scoreBrowserRun(run, [heard('a', 'x', 'x', 100, answeredIn(900, 500)), heard('b', 'x', 'x', 200, answeredIn(800, 700)), heard('c', 'x', 'x', 300, answeredIn(700, 100))], 'whisper-2022');
    expect(latency?.turns.voiceToVoiceMs.p50.estimate).toBe(800);
    expect(latency?.turns.withoutEndpointingMs.p50.estimate).toBe(400);
    expect(latency?.turns.stages.endpointing.max).toBe(700);
    expect(latency?.turns.stages.transcribing.max).toBe(0);
    expect(latency?.turns.unattributedMs.p50.estimate).toBe(7);
    expect(latency?.transcribingMs.p50.estimate).toBe(200);
    expect(latency?.voiceActivityMs.max).toBe(3);
    expect(latency?.synthesizingMs.p50.estimate).toBe(40);
  });

  it('counts turns that were cut off or not answered, and times neither', () => {
    const silent: MeasuredAnswer = { firstTokenMs: undefined, firstClauseMs: undefined, synthesizingMs: undefined, turn: { waterfall: undefined, cutOffCount: 0 } };
    const { latency } = scoreBrowserRun(run, [heard('a', 'x', 'x', 1, answeredIn(900, 500)), heard('b', 'x', 'x', 1, answeredIn(90, 50, 1)), heard('c', 'x', 'x', 1, silent)], 'whisper-2022');
    expect(latency?.turns).toMatchObject({ turnCount: 3, unansweredCount: 1, cutOffCount: 1 });
    expect(latency?.turns.voiceToVoiceMs).toMatchObject({ min: 900, max: 900 });
  });
});

describe('the first clause of an answer', () => {
  it.each([
    ['At nine, from Monday to Friday.', 'At nine, from Monday to Friday.'],
    ['The lift is left of the entrance, behind the desk. Anything else?', 'The lift is left of the entrance,'],
    ['**Nine** o’clock', 'Nine o’clock'],
    ['', undefined],
  ])('is what a voice would begin with: %j', (answer, clause) => {
    expect(firstClauseOf(answer)?.trim()).toBe(clause);
  });
});
