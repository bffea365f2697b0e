import { ConfigError, ModelError } from '../../errors.ts';
import type { Detokenizer } from '../bpe-detokenizer.ts';

/** Special tokens of one Whisper model; their ids differ between English-only, multilingual and large-v3 models. */
export type WhisperVocabulary = {
  readonly start: number;
  readonly end: number;
  readonly startOfPrevious: number;
  /** Absent in some exports. */
  readonly noSpeech: number | undefined;
  readonly transcribe: number;
  readonly noTimestamps: number;
  /** `<|0.00|>`; each later one stands for 20 ms more. */
  readonly firstTimestamp: number;
  /** Token of each language, by its tag; empty for English-only models. */
  readonly languages: ReadonlyMap<string, number>;
};

/** Tags that Whisper names otherwise than BCP 47. */
const WHISPER_TAG: Readonly<Record<string, string>> = { jv: 'jw', fil: 'tl', nb: 'no', cmn: 'zh' };

/**
 * @param generation generation_config.json.
 * @throws {ModelError} VOICE_ERR_MODEL_FORMAT when a token is missing.
 */
export function readWhisperVocabulary(detokenizer: Detokenizer, generation: Record<string, unknown>): WhisperVocabulary {
  const find = (...names: string[]) => names.map((name) => detokenizer.idOf(name)).find((id) => id !== undefined);
  const require = (...names: string[]): number => {
    const id = find(...names);
    if (id !== undefined) return id;
    throw new ModelError('VOICE_ERR_MODEL_FORMAT', `tokenizer.json has no token ${names.join(' or ')}; is this a Whisper model?`, { stage: 'stt' });
  };
  const noTimestamps = require('<|notimestamps|>');
  const languageIds = Object.entries((generation['lang_to_id'] ?? {}) as Record<string, number>);
  const isMultilingual = generation['is_multilingual'] ?? languageIds.length > 0;
  return {
    start: require('<|startoftranscript|>'),
    end: require('<|endoftext|>'),
    startOfPrevious: require('<|startofprev|>'),
    noSpeech: find('<|nospeech|>', '<|nocaptions|>'),
    transcribe: require('<|transcribe|>'),
    noTimestamps,
    firstTimestamp: noTimestamps + 1,
    languages: new Map(isMultilingual ? languageIds.map(([token, id]) => [token.slice(2, -2), id]) : []),
  };
}

/**
 * The token of a language, undefined for a model that knows only English.
 * @throws {ConfigError} VOICE_ERR_INVALID_OPTION for a language the model does not know.
 */
export function languageToken(vocabulary: WhisperVocabulary, language: string): number | undefined {
  const primary = language.toLowerCase().split('-')[0]!;
  const tag = WHISPER_TAG[primary] ?? primary;
  if (vocabulary.languages.size === 0 && tag === 'en') return undefined;
  const token = vocabulary.languages.get(tag);
  if (token !== undefined) return token;
  const known = vocabulary.languages.size === 0 ? 'only en' : [...vocabulary.languages.keys()].join(', ');
  throw new ConfigError('VOICE_ERR_INVALID_OPTION', `The language is "${language}"; this Whisper model knows ${known}`, { stage: 'stt' });
}
