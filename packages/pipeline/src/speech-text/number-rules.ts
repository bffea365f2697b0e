import { cardinal, decade, decimal, digitByDigit, fraction, ordinal, timeOfDay, year } from './number-words.ts';
import { CURRENCIES, UNITS, unitName } from './units.ts';

/**
 * Everything written with digits, as words. Rules are tried in order over a run of
 * neighbouring tokens; what one has turned into words holds no digit for the next.
 * English, with British words; a date whose order is ambiguous is not guessed.
 */

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const MONTH = `(?:${MONTHS.join('|')}|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)`;
const NUMBER = String.raw`\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+`;
const HALF = String.raw`\s?([ap])(?:\.\s?m\.?|m)(?![a-z])`;
const UNIT = Object.keys(UNITS).sort((a, b) => b.length - a.length).map((symbol) => symbol.replaceAll(/[/.]/g, String.raw`\$&`)).join('|');
const CURRENCY = '[£$€¥₹]';
const MAGNITUDE = 'thousand|million|billion|trillion|k|K|m|M|bn|B|tn';
/** Without a currency, "5m" is a length and "4K" a name. */
const PLAIN_MAGNITUDE = 'thousand|million|billion|trillion|k|bn|tn';
const MAGNITUDE_NAMES: Readonly<Record<string, string>> = { k: 'thousand', K: 'thousand', m: 'million', M: 'million', bn: 'billion', B: 'billion', tn: 'trillion' };
const DASH = '[-–—−]';
/** After these words a number is a name, and each of its digits counts. */
const DIGIT_CUES = /(?:^|[^\p{L}])(?:ticket|booking|reservation|reference|ref|order|code|pin|password|phone|telephone|tel|call|dial|ring|text|extension|ext|account|card|confirmation|tracking|serial|locker|flight)(?: (?:number|no|code|reference|is|number is|code is|reference is|on|at))?[:,]?$/iu;
const YEAR_CUES = /(?:in|since|until|till|from|by|around|circa|year|of|before|after|during|early|late|mid|spring|summer|autumn|winter|fall|to|and)$/iu;
const SPECIAL: Readonly<Record<string, string>> = { '24/7': 'twenty four seven', '9/11': 'nine eleven', '50/50': 'fifty fifty' };

/** How a number that an earlier rule put into words ends and begins: "five thirty" – "six o'clock". */
const SPOKEN_NUMBER_END = "o'clock|[AP]M|hundred|midnight|percent|teen|ty|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve";
const SPOKEN_NUMBER_START = String.raw`(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|midnight|\p{L}+teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)\b`;

type Rule = readonly [pattern: RegExp, say: (match: RegExpMatchArray, context: RunContext) => string];
export type RunContext = {
  /** The words before the run, as they were spoken. */
  readonly before: string;
};

const VULGAR: Readonly<Record<string, string>> = { '½': '1/2', '¼': '1/4', '¾': '3/4', '⅓': '1/3', '⅔': '2/3', '⅕': '1/5', '⅛': '1/8', '⅜': '3/8', '⅝': '5/8', '⅞': '7/8' };

const RULES: readonly Rule[] = [
  [/[½¼¾⅓⅔⅕⅛⅜⅝⅞]/gu, ([sign = '']) => ` ${VULGAR[sign] ?? ''}`],
  [/(?<![\d/])(?:24\/7|9\/11|50\/50)(?![\d/])/gu, ([whole]) => SPECIAL[whole] ?? whole],

  // Dates.
  [/\b(\d{4})-(\d{2})-(\d{2})(?:T(?=\d))?/gu, (match) => sayDate(match[3] ?? '', match[2] ?? '', match[1] ?? '') ?? match[0]],
  [/(?<![\d/.])(\d{1,2})([/.])(\d{1,2})\2(\d{4})(?![\d/])/gu, (match) => saySlashedDate(match[1] ?? '', match[3] ?? '', match[4] ?? '')],
  [new RegExp(String.raw`\b(\d{1,2})(?:st|nd|rd|th)?(?: of)? (${MONTH})\b\.?(?:,? (\d{4})\b)?`, 'gu'), (match, { before }) => withoutSecondThe(sayMonthDate(match[1] ?? '', match[2] ?? '', match[3], 'day-first') ?? match[0], wordsBefore(before, match))],
  [new RegExp(String.raw`\b(${MONTH})\.? (\d{1,2})(?:st|nd|rd|th)?(?![\d:])(?:,? (\d{4})\b)?`, 'gu'), (match) => sayMonthDate(match[2] ?? '', match[1] ?? '', match[3], 'month-first') ?? match[0]],
  [new RegExp(String.raw`\b(${MONTH})\.?,? (\d{4})\b`, 'gu'), (match) => `${fullMonth(match[1] ?? '')} ${year(match[2] ?? '')}`],

  // Times. "5.30" is a time only where something says so.
  [new RegExp(String.raw`\b(\d{1,2})[:.]([0-5]\d)${HALF}`, 'giu'), (match) => timeOfDay(match[1] ?? '', match[2] ?? '', `${match[3]?.toUpperCase()}M`)],
  [/(?<![\d:])(\d{1,2}):([0-5]\d):([0-5]\d)(?![\d:])/gu, (match) => `${cardinal(match[1] ?? '')} ${sayClockPart(match[2] ?? '')} ${sayClockPart(match[3] ?? '')}`],
  [/(?<![\d:])([01]?\d|2[0-4]):([0-5]\d)(?!\d|:\d)/gu, (match) => timeOfDay(match[1] ?? '', match[2] ?? '')],
  [new RegExp(String.raw`\b(\d{1,2})${HALF}`, 'giu'), (match) => timeOfDay(match[1] ?? '', '0', `${match[2]?.toUpperCase()}M`)],

  // Telephone numbers.
  [/\+\d[\d\s().-]{6,}\d/gu, ([whole]) => `plus ${digitByDigit(whole)}`],
  [/(?<!\d)\(\d{2,5}\)[\s-]?\d[\d\s-]{4,}\d/gu, ([whole]) => digitByDigit(whole)],
  [/(?<![\d-])\d{3}[-.\s]\d{3}[-.\s]\d{4}(?![\d-])/gu, ([whole]) => digitByDigit(whole)],
  [/(?<![\d.,-])0\d{1,4}(?:[\s-]?\d{2,}){1,4}(?![\d.,]\d)/gu, ([whole]) => digitByDigit(whole)],

  // Money.
  [new RegExp(String.raw`(${CURRENCY})\s?(${NUMBER})\s?${DASH}\s?${CURRENCY}?\s?(${NUMBER})(?:\s?(${MAGNITUDE})(?![a-zA-Z]))?`, 'gu'), (match) => `${decimal(match[2] ?? '')} to ${sayMoney(match[1] ?? '', match[3] ?? '', match[4])}`],
  [new RegExp(String.raw`${DASH}?(${CURRENCY})\s?(${NUMBER})(?:\s?(${MAGNITUDE})(?![a-zA-Z]))?`, 'gu'), (match) => (/^[-–—−]/u.test(match[0]) ? 'minus ' : '') + sayMoney(match[1] ?? '', match[2] ?? '', match[3])],
  [new RegExp(String.raw`(${NUMBER})\s?(${CURRENCY})(?!\d)`, 'gu'), (match) => sayMoney(match[2] ?? '', match[1] ?? '', undefined)],
  [/\b(\d{1,3})p(?![a-zA-Z\d])/gu, (match) => `${cardinal(match[1] ?? '')} ${match[1] === '1' ? 'penny' : 'pence'}`],

  // Fractions; a score out of ten or more is not one.
  [/(?<![\d/.])(\d+)[ -]([1-9])\/([2-9])(?![\d/])/gu, (match) => `${cardinal(match[1] ?? '')} and ${sayPart(match[2] ?? '', match[3] ?? '')}`],
  [/(?<![\d/.])(\d{1,3})\/(10|20|50|100)(?![\d/])/gu, (match) => `${cardinal(match[1] ?? '')} out of ${cardinal(match[2] ?? '')}`],
  [/(?<![\d/.])(\d{1,2})\/(\d{1,3})(?![\d/])/gu, (match) => fraction(match[1] ?? '', match[2] ?? '')],

  // Ordinals and decades.
  [/\b(\d{1,3}(?:,\d{3})+|\d+)(?:st|nd|rd|th)\b/giu, (match) => ordinal((match[1] ?? '').replaceAll(',', ''))],
  [/\b((?:1[1-9]|20)\d0)['’]?s\b/gu, (match) => decade(match[1] ?? '')],
  [/['’]?\b([2-9]0)['’]?s\b/gu, (match) => `${cardinal(match[1] ?? '').replace(/y$/u, 'ie')}s`],

  // Measures.
  [new RegExp(String.raw`(?<![\d.,])(${NUMBER})\s?(?:${DASH}|to)\s?(${NUMBER})\s?(${UNIT})(?![a-zA-Z0-9²³])`, 'gu'), (match) => `${decimal(match[1] ?? '')} to ${decimal(match[2] ?? '')} ${sayUnit(match[3] ?? '', '2')}`],
  [new RegExp(String.raw`(?<![\d.,a-zA-Z])(${DASH}?)(${NUMBER})\s?(${UNIT})(?![a-zA-Z0-9²³])`, 'gu'), (match) => `${match[1] === '' ? '' : 'minus '}${decimal(match[2] ?? '')} ${sayUnit(match[3] ?? '', match[2] ?? '')}`],
  [new RegExp(String.raw`(?<![\d.,a-zA-Z])(${NUMBER})\s?(${PLAIN_MAGNITUDE})(?![a-zA-Z0-9])`, 'gu'), (match) => `${decimal(match[1] ?? '')} ${MAGNITUDE_NAMES[match[2] ?? ''] ?? match[2]}`],
  [/(?<![\d.,])(\d+)x(?![a-zA-Z\d])/gu, (match) => `${cardinal(match[1] ?? '')} times`],

  // Arithmetic. A dash between numbers subtracts only in company.
  [/(\d)\s?[×x*]\s?(?=\d)/gu, (match) => `${match[1]} times `],
  [/(\d)\s?÷\s?(?=\d)/gu, (match) => `${match[1]} divided by `],
  [/(\d)\s?\+\s?(?=\d)/gu, (match) => `${match[1]} plus `],
  [/(\d|plus|times)(\s?)[-–−]\s?(\d[\d.,]*)(?=\s?(?:=|plus|times))/gu, (match) => `${match[1]} minus ${match[3]}`],
  [/\s?=\s?/gu, () => ' equals '],
  [/(\d)\^(?=\d)/gu, (match) => `${match[1]} to the power of `],
  [/(\d)²/gu, (match) => `${match[1]} squared`],
  [/(\d)³/gu, (match) => `${match[1]} cubed`],
  [/~\s?(?=\d)/gu, () => 'about '],
  [/#\s?(?=\d)/gu, () => 'number '],

  // Ranges, then years where words or company say so.
  [/(?<![\d.-])((?:1[1-9]|20)\d\d)\s?[-–—]\s?((?:1[1-9]|20)\d\d)(?![\d-])/gu, (match) => `${year(match[1] ?? '')} to ${year(match[2] ?? '')}`],
  [new RegExp(String.raw`(?<=\d|${SPOKEN_NUMBER_END})\s?[-–—]\s?(?=\d|${SPOKEN_NUMBER_START})`, 'gu'), () => ' to '],

  // Names made of digits.
  [/(?<![\d.,])(\d+(?:[ -]\d+)*)(?![\d.,]*\d|[a-zA-Z])/gu, (match, { before }) => (isNamedByDigits(before, match) ? digitByDigit(match[0]) : match[0])],
  [/(?<![\d.,])((?:1[1-9]|20)\d\d)(?!\d|[.,]\d|[a-zA-Z])/gu, (match, { before }) => (YEAR_CUES.test(wordsBefore(before, match)) ? year(match[0]) : match[0])],
  [/(?<![\d.,])(\d{4,})(?![\d.,]*\d|[a-zA-Z])/gu, ([whole]) => (whole.length >= 7 && !whole.endsWith('000') ? digitByDigit(whole) : whole)],

  [/\bv\.?\s?(?=\d+\.\d)/giu, (match, { before }) => (/version$/iu.test(wordsBefore(before, match)) ? '' : 'version ')],
  [/(\d)['’′]\s?(\d{1,2})(?:"|”|″|'')?/gu, (match) => `${match[1]} foot ${match[2]}`],

  // Letters and digits together: "BA2490", "A4", "MP3", "4K".
  [/(?<![\p{L}\d])(\p{L}+)-?(\d+)(?![\d.,]\d)(?=(\p{L}*))/gu, (match) => `${match[1]} ${(match[2] ?? '').length <= 2 && !/^0\d/.test(match[2] ?? '') ? cardinal(match[2] ?? '') : digitByDigit(match[2] ?? '')}${match[3] === '' ? '' : ' '}`],
  [/(\d+(?:\.\d+)*)(?=-?(\p{L}+))-?/gu, (match) => `${decimal(match[1] ?? '')} `],

  [/(?<![\d.,\p{L}])[-−](?=\d|\.\d)/gu, () => 'minus '],
  [/\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)*|\.\d+/gu, ([whole]) => decimal(whole)],
];

/** Writes out every number of a run; text without digits or signs comes back as it is. */
export function sayNumbers(run: string, context: RunContext): string {
  let text = run;
  for (const [pattern, say] of RULES) {
    text = text.replace(pattern, (...parts: unknown[]) => {
      const match = matchOf(parts);
      return say(match, context);
    });
  }
  return text.replaceAll(/ {2,}/g, ' ').trim();
}

function matchOf(parts: readonly unknown[]): RegExpMatchArray {
  const end = parts.findIndex((part) => typeof part === 'number');
  const groups = parts.slice(0, end) as string[];
  return Object.assign(groups, { index: parts[end] as number, input: parts[end + 1] as string }) as RegExpMatchArray;
}

function wordsBefore(before: string, match: RegExpMatchArray): string {
  return `${before} ${(match.input ?? '').slice(0, match.index)}`.trim();
}

function withoutSecondThe(said: string, before: string): string {
  return /(?:^|\s)the$/iu.test(before) ? said.replace(/^the /u, '') : said;
}

function isNamedByDigits(before: string, match: RegExpMatchArray): boolean {
  return DIGIT_CUES.test(wordsBefore(before, match));
}

function fullMonth(name: string): string {
  return MONTHS.find((month) => month.startsWith(name.slice(0, 3))) ?? name;
}

function sayMonthDate(day: string, month: string, yearDigits: string | undefined, order: 'day-first' | 'month-first'): string | undefined {
  if (Number(day) < 1 || Number(day) > 31) return undefined;
  const tail = yearDigits === undefined ? '' : ` ${year(yearDigits)}`;
  const comma = order === 'month-first' && tail !== '' ? ',' : '';
  return (order === 'day-first' ? `the ${ordinal(day)} of ${fullMonth(month)}` : `${fullMonth(month)} the ${ordinal(day)}`) + comma + tail;
}

function sayDate(day: string, month: string, yearDigits: string): string | undefined {
  const name = MONTHS[Number(month) - 1];
  return name === undefined ? undefined : sayMonthDate(String(Number(day)), name, yearDigits, 'day-first');
}

function saySlashedDate(first: string, second: string, yearDigits: string): string {
  const isDayFirst = Number(first) > 12;
  const isMonthFirst = Number(second) > 12;
  const said = isDayFirst ? sayDate(first, second, yearDigits) : isMonthFirst ? sayDate(second, first, yearDigits) : undefined;
  return said ?? `${cardinal(first)}, ${cardinal(second)}, ${year(yearDigits)}`;
}

function sayClockPart(minutes: string): string {
  return Number(minutes) < 10 ? `oh ${cardinal(minutes)}` : cardinal(minutes);
}

function sayPart(numerator: string, denominator: string): string {
  if (numerator === '1') return denominator === '2' ? 'a half' : denominator === '4' ? 'a quarter' : `a ${fraction('1', denominator).slice('one '.length)}`;
  return fraction(numerator, denominator);
}

function sayMoney(sign: string, amount: string, magnitude: string | undefined): string {
  const currency = CURRENCIES[sign];
  if (currency === undefined) return amount;
  if (magnitude !== undefined) return `${decimal(amount)} ${MAGNITUDE_NAMES[magnitude] ?? magnitude} ${currency.many}`;
  const [whole = '', cents] = amount.replaceAll(',', '').split('.');
  if (cents === undefined || cents.length !== 2) return `${decimal(amount)} ${unitName(currency, amount)}`;
  const smaller = `${cardinal(cents)} ${unitName(currency.fraction, cents)}`;
  if (Number(whole === '' ? '0' : whole) === 0) return smaller;
  const larger = `${cardinal(whole)} ${unitName(currency, whole)}`;
  return cents === '00' ? larger : `${larger} ${cardinal(cents)}`;
}

function sayUnit(symbol: string, amount: string): string {
  const named = UNITS[symbol];
  return named === undefined ? symbol : unitName(named, amount);
}
