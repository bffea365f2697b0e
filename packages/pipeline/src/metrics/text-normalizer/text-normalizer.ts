import { assertNever } from '../../assert.ts';
import { normalizeBasicText } from './basic-text.ts';
import { normalizeEnglishText } from './english-text.ts';

/**
 * How text is made comparable before its words are counted. Two word error
 * rates mean the same only under the same profile, so every result names it.
 *
 * - `whisper-2022`: English as the Whisper paper and most papers since score it.
 *   Every rule of its normaliser, in order, with its quirks. One difference: the
 *   British spellings that are written as American ones come from a list of our
 *   own and not from the 1,739 entries published with it.
 * - `basic`: Whisper's profile for other languages: lower case, nothing in
 *   brackets, no punctuation.
 * - `none`: the text as it is; words are what stands between white space.
 */
export const TEXT_NORMALIZER_PROFILES = ['whisper-2022', 'basic', 'none'] as const;
export type TextNormalizerProfile = (typeof TEXT_NORMALIZER_PROFILES)[number];

/** The text under a profile. Spaces at the ends are left as they fall; split it with `splitWords`. */
export function normalizeText(text: string, profile: TextNormalizerProfile): string {
  switch (profile) {
    case 'whisper-2022':
      return normalizeEnglishText(text);
    case 'basic':
      return normalizeBasicText(text);
    case 'none':
      return text;
    default:
      return assertNever(profile);
  }
}
