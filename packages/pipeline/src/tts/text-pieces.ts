/** Words whose full stop does not end a sentence. */
const ABBREVIATIONS = new Set(['mr', 'mrs', 'ms', 'dr', 'prof', 'st', 'jr', 'sr', 'vs', 'etc', 'no', 'inc', 'ltd', 'co', 'dept', 'approx', 'e.g', 'i.e', 'a.m', 'p.m']);
/** A sentence shorter than this is spoken together with the next; alone it would sound clipped. */
const SHORT_SENTENCE_LENGTH = 12;

const SENTENCE_END = /[.!?…]+["'”’)\]]*\s+/g;

/** Splits text into sentences, losing only the white space between them. */
export function splitSentences(text: string): string[] {
  const sentences: string[] = [];
  let start = 0;
  for (const match of text.matchAll(SENTENCE_END)) {
    const end = match.index + match[0].length;
    const sentence = text.slice(start, end).trim();
    if (sentence.length < SHORT_SENTENCE_LENGTH || endsInAbbreviation(text.slice(start, match.index), match[0])) continue;
    sentences.push(sentence);
    start = end;
  }
  const rest = text.slice(start).trim();
  if (rest !== '') sentences.push(rest);
  return sentences;
}

function endsInAbbreviation(before: string, end: string): boolean {
  if (!end.startsWith('.') || end.startsWith('..')) return false;
  const lastWord = /[\p{L}.]+$/u.exec(before)?.[0].toLowerCase() ?? '';
  return /^\p{L}$/u.test(lastWord) || ABBREVIATIONS.has(lastWord);
}

/** Cuts text in two near its middle: after a clause, else at a space, else anywhere. */
export function splitNearMiddle(text: string): readonly [string, string] {
  const cut = nearestToMiddle(text, /[,;:—–]\s+/g) ?? nearestToMiddle(text, /\s+/g) ?? Math.ceil(text.length / 2);
  return [text.slice(0, cut).trim(), text.slice(cut).trim()];
}

/** End of the match nearest to the middle that leaves a third of the text on both sides. */
function nearestToMiddle(text: string, pattern: RegExp): number | undefined {
  const ends = [...text.matchAll(pattern)].map((match) => match.index + match[0].length).filter((end) => end > text.length / 3 && end < (text.length * 2) / 3);
  const distance = (end: number) => Math.abs(end - text.length / 2);
  return ends.sort((a, b) => distance(a) - distance(b))[0];
}
