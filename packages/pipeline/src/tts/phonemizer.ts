/**
 * Port of text → phonemes, injected because the good one (espeak-ng) is GPL and its bindings differ per home.
 */
export interface Phonemizer {
  /**
   * Phonemes of one piece of text in the alphabet of the voice's model: words (or groups of words, as "of the")
   * parted by spaces, punctuation kept. Numbers, money and abbreviations are read out.
   * @param voice the voice that will speak; its accent may matter.
   */
  phonemize(text: string, voice: string): Promise<string>;
}
