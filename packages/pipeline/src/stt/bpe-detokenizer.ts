import { ModelError } from '../errors.ts';
import { byteOfCharacter } from './byte-alphabet.ts';

/** Turns token ids into text. */
export type Detokenizer = {
  /** Id of a token's exact spelling, special tokens included. */
  idOf(token: string): number | undefined;
  /** Spelling of an id as the vocabulary has it. */
  tokenOf(id: number): string | undefined;
  isSpecial(id: number): boolean;
  /** Text of these ids without special tokens. Bytes that are no UTF-8 (a character cut in half) become U+FFFD. */
  decode(ids: readonly number[]): string;
};

type AddedToken = { readonly id: number; readonly content: string; readonly special: boolean };

/**
 * Reads the `tokenizer.json` of a BPE model (Hugging Face tokenizers format): byte-level spelling (Whisper) or
 * SentencePiece spelling with `▁` for a space and `<0x41>` for a byte (Moonshine).
 * @throws {ModelError} VOICE_ERR_MODEL_FORMAT
 */
export function createBpeDetokenizer(tokenizer: Record<string, unknown>): Detokenizer {
  const vocabulary = (tokenizer['model'] as { vocab?: Record<string, number> } | undefined)?.vocab;
  if (typeof vocabulary !== 'object' || Array.isArray(vocabulary)) {
    throw new ModelError('VOICE_ERR_MODEL_FORMAT', 'tokenizer.json has no model.vocab object; expected a BPE tokenizer', { stage: 'stt' });
  }
  const added = (tokenizer['added_tokens'] ?? []) as readonly AddedToken[];
  const ids = new Map<string, number>(Object.entries(vocabulary));
  for (const token of added) ids.set(token.content, token.id);
  const tokens: string[] = [];
  for (const [token, id] of ids) tokens[id] = token;
  const special = new Set(added.filter((token) => token.special).map((token) => token.id));
  const spelling = isByteLevel(tokenizer['decoder']) ? byteLevelSpelling : sentencePieceSpelling;
  const isAdded = new Set(added.map((token) => token.id));
  return {
    idOf: (token) => ids.get(token),
    tokenOf: (id) => tokens[id],
    isSpecial: (id) => special.has(id),
    decode(sequence) {
      const text = new Utf8Text();
      for (const id of sequence) {
        const token = tokens[id];
        if (token === undefined || special.has(id)) continue;
        if (isAdded.has(id)) text.addText(token);
        else spelling(token, text);
      }
      return text.finish();
    },
  };
}

function isByteLevel(decoder: unknown): boolean {
  return JSON.stringify(decoder ?? null).includes('"ByteLevel"');
}

const BYTE_TOKEN = /^<0x([0-9A-Fa-f]{2})>$/;

function sentencePieceSpelling(token: string, text: Utf8Text): void {
  const byte = BYTE_TOKEN.exec(token);
  if (byte) text.addByte(Number.parseInt(byte[1]!, 16));
  else text.addText(token.replaceAll('▁', ' '));
}

function byteLevelSpelling(token: string, text: Utf8Text): void {
  for (const character of token) {
    const byte = byteOfCharacter(character);
    if (byte === undefined) text.addText(character);
    else text.addByte(byte);
  }
}

/** Joins text and loose bytes; bytes next to each other may form one character. */
class Utf8Text {
  readonly #decoder = new TextDecoder();
  #text = '';
  #bytes: number[] = [];

  addByte(byte: number): void {
    this.#bytes.push(byte);
  }

  addText(text: string): void {
    this.#flush();
    this.#text += text;
  }

  finish(): string {
    this.#flush();
    return this.#text;
  }

  #flush(): void {
    if (this.#bytes.length === 0) return;
    this.#text += this.#decoder.decode(Uint8Array.from(this.#bytes));
    this.#bytes = [];
  }
}
