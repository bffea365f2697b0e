import { describe, expect, test } from 'vitest';
import { findFault, hearTruth, speakTruth, TRUTH_PHRASE, type TruthAnswer } from './truth-test.ts';

/** Speech as a voice gives it: syllables of different loudness with pauses in between. */
function speechLike(durationMs: number, seed = 1): Float32Array {
  return Float32Array.from({ length: (durationMs * 24_000) / 1000 }, (_, i) => {
    const syllable = Math.max(0, Math.sin((2 * Math.PI * i) / 4800)) * (0.4 + 0.3 * Math.sin(Math.floor(i / 4800) * 1.7));
    return syllable * Math.sin(i * 0.05 * seed);
  });
}

async function answerOf(samples: Float32Array): Promise<TruthAnswer> {
  const asked: string[] = [];
  const answer = await speakTruth({
    async *synthesize(text: string) {
      asked.push(text);
      // In two pieces, as a voice may give its clauses.
      yield { samples: samples.subarray(0, 7200), sampleRate: 24_000, text, words: [] };
      yield { samples: samples.subarray(7200), sampleRate: 24_000, text, words: [] };
    },
  } as never);
  expect(asked).toEqual([TRUTH_PHRASE]);
  return answer;
}

describe('speech', () => {
  const speech = speechLike(1500);

  test('the same speech has no fault, nor has one that differs by rounding', async () => {
    const rounded = speech.map((sample, i) => sample + 1e-3 * Math.sin(i * 12.3));
    expect(findFault(await answerOf(rounded), await answerOf(speech))).toBeUndefined();
  });

  test.each<[string, (samples: Float32Array) => Float32Array, RegExp]>([
    ['silence', (samples) => samples.map(() => 0), /not the same/],
    ['noise at the speech\'s level', (samples) => samples.map((_, i) => Math.sin(i * i * 0.37) * 0.3), /not the same/],
    ['speech backwards', (samples) => samples.slice().reverse(), /not the same/],
    ['speech that stops half-way', (samples) => samples.map((sample, i) => (i < samples.length / 2 ? sample : 0)), /not the same/],
    ['numbers that are none', (samples) => samples.map((sample, i) => (i === 9000 ? Number.NaN : sample)), /numbers that are none/],
    ['infinite numbers', (samples) => samples.map((sample, i) => (i === 9000 ? Number.POSITIVE_INFINITY : sample)), /numbers that are none/],
    ['another length', (samples) => samples.subarray(0, samples.length - 2400), /lasts 1400 ms instead of 1500 ms/],
    ['no speech at all', () => new Float32Array(0), /lasts 0 ms/],
  ])('%s is a fault', async (_, corrupt, complaint) => {
    expect(findFault(await answerOf(corrupt(speech)), await answerOf(speech))).toMatch(complaint);
  });
});

describe('a transcript', () => {
  const hear = (text: string) => hearTruth({ transcribe: () => Promise.resolve({ text }) } as never, new Float32Array(16));

  test('the same words have no fault', async () => {
    expect(findFault(await hear('the station closes at six'), await hear('the station closes at six'))).toBeUndefined();
  });

  test('other words are a fault that names both', async () => {
    expect(findFault(await hear('the the the'), await hear('the station closes'))).toBe('it heard "the the the" instead of "the station closes"');
  });

  test('an answer of the other kind is a fault', async () => {
    expect(findFault(await hear('the station'), await answerOf(speechLike(500)))).toMatch(/it heard/);
    expect(findFault(await answerOf(speechLike(500)), await hear('the station'))).toMatch(/nothing to compare/);
  });
});
