import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { createSpeechDetector, type DetectorEvent, type DetectorState, type SpeechDetectorOptions } from './speech-detector.ts';

const FRAME = 512;
const FRAME_MS = 32;

/** Runs probabilities through a detector; each frame's samples hold the frame's index, so that audio can be followed. */
function run(probabilities: readonly number[], options: Partial<SpeechDetectorOptions> = {}) {
  const detector = createSpeechDetector({ minSpeechMs: 96, prefixPaddingMs: 64, pauseMs: 96, maxSegmentMs: 30_000, ...options });
  const log: (DetectorEvent & { readonly frame: number })[] = [];
  let state: DetectorState = detector.initial;
  probabilities.forEach((probability, frame) => {
    const [next, events] = detector.step(state, { probability, samples: new Float32Array(FRAME).fill(frame), startMs: frame * FRAME_MS });
    state = next;
    log.push(...events.map((event) => ({ ...event, frame })));
  });
  return { detector, state, log, types: log.map((event) => `${event.type}@${event.frame}`) };
}

const times = (count: number, probability: number): number[] => new Array<number>(count).fill(probability);
const framesOf = (samples: Float32Array): number[] => Array.from({ length: samples.length / FRAME }, (_, i) => samples[i * FRAME]!);

describe('speech detector', () => {
  test('confirms speech after minSpeechMs and hands over pre-roll and speech so far', () => {
    const { log } = run([...times(5, 0.01), ...times(3, 0.9)]);
    expect(log).toMatchObject([
      { type: 'speech-candidate', frame: 5, startMs: 160 },
      { type: 'speech-start', frame: 7, startMs: 96, speechStartMs: 160 },
    ]);
    expect(framesOf((log[1] as { samples: Float32Array }).samples)).toEqual([3, 4, 5, 6, 7]);
  });

  test('keeps the judgement between the thresholds', () => {
    expect(run([...times(4, 0.45)]).types).toEqual([]);
    expect(run([0.9, ...times(8, 0.4)]).types.slice(0, 3)).toEqual(['speech-candidate@0', 'speech-start@2', 'speech-audio@3']);
    expect(run([0.9, ...times(8, 0.4)]).types).not.toContain('speech-pause@8');
  });

  test('calls a click a misfire, and the next speech is found after it', () => {
    const { types, log } = run([0, 0.9, ...times(3, 0.05), ...times(3, 0.9)]);
    expect(types).toEqual(['speech-candidate@1', 'misfire@4', 'speech-candidate@5', 'speech-start@7']);
    expect(log.at(-1)).toMatchObject({ startMs: 96, speechStartMs: 160 });
  });

  test('announces a pause once, where speech ended, and its resumption', () => {
    const { types, log } = run([...times(3, 0.9), ...times(5, 0.1), 0.9]);
    expect(types.filter((type) => !type.startsWith('speech-audio'))).toEqual(['speech-candidate@0', 'speech-start@2', 'speech-pause@5', 'speech-resume@8']);
    expect(log.find((event) => event.type === 'speech-pause')).toMatchObject({ lastSpeechMs: 96 });
    expect(types.filter((type) => type.startsWith('speech-audio')).length).toBe(6);
  });

  test('a frame between the thresholds does not end a silence', () => {
    const { types } = run([...times(3, 0.9), 0.1, 0.4, 0.4]);
    expect(types.at(-1)).toBe('speech-pause@5');
  });

  test('says once that a segment is full, and again after it was continued', () => {
    const { types, detector, state } = run(times(12, 0.9), { maxSegmentMs: 256 });
    expect(types.filter((type) => type.startsWith('segment-full'))).toEqual(['segment-full@7']);
    const next = detector.continueSegment(state, 12 * FRAME_MS);
    let current = next;
    const seen: string[] = [];
    for (let frame = 12; frame < 22; frame++) {
      const [after, events] = detector.step(current, { probability: 0.9, samples: new Float32Array(FRAME), startMs: frame * FRAME_MS });
      current = after;
      seen.push(...events.filter((event) => event.type === 'segment-full').map((event) => `${event.type}@${frame}`));
    }
    expect(seen).toEqual(['segment-full@19']);
  });

  test('after a segment, the pre-roll holds only what came after its last speech', () => {
    const { detector, state } = run([...times(4, 0.9), 0.1], { prefixPaddingMs: 320 });
    let current = detector.endSegment(state);
    const starts: number[][] = [];
    for (let frame = 5; frame < 8; frame++) {
      const [after, events] = detector.step(current, { probability: 0.9, samples: new Float32Array(FRAME).fill(frame), startMs: frame * FRAME_MS });
      current = after;
      for (const event of events) if (event.type === 'speech-start') starts.push(framesOf(event.samples));
    }
    expect(starts).toEqual([[4, 5, 6, 7]]);
  });

  test('is pure: the same step from the same state gives the same result', () => {
    const { detector, state } = run([0, ...times(4, 0.9), 0.1]);
    const frozen = structuredClone(state);
    const frame = { probability: 0.2, samples: new Float32Array(FRAME), startMs: 192 };
    expect(detector.step(state, frame)).toEqual(detector.step(state, frame));
    expect(state).toEqual(frozen);
  });

  test('whatever the probabilities, a segment has no gap and no doubled frame, and its memory is bounded', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 120 }), (probabilities) => {
        const { log, state } = run(probabilities);
        const heard: number[] = [];
        let open = false;
        for (const event of log) {
          if (event.type === 'speech-start') {
            expect(open).toBe(false);
            open = true;
            heard.push(...framesOf(event.samples));
          } else if (event.type === 'speech-audio') heard.push(...framesOf(event.samples));
        }
        heard.forEach((frame, i) => i > 0 && expect(frame).toBe(heard[i - 1]! + 1));
        if (state.phase === 'silence') expect(state.recent.length).toBeLessThanOrEqual(2);
        if (state.phase === 'speech') expect(state.trailing.length).toBeLessThanOrEqual(2);
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  test.each([
    [{ silenceThreshold: 0.6 }, 'silenceThreshold ≤ speechThreshold'],
    [{ speechThreshold: 1 }, '< 1'],
    [{ minSpeechMs: -1 }, '0 or more'],
    [{ pauseMs: 0 }, 'more than 0'],
    [{ maxSegmentMs: 100 }, 'prefixPaddingMs + minSpeechMs'],
    [{ pauseMs: Number.NaN }, 'finite'],
  ] as const)('refuses %j', (options, message) => {
    expect(() => createSpeechDetector(options)).toThrow(expect.objectContaining({ code: 'VOICE_ERR_INVALID_OPTION', message: expect.stringContaining(message) as string }) as Error);
  });
});
