/** A word of the text and the phonemes that speak it: `phonemes.slice(start, end)`. */
export type WordSpan = { readonly text: string; readonly start: number; readonly end: number };

/** Most words that a phonemizer runs together ("out of the") and most groups that one word becomes ("$1,234.56"). */
const MOST_WORDS_IN_GROUP = 4;
const MOST_GROUPS_OF_WORD = 16;

/**
 * Finds which phonemes speak which word.
 *
 * Phonemizers part their output by spaces, but run function words together ("ɔnðə") and read out one word as many
 * ("$12" → "twelve dollars"). The words and groups are matched in order, so that their sounds agree best; where one group
 * speaks several words, it is shared out by their letters. A word that is not spoken gets an empty span.
 */
export function mapWordsToPhonemes(text: string, phonemes: string): WordSpan[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const groups = [...phonemes.matchAll(/\S+/g)].map((match) => ({ start: match.index, end: match.index + match[0].length, text: match[0], mark: endMark(match[0]) }));
  if (words.length === groups.length) return words.map((word, i) => ({ text: word, start: groups[i]!.start, end: groups[i]!.end }));
  return match(words, groups).flatMap(({ wordFrom, wordTo, groupFrom, groupTo }) => {
    const block = words.slice(wordFrom, wordTo);
    const start = groups[groupFrom]?.start ?? phonemes.length;
    const end = groupTo > groupFrom ? groups[groupTo - 1]!.end : start;
    return shareOut(block, start, end);
  });
}

type Group = { readonly start: number; readonly end: number; readonly text: string; readonly mark: string };
type Block = { readonly wordFrom: number; readonly wordTo: number; readonly groupFrom: number; readonly groupTo: number };

/** Cheapest way to cut both rows into blocks of one word to some groups, or some words to one group. */
function match(words: readonly string[], groups: readonly Group[]): Block[] {
  const best = Array.from({ length: words.length + 1 }, () => new Float64Array(groups.length + 1).fill(Infinity));
  const from = new Map<number, Block>();
  best[0]![0] = 0;
  for (let w = 0; w <= words.length; w++) {
    for (let g = 0; g <= groups.length; g++) {
      const soFar = best[w]![g]!;
      if (soFar === Infinity) continue;
      for (const [wordCount, groupCount] of blockSizes(words.length - w, groups.length - g)) {
        const cost = soFar + blockCost(words.slice(w, w + wordCount), groups.slice(g, g + groupCount));
        if (cost >= best[w + wordCount]![g + groupCount]!) continue;
        best[w + wordCount]![g + groupCount] = cost;
        from.set((w + wordCount) * (groups.length + 1) + g + groupCount, { wordFrom: w, wordTo: w + wordCount, groupFrom: g, groupTo: g + groupCount });
      }
    }
  }
  const blocks: Block[] = [];
  for (let w = words.length, g = groups.length; w > 0 || g > 0;) {
    const block = from.get(w * (groups.length + 1) + g);
    if (!block) break;
    blocks.unshift(block);
    [w, g] = [block.wordFrom, block.groupFrom];
  }
  return blocks;
}

function blockSizes(wordsLeft: number, groupsLeft: number): (readonly [number, number])[] {
  const sizes: (readonly [number, number])[] = [];
  for (let n = 1; n <= Math.min(groupsLeft, MOST_GROUPS_OF_WORD); n++) if (wordsLeft > 0) sizes.push([1, n]);
  for (let n = 2; n <= Math.min(wordsLeft, MOST_WORDS_IN_GROUP); n++) if (groupsLeft > 0) sizes.push([n, 1]);
  if (wordsLeft > 0) sizes.push([1, 0]);
  if (groupsLeft > 0) sizes.push([0, 1]);
  return sizes;
}

function blockCost(words: readonly string[], groups: readonly Group[]): number {
  if (groups.length === 0) return words.every((word) => /[\p{L}\p{N}]/u.test(word)) ? 12 : 0.5;
  if (words.length === 0) return 12;
  const readOut = words.some((word) => /[\p{N}$£€%&@+]/u.test(word) || /^\p{Lu}{2,}$/u.test(word));
  // How long "$12.50" is when spoken cannot be told from its characters.
  const soundCost = readOut ? 0 : unlikeness(soundsOf(words.join('')), soundsOf(groups.map((group) => group.text).join('')));
  const joinCost = words.length > 1 ? 1 : groups.length > 1 && !readOut ? 3 : 0;
  const markCost = endMark(words.at(-1)!) === groups.at(-1)!.mark ? 0 : 3;
  return soundCost + joinCost + markCost;
}

function shareOut(words: readonly string[], start: number, end: number): WordSpan[] {
  const total = words.reduce((sum, word) => sum + letterCount(word), 0) || 1;
  let letters = 0;
  return words.map((text) => {
    const from = start + Math.round(((end - start) * letters) / total);
    letters += letterCount(text);
    return { text, start: from, end: start + Math.round(((end - start) * letters) / total) };
  });
}

function letterCount(word: string): number {
  return word.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
}

/** Letters and phonemes that stand for about the same consonant, each under the name of one of them. */
const CONSONANTS: Readonly<Record<string, string>> = {
  ...Object.fromEntries([...'bdfglmnprstv'].map((letter) => [letter, letter])),
  c: 'k', k: 'k', q: 'k', x: 'k', z: 's', j: 'g', ɡ: 'g', ɹ: 'r', ɾ: 't', ð: 't', θ: 't', ʃ: 's', ʒ: 's', ʤ: 'g', ʧ: 'k', ŋ: 'n',
};
const VOWEL = /[aeiouæɑɐɒəɚɛɜɪɔʊʌᵻAIOQWY]/;

/** How often each consonant occurs, and vowels as one. */
function soundsOf(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const symbol of text.normalize('NFC')) {
    const sound = CONSONANTS[symbol.toLowerCase()] ?? (VOWEL.test(symbol) || VOWEL.test(symbol.toLowerCase()) ? 'vowel' : undefined);
    if (sound) counts.set(sound, (counts.get(sound) ?? 0) + 1);
  }
  return counts;
}

/** English spells vowels freely, so they count for less than consonants. */
function unlikeness(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const sound of new Set([...a.keys(), ...b.keys()])) sum += Math.abs((a.get(sound) ?? 0) - (b.get(sound) ?? 0)) * (sound === 'vowel' ? 0.3 : 1);
  return sum;
}

function endMark(text: string): string {
  return /[.,;:!?…]$/.exec(text)?.[0] ?? '';
}
