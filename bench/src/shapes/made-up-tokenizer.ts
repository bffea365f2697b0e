/** Vocabularies of real size whose words mean nothing: what decoding them costs is that of the real ones. */

type AddedToken = { readonly id: number; readonly content: string; readonly special: boolean };

/** tokenizer.json of Moonshine's kind: bytes and words in a vocabulary with "▁" for the space. */
export function moonshineTokenizer(vocabularySize: number): unknown {
  const special = ['<unk>', '<s>', '</s>'];
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  const words = Array.from({ length: vocabularySize - special.length - bytes.length }, (_, i) => `▁w${i}`);
  return {
    version: '1.0', truncation: null, padding: null,
    added_tokens: special.map((content, id) => added({ id, content, special: true })),
    normalizer: { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, { type: 'Replace', pattern: { String: ' ' }, content: '▁' }] },
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: 'Sequence', decoders: [{ type: 'Replace', pattern: { String: '▁' }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }] },
    model: { type: 'BPE', dropout: null, unk_token: '<unk>', continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: true, byte_fallback: true, vocab: numbered([...special, ...bytes, ...words]), merges: [] },
  };
}

/** Token ids at the end of a multilingual vocabulary before large-v3. */
export type WhisperTokenIds = {
  readonly end: number;
  readonly start: number;
  readonly firstLanguage: number;
  readonly translate: number;
  readonly transcribe: number;
  readonly noTimestamps: number;
};

const LANGUAGE_COUNT = 99;
const TIMESTAMP_COUNT = 1501;
/** End, start, two tasks, start of a model, start of previous text, no speech, no timestamps. */
const SPECIAL_COUNT = 8;

export function whisperTokenIds(vocabularySize: number): WhisperTokenIds {
  const end = vocabularySize - TIMESTAMP_COUNT - LANGUAGE_COUNT - SPECIAL_COUNT;
  const translate = end + 2 + LANGUAGE_COUNT;
  return { end, start: end + 1, firstLanguage: end + 2, translate, transcribe: translate + 1, noTimestamps: translate + 5 };
}

/** Languages by their token; the first is English, the others have no names. */
export function whisperLanguages(vocabularySize: number): Readonly<Record<string, number>> {
  const { firstLanguage } = whisperTokenIds(vocabularySize);
  return Object.fromEntries(Array.from({ length: LANGUAGE_COUNT }, (_, i) => [i === 0 ? '<|en|>' : `<|x${i}|>`, firstLanguage + i]));
}

/** tokenizer.json of Whisper's kind: bytes in GPT-2's alphabet and words with "Ġ" for the space, then the special tokens. */
export function whisperTokenizer(vocabularySize: number): unknown {
  const { end } = whisperTokenIds(vocabularySize);
  const bytes = gpt2Bytes();
  const text = [...bytes, ...Array.from({ length: end - bytes.length }, (_, i) => `Ġw${i}`)];
  const special = ['<|endoftext|>', '<|startoftranscript|>', ...Object.keys(whisperLanguages(vocabularySize)), '<|translate|>', '<|transcribe|>', '<|startoflm|>', '<|startofprev|>', '<|nospeech|>', '<|notimestamps|>'];
  const timestamps = Array.from({ length: TIMESTAMP_COUNT }, (_, i) => `<|${(i * 0.02).toFixed(2)}|>`);
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: '1.0', truncation: null, padding: null, normalizer: null, pre_tokenizer: byteLevel, post_processor: null, decoder: byteLevel,
    added_tokens: [...special, ...timestamps].map((content, i) => added({ id: end + i, content, special: i < special.length })),
    model: { type: 'BPE', dropout: null, unk_token: '', continuing_subword_prefix: '', end_of_word_suffix: '', fuse_unk: false, vocab: numbered(text), merges: [] },
  };
}

/** GPT-2 writes each byte as a printable character: itself where printable, else from U+0100 on. */
function gpt2Bytes(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode((byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae ? byte : next++));
}

function numbered(tokens: readonly string[]): Record<string, number> {
  return Object.fromEntries(tokens.map((token, id) => [token, id]));
}

function added(token: AddedToken): Record<string, unknown> {
  return { ...token, single_word: false, lstrip: false, rstrip: false, normalized: false };
}
