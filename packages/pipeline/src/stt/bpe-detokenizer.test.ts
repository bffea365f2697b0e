import { describe, expect, test } from 'vitest';
import { createBpeDetokenizer } from './bpe-detokenizer.ts';
import { byteOfCharacter, characterOfByte } from './byte-alphabet.ts';

const special = (id: number, content: string) => ({ id, content, special: true });

describe('SentencePiece spelling', () => {
  const detokenizer = createBpeDetokenizer({
    added_tokens: [special(0, '<unk>'), special(1, '<s>'), special(2, '</s>')],
    decoder: { type: 'Sequence', decoders: [{ type: 'Replace' }, { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip' }] },
    model: { vocab: { '<unk>': 0, '<s>': 1, '</s>': 2, '<0xC3>': 3, '<0xA9>': 4, '▁caf': 5, '▁': 6, s: 7, '<0xF0>': 8 } },
  });
  test('joins pieces, spaces and bytes, and leaves special tokens out', () => {
    expect(detokenizer.decode([1, 5, 3, 4, 7, 6, 7, 2])).toBe(' cafés s');
  });
  test('half a character is U+FFFD, and an unknown id is nothing', () => {
    expect(detokenizer.decode([5, 3])).toBe(' caf\uFFFD');
    expect(detokenizer.decode([8, 7, 999])).toBe('\uFFFDs');
  });
});

describe('byte-level spelling', () => {
  const vocab = { 'Ġna': 0, 'Ã¯': 1, ve: 2, 'Ã': 3 };
  const detokenizer = createBpeDetokenizer({ added_tokens: [special(4, '<|endoftext|>'), { id: 5, content: '<|0.00|>', special: false }], decoder: { type: 'ByteLevel' }, model: { vocab } });
  test('reads bytes across tokens as UTF-8', () => {
    expect(detokenizer.decode([0, 1, 2, 4])).toBe(' naïve');
    expect(detokenizer.decode([3])).toBe('\uFFFD');
  });
  test('added tokens are spelled as they are', () => {
    expect(detokenizer.decode([5, 0])).toBe('<|0.00|> na');
    expect(detokenizer.idOf('<|endoftext|>')).toBe(4);
    expect(detokenizer.isSpecial(5)).toBe(false);
  });
});

test('the byte alphabet is a bijection with the known anchors of GPT-2', () => {
  const characters = new Set(Array.from({ length: 256 }, (_, byte) => characterOfByte(byte)));
  expect(characters.size).toBe(256);
  for (let byte = 0; byte < 256; byte++) expect(byteOfCharacter(characterOfByte(byte))).toBe(byte);
  expect([0x20, 0x0a, 0x41, 0xad].map(characterOfByte)).toEqual(['Ġ', 'Ċ', 'A', 'Ń']);
});

test('a file that is no BPE tokenizer is a typed error', () => {
  expect(() => createBpeDetokenizer({ model: { vocab: [] } })).toThrow(expect.objectContaining({ code: 'VOICE_ERR_MODEL_FORMAT' }) as Error);
});
