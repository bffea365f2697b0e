import { ModelError } from '../errors.ts';
import { characterOfByte } from './byte-alphabet.ts';

/** Parts of text that merges do not cross (openai/gpt-2 encoder.py). */
const PRE_TOKENS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/**
 * Turns text into the tokens of a byte-level BPE model (Whisper).
 * @param tokenizer the parsed tokenizer.json.
 * @throws {ModelError} VOICE_ERR_MODEL_FORMAT
 */
export function createByteLevelEncoder(tokenizer: Record<string, unknown>): (text: string) => number[] {
  const model = tokenizer['model'] as { vocab?: Record<string, number>; merges?: readonly (string | readonly [string, string])[] } | undefined;
  if (!model?.vocab || !Array.isArray(model.merges)) {
    throw new ModelError('VOICE_ERR_MODEL_FORMAT', 'tokenizer.json has no model.vocab and model.merges; expected a byte-level BPE tokenizer', { stage: 'stt' });
  }
  const { vocab } = model;
  const ranks = new Map(model.merges.map((merge, rank) => [typeof merge === 'string' ? merge : merge.join(' '), rank]));
  return (text) => [...text.matchAll(PRE_TOKENS)].flatMap(([part]) => {
    const spelled = Array.from(new TextEncoder().encode(part), characterOfByte);
    return mergePairs(spelled, ranks).map((token) => vocab[token]).filter((id) => id !== undefined);
  });
}

function mergePairs(symbols: readonly string[], ranks: ReadonlyMap<string, number>): readonly string[] {
  let merged = [...symbols];
  for (;;) {
    const candidates = merged.slice(1).map((right, i) => ranks.get(`${merged[i]} ${right}`) ?? Infinity);
    const best = Math.min(...candidates, Infinity);
    if (best === Infinity) return merged;
    const at = candidates.indexOf(best);
    merged = [...merged.slice(0, at), merged[at]! + merged[at + 1]!, ...merged.slice(at + 2)];
  }
}
