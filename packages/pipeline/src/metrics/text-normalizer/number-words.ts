/** What a word can mean inside a spoken number. A `suffix` ("s", "th") closes the number. */
export type NumberWord =
  | { readonly type: 'zero' }
  | { readonly type: 'ones' | 'tens' | 'multiplier'; readonly value: bigint; readonly suffix: string }
  | { readonly type: 'sign' | 'currency'; readonly symbol: string }
  | { readonly type: 'percent' | 'per' }
  | { readonly type: 'and' | 'point' }
  | { readonly type: 'repeat'; readonly times: number };

const ONES = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'];
const TENS = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const POWERS_OF_A_THOUSAND = ['thousand', 'million', 'billion', 'trillion', 'quadrillion', 'quintillion', 'sextillion', 'septillion', 'octillion', 'nonillion', 'decillion'];
const IRREGULAR_ORDINALS = new Map([['one', 'first'], ['two', 'second'], ['three', 'third'], ['five', 'fifth'], ['twelve', 'twelfth']]);
const ORDINAL_SUFFIXES = new Map([['one', 'st'], ['two', 'nd'], ['three', 'rd']]);

/** Every word of English that the number reader knows. */
export const NUMBER_WORDS: ReadonlyMap<string, NumberWord> = new Map(numberWords());

function* numberWords(): Generator<readonly [string, NumberWord]> {
  for (const word of ['o', 'oh', 'zero']) yield [word, { type: 'zero' }];
  yield ['zeroth', { type: 'ones', value: 0n, suffix: 'th' }];
  for (const [index, word] of ONES.entries()) {
    const value = BigInt(index + 1);
    const ordinal = IRREGULAR_ORDINALS.get(word) ?? (word.endsWith('t') ? `${word}h` : `${word}th`);
    yield [word, { type: 'ones', value, suffix: '' }];
    yield [word === 'six' ? 'sixes' : `${word}s`, { type: 'ones', value, suffix: 's' }];
    yield [ordinal, { type: 'ones', value, suffix: ORDINAL_SUFFIXES.get(word) ?? 'th' }];
  }
  for (const [index, word] of TENS.entries()) {
    const value = BigInt(10 * (index + 2));
    yield [word, { type: 'tens', value, suffix: '' }];
    yield [word.replace('y', 'ies'), { type: 'tens', value, suffix: 's' }];
    yield [word.replace('y', 'ieth'), { type: 'tens', value, suffix: 'th' }];
  }
  const multipliers = [['hundred', 100n] as const, ...POWERS_OF_A_THOUSAND.map((word, index) => [word, 1000n ** BigInt(index + 1)] as const)];
  for (const [word, value] of multipliers) {
    for (const suffix of ['', 's', 'th']) yield [word + suffix, { type: 'multiplier', value, suffix }];
  }
  for (const word of ['minus', 'negative']) yield [word, { type: 'sign', symbol: '-' }];
  for (const word of ['plus', 'positive']) yield [word, { type: 'sign', symbol: '+' }];
  for (const [word, symbol] of [['pound', '£'], ['euro', '€'], ['dollar', '$'], ['cent', '¢']] as const) {
    for (const suffix of ['', 's']) yield [word + suffix, { type: 'currency', symbol }];
  }
  yield ['percent', { type: 'percent' }];
  yield ['per', { type: 'per' }];
  for (const type of ['and', 'point'] as const) yield [type, { type }];
  yield ['double', { type: 'repeat', times: 2 }];
  yield ['triple', { type: 'repeat', times: 3 }];
}

/** Whether the word is a plain one, ten or power, without a suffix. */
export function isPlain(word: string | undefined, type: 'ones' | 'tens' | 'multiplier'): boolean {
  const meaning = word === undefined ? undefined : NUMBER_WORDS.get(word);
  return meaning !== undefined && meaning.type === type && 'suffix' in meaning && meaning.suffix === '';
}

/** Whether the word can stand behind "point". */
export function isDecimal(word: string | undefined): boolean {
  return isPlain(word, 'ones') || isPlain(word, 'tens') || (word !== undefined && NUMBER_WORDS.get(word)?.type === 'zero');
}
