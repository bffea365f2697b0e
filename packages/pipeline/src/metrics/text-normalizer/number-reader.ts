import { assertNever } from '../../assert.ts';
import { NUMBER_WORDS, type NumberWord, isDecimal, isPlain } from './number-words.ts';
import { DIGIT, parseDigits } from './python-text.ts';

/** A number under construction: arithmetic while it is whole, digits in a row once it is read out one by one. */
type Value = bigint | string;

const numeric = new RegExp(`^${DIGIT}+(?:\\.${DIGIT}+)?$`, 'u');
const decimal = new RegExp(`^(?=\\.?${DIGIT})(${DIGIT}*)(?:\\.(${DIGIT}*))?$`, 'u');
const PREFIXES = '-+£€$¢';

/**
 * Writes the spoken numbers in a row of words as figures: "two hundred and five dollars" → "$205",
 * "one oh one" → "101", "nineteen eighties" → "1980s". What is no number passes.
 *
 * Quirks are those of the published normaliser and are kept, because figures are only comparable when they are.
 */
export function readNumbers(words: readonly string[]): string[] {
  const reader = new NumberReader();
  for (let i = 0; i < words.length; i++) {
    if (reader.read(words[i]!, words[i - 1], words[i + 1]) === 'next-word-used') i++;
  }
  return reader.finish();
}

type Outcome = 'next-word-used' | undefined;

class NumberReader {
  readonly #output: string[] = [];
  #prefix = '';
  #value: Value | undefined;

  finish(): string[] {
    this.#release();
    return this.#output;
  }

  read(current: string, previous: string | undefined, next: string | undefined): Outcome {
    const [first = ''] = current;
    const hasPrefix = PREFIXES.includes(first);
    const figures = hasPrefix ? current.slice(first.length) : current;
    if (numeric.test(figures)) return this.#readFigures(current, figures, hasPrefix ? first : '');
    const word = NUMBER_WORDS.get(current);
    if (!word) {
      this.#release();
      this.#emit(current);
      return undefined;
    }
    return this.#readWord(word, current, previous, next);
  }

  #readFigures(current: string, figures: string, prefix: string): undefined {
    if (typeof this.#value === 'string' && this.#value.endsWith('.')) {
      this.#value += current;
      return;
    }
    this.#release();
    this.#prefix = prefix || this.#prefix;
    this.#value = wholeProduct(figures, 1n) ?? figures;
  }

  #readWord(word: NumberWord, current: string, previous: string | undefined, next: string | undefined): Outcome {
    switch (word.type) {
      case 'zero':
        this.#value = `${this.#value || ''}0`;
        return undefined;
      case 'ones':
        return this.#add(joinOnes(this.#value, word.value, previous), word.suffix);
      case 'tens':
        return this.#add(joinTens(this.#value, word.value), word.suffix);
      case 'multiplier':
        return word.suffix === '' ? this.#multiply(word.value) : this.#multiplyAndClose(word.value, word.suffix);
      case 'sign':
        this.#release();
        if (isNumberLike(next)) this.#prefix = word.symbol;
        else this.#emit(current);
        return undefined;
      case 'currency':
        if (this.#value === undefined) return this.#emit(current);
        this.#prefix = word.symbol;
        return this.#release();
      case 'percent':
        return this.#emit(this.#value === undefined ? current : `${this.#value}%`);
      case 'per':
        if (this.#value !== undefined && next === 'cent') {
          this.#emit(`${this.#value}%`);
          return 'next-word-used';
        }
        this.#release();
        return this.#emit(current);
      case 'and':
      case 'point':
      case 'repeat':
        if (isNumberLike(next)) return this.#readSpecial(word, current, previous, next);
        this.#release();
        return this.#emit(current);
      default:
        return assertNever(word);
    }
  }

  #readSpecial(word: Extract<NumberWord, { readonly type: 'and' | 'point' | 'repeat' }>, current: string, previous: string | undefined, next: string | undefined): Outcome {
    if (word.type === 'and' && isPlain(previous, 'multiplier')) return undefined;
    if (word.type === 'point') {
      // Before a number word that is no decimal ("point million") the point vanishes.
      if (isDecimal(next) || numeric.test(next ?? '')) this.#value = `${this.#value || ''}.`;
      return undefined;
    }
    const repeated = next === undefined ? undefined : NUMBER_WORDS.get(next);
    if (word.type === 'repeat' && (repeated?.type === 'zero' || isPlain(next, 'ones'))) {
      const digits = repeated?.type === 'ones' ? String(repeated.value) : '0';
      this.#value = `${this.#value || ''}${digits.repeat(word.times)}`;
      return 'next-word-used';
    }
    this.#release();
    return this.#emit(current);
  }

  #add(sum: Value, suffix: string): undefined {
    if (suffix === '') this.#value = sum;
    else this.#emit(`${sum}${suffix}`);
  }

  #multiply(multiplier: bigint): undefined {
    if (this.#value === undefined) this.#value = multiplier;
    else if (typeof this.#value === 'bigint') this.#value = multiplyLastThousand(this.#value, multiplier);
    else {
      const product = wholeProduct(this.#value, multiplier);
      if (product === undefined) this.#release();
      this.#value = product ?? multiplier;
    }
  }

  #multiplyAndClose(multiplier: bigint, suffix: string): undefined {
    this.#multiply(multiplier);
    this.#emit(`${this.#value}${suffix}`);
  }

  #release(): undefined {
    if (this.#value !== undefined) this.#emit(String(this.#value));
  }

  #emit(text: string): undefined {
    this.#output.push(this.#prefix + text);
    this.#prefix = '';
    this.#value = undefined;
  }
}

function isNumberLike(word: string | undefined): boolean {
  return word !== undefined && (NUMBER_WORDS.has(word) || numeric.test(word));
}

function joinOnes(value: Value | undefined, ones: bigint, previous: string | undefined): Value {
  if (value === undefined) return ones;
  if (typeof value === 'string') {
    // "oh twenty one" is 021: the one takes the place of the ten's zero.
    return isPlain(previous, 'tens') && ones < 10n ? `${value.slice(0, -1)}${ones}` : `${value}${ones}`;
  }
  const fits = !isPlain(previous, 'ones') && value % (ones < 10n ? 10n : 100n) === 0n;
  return fits ? value + ones : `${value}${ones}`;
}

function joinTens(value: Value | undefined, tens: bigint): Value {
  if (value === undefined) return tens;
  return typeof value === 'bigint' && value % 100n === 0n ? value + tens : `${value}${tens}`;
}

/** "two million five hundred" multiplies only the five. */
function multiplyLastThousand(value: bigint, multiplier: bigint): bigint {
  const residual = value % 1000n;
  return value - residual + residual * multiplier;
}

/** `digits * multiplier` if the digits are a number and the product is whole. */
function wholeProduct(digits: string, multiplier: bigint): bigint | undefined {
  const [match, integer = '', fraction = ''] = decimal.exec(digits) ?? [];
  if (match === undefined) return undefined;
  const scaled = parseDigits(integer + fraction) * multiplier;
  const scale = 10n ** BigInt(fraction.length);
  return scaled % scale === 0n ? scaled / scale : undefined;
}
