import { expect, test } from 'vitest';
import { endpointDelayMs } from './endpointer.ts';
import { heardText } from './heard-text.ts';
import { utteranceCompleteness } from './utterance-completeness.ts';

test.each(['where is the', 'i would like a', 'set a timer for', 'can you', 'coffee and', 'well', 'what time does the', 'how do i get', ''])('"%s" goes on', (text) => {
  expect(utteranceCompleteness(text)).toBeLessThan(0.21);
});

test.each(['what time does the museum', 'can you', 'when does the city tour', 'could the guide'])('"%s" awaits its verb', (text) => {
  expect(utteranceCompleteness(text)).toBeLessThan(0.31);
});

test.each(['where is the café', 'what time does the museum open', 'stop', 'thank you', 'How much is it?', 'turn on the kitchen light', 'what time does the museum close today', 'how do i get to the museum', 'could you tell me where the lift is'])('"%s" sounds finished', (text) => {
  expect(utteranceCompleteness(text)).toBeGreaterThan(0.8);
});

test('punctuation decides when there is some', () => {
  expect(utteranceCompleteness('Where is the museum,')).toBeLessThan(0.2);
  expect(utteranceCompleteness('I would like to.')).toBe(1);
});

test('semantic endpointing waits between its bounds', () => {
  const detection = { type: 'semantic', minSilenceMs: 300, maxSilenceMs: 1300 } as const;
  expect(endpointDelayMs(detection, 1)).toBe(300);
  expect(endpointDelayMs(detection, 0)).toBe(1300);
  expect(endpointDelayMs({ type: 'manual' }, 1)).toBe(Infinity);
  expect(endpointDelayMs({ type: 'silence', silenceMs: 500 }, 0)).toBe(500);
});

test('a word is heard once half of it has sounded', () => {
  const words = ['the', 'café', 'closes'].map((text, i) => ({ text, startMs: i * 200, endMs: (i + 1) * 200 }));
  expect(heardText(words, 0)).toBe('');
  expect(heardText(words, 99)).toBe('');
  expect(heardText(words, 100)).toBe('the');
  expect(heardText(words, 350)).toBe('the café');
  expect(heardText(words, 10_000)).toBe('the café closes');
});
