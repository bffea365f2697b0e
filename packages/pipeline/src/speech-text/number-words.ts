/** Numbers as British English says them: "two hundred and five", no hyphens. */

const ONES = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'];
const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const SCALES: readonly (readonly [bigint, string])[] = [
  [1_000_000_000_000_000n, 'quadrillion'],
  [1_000_000_000_000n, 'trillion'],
  [1_000_000_000n, 'billion'],
  [1_000_000n, 'million'],
  [1000n, 'thousand'],
];
const MAX_CARDINAL_DIGITS = 18;
const IRREGULAR_ORDINALS: Readonly<Record<string, string>> = { one: 'first', two: 'second', three: 'third', five: 'fifth', eight: 'eighth', nine: 'ninth', twelve: 'twelfth' };
const DENOMINATORS: Readonly<Record<number, string>> = { 2: 'half', 3: 'third', 4: 'quarter', 5: 'fifth', 6: 'sixth', 7: 'seventh', 8: 'eighth', 9: 'ninth' };

/** "1205" → "one thousand two hundred and five". Digits only; beyond quadrillions, digit by digit. */
export function cardinal(digits: string): string {
  const value = BigInt(digits);
  if (value.toString().length > MAX_CARDINAL_DIGITS) return digitByDigit(digits);
  return cardinalOf(value);
}

function cardinalOf(value: bigint): string {
  for (const [scale, name] of SCALES) {
    if (value < scale) continue;
    const rest = value % scale;
    const head = `${cardinalOf(value / scale)} ${name}`;
    if (rest === 0n) return head;
    return `${head} ${rest < 100n ? 'and ' : ''}${cardinalOf(rest)}`;
  }
  return belowThousand(Number(value));
}

function belowThousand(value: number): string {
  if (value < 20) return ONES[value] ?? '';
  const rest = value % (value < 100 ? 10 : 100);
  if (value < 100) return `${TENS[Math.floor(value / 10)]}${rest === 0 ? '' : ` ${ONES[rest]}`}`;
  return `${ONES[Math.floor(value / 100)]} hundred${rest === 0 ? '' : ` and ${belowThousand(rest)}`}`;
}

/** "21" → "twenty first". */
export function ordinal(digits: string): string {
  const words = cardinal(digits).split(' ');
  const last = words.pop() ?? '';
  words.push(IRREGULAR_ORDINALS[last] ?? (last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`));
  return words.join(' ');
}

/** "4071" → "four zero seven one"; whatever is no digit is passed over. */
export function digitByDigit(digits: string): string {
  return digits.replaceAll(/\D/g, '').split('').map((digit) => ONES[Number(digit)]).join(' ');
}

/** "3.05" → "three point zero five"; "1,205" → a cardinal; "007" → digits. */
export function decimal(written: string): string {
  const plain = written.replaceAll(',', '');
  const [whole = '', ...fractions] = plain.split('.');
  const head = /^0\d/.test(whole) ? digitByDigit(whole) : cardinal(whole === '' ? '0' : whole);
  return [head, ...fractions.map((fraction) => digitByDigit(fraction))].join(' point ');
}

/** "1905" → "nineteen oh five", "2007" → "two thousand and seven", "2024" → "twenty twenty four". */
export function year(digits: string): string {
  const value = Number(digits);
  const century = Math.floor(value / 100);
  const rest = value % 100;
  if (value % 1000 < 10) return cardinal(digits);
  if (rest === 0) return `${belowThousand(century)} hundred`;
  return `${belowThousand(century)} ${rest < 10 ? 'oh ' : ''}${belowThousand(rest)}`;
}

/** "1990" → "nineteen nineties". */
export function decade(digits: string): string {
  const words = year(digits).split(' ');
  const last = words.pop() ?? '';
  words.push(last.endsWith('y') ? `${last.slice(0, -1)}ies` : `${last}s`);
  return words.join(' ');
}

/** Hours and minutes as they stand on a clock: "five thirty", "seventeen oh five", "nine o'clock". */
export function timeOfDay(hour: string, minute: string, half = ''): string {
  const hourValue = Number(hour);
  const minuteValue = Number(minute);
  const hourWords = belowThousand(hourValue);
  if (half !== '') return `${hourWords}${minuteValue === 0 ? '' : ` ${minuteWords(minuteValue)}`} ${half}`;
  if (minuteValue !== 0) return `${hourWords} ${minuteWords(minuteValue)}`;
  if (hourValue === 0) return 'midnight';
  return hourValue <= 12 ? `${hourWords} o'clock` : `${hourWords} hundred`;
}

function minuteWords(minute: number): string {
  return `${minute < 10 ? 'oh ' : ''}${belowThousand(minute)}`;
}

/** 3/4 → "three quarters", 7/16 → "seven over sixteen". */
export function fraction(numerator: string, denominator: string): string {
  const name = DENOMINATORS[Number(denominator)];
  if (name === undefined) return `${cardinal(numerator)} over ${cardinal(denominator)}`;
  if (Number(numerator) === 1) return denominator === '2' ? 'one half' : `one ${name}`;
  return `${cardinal(numerator)} ${name === 'half' ? 'halves' : `${name}s`}`;
}
