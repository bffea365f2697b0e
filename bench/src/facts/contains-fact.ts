/** Words that go on with a number: "nine" is not in "nine thirty", nor "two pounds" in "twenty two pounds". */
const NUMBER_WORDS = new Set(
  ('zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen '
  + 'twenty thirty forty fifty sixty seventy eighty ninety hundred oh pounds pound pence').split(' '),
);

/** Whole words in a row, case, accents and punctuation aside; a number must be told whole. */
export function containsFact(text: string, fact: string): boolean {
  const words = plainWords(text);
  const wanted = plainWords(fact);
  const isNumber = (word: string | undefined) => word !== undefined && (NUMBER_WORDS.has(word) || /^\p{N}+$/u.test(word));
  return words.some((_, at) => {
    if (!wanted.every((word, offset) => words[at + offset] === word)) return false;
    const goesOnBefore = isNumber(wanted[0]) && isNumber(words[at - 1]);
    const goesOnAfter = isNumber(wanted.at(-1)) && isNumber(words[at + wanted.length]);
    return !goesOnBefore && !goesOnAfter;
  });
}

/** Lowercase words without accents and punctuation. */
export function plainWords(text: string): string[] {
  const plain = text.toLowerCase().normalize('NFKD').replace(/[\p{M}'’]/gu, '').replace(/[^\p{L}\p{N}]+/gu, ' ');
  return plain.split(' ').filter((word) => word !== '');
}
