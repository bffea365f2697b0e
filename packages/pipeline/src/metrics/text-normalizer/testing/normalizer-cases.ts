/**
 * Texts and what `whisper-2022` makes of them, rule by rule. The right-hand sides were obtained from the published normaliser
 * (openai/whisper at c0d2f62, Python 3.11), its quirks included.
 */
export type NormalizerCases = readonly (readonly [rule: string, cases: readonly (readonly [text: string, normalized: string])[]])[];
