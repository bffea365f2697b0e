/** Of English at a calm pace; holds only until the first reply has told the voice's own. */
const MS_PER_CHARACTER = 65;

export type SpokenReply = {
  readonly text: string;
  /** Audio that has arrived so far. */
  readonly arrivedMs: number;
  /** Whether that is all of it. */
  readonly isComplete: boolean;
};

/**
 * Which words of a reply have been heard. The wire carries no word times, and
 * text arrives far ahead of its audio: words are taken as long as their letters,
 * at the pace of the replies before, until all of the audio is there to go by.
 */
export class HeardTextEstimate {
  #msPerCharacter = MS_PER_CHARACTER;

  /** The words that are heard or being said at this position; all of them only when all of the audio was played. */
  heardText({ text, arrivedMs, isComplete }: SpokenReply, heardMs: number): string {
    if (heardMs <= 0) return '';
    const words = text.split(/\s+/).filter(Boolean);
    const totalLength = words.join(' ').length;
    const msPerCharacter = isComplete ? arrivedMs / Math.max(1, totalLength) : this.#msPerCharacter;
    const heardLength = heardMs / msPerCharacter;
    let startOfWord = 0;
    const heard = words.filter((word) => {
      const isHeard = startOfWord < heardLength;
      startOfWord += word.length + 1;
      return isHeard;
    });
    return heard.join(' ');
  }

  /** Takes the pace from a reply that has been spoken to its end. */
  learn({ text, arrivedMs }: SpokenReply): void {
    if (text.length > 0 && arrivedMs > 0) this.#msPerCharacter = arrivedMs / text.length;
  }
}
