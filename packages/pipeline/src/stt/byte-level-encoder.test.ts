import { expect, test } from 'vitest';
import { createByteLevelEncoder } from './byte-level-encoder.ts';

const vocab = Object.fromEntries(['h', 'e', 'l', 'o', 'Ġ', 'he', 'll', 'hell', 'Ġhe', 'Ã', '©', 'Ã©', "'s", "'", 's', '!'].map((token, id) => [token, id]));
const encode = createByteLevelEncoder({ model: { vocab, merges: ['h e', ['l', 'l'], 'he ll', 'Ġ he', 'Ã ©', "' s"] } });

test.each([
  ['hello', ['hell', 'o']],
  [' he', ['Ġhe']],
  ['é', ['Ã©']],
  ["he's!", ['he', "'s", '!']],
  ['', []],
])('%j', (text, tokens) => {
  expect(encode(text)).toEqual(tokens.map((token) => vocab[token]));
});

test('a tokenizer without merges is a typed error', () => {
  expect(() => createByteLevelEncoder({ model: { vocab } })).toThrow(expect.objectContaining({ code: 'VOICE_ERR_MODEL_FORMAT' }) as Error);
});
