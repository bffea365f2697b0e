import { describe, expect, test } from 'vitest';
import { HeardTextEstimate } from './heard-text-estimate.ts';

const text = 'The museum opens at ten in the morning.';

describe('the words that were heard', () => {
  test('are none before the first sound', () => {
    expect(new HeardTextEstimate().heardText({ text, arrivedMs: 400, isComplete: false }, 0)).toBe('');
  });

  test('do not run ahead of the sound when the text is there long before its audio', () => {
    const heard = new HeardTextEstimate().heardText({ text, arrivedMs: 300, isComplete: false }, 280);
    expect(heard).toBe('The museum');
  });

  test('grow word by word, and are all of them at the end of complete audio', () => {
    const estimate = new HeardTextEstimate();
    const lengths = Array.from({ length: 21 }, (_, i) => estimate.heardText({ text, arrivedMs: 2000, isComplete: true }, i * 100).length);
    expect(lengths).toEqual([...lengths].sort((a, b) => a - b));
    expect(new Set(lengths).size).toBe(9);
    expect(lengths.at(-1)).toBe(text.length);
  });

  test('follow the pace of the replies before', () => {
    const slow = new HeardTextEstimate();
    slow.learn({ text, arrivedMs: 8000, isComplete: true });
    const quick = new HeardTextEstimate();
    quick.learn({ text, arrivedMs: 1000, isComplete: true });
    const reply = { text, arrivedMs: 600, isComplete: false };
    expect(slow.heardText(reply, 500)).toBe('The');
    expect(quick.heardText(reply, 500)).toBe('The museum opens at');
  });
});
