export type * from './turn-waterfall.ts';
export { TEXT_NORMALIZER_PROFILES, type TextNormalizerProfile, normalizeText } from './text-normalizer/text-normalizer.ts';
export { splitWords } from './text-normalizer/python-text.ts';
