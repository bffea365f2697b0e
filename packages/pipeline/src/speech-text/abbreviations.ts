type Abbreviation = {
  readonly spoken: string;
  /** Titles stand before a name and never end a sentence; the others may. */
  readonly kind: 'title' | 'word';
};

/** Without their last full stop, in lower case. */
const ABBREVIATIONS: Readonly<Record<string, Abbreviation>> = {
  mr: { spoken: 'Mister', kind: 'title' },
  mrs: { spoken: 'Missus', kind: 'title' },
  ms: { spoken: 'Ms', kind: 'title' },
  dr: { spoken: 'Doctor', kind: 'title' },
  prof: { spoken: 'Professor', kind: 'title' },
  rev: { spoken: 'Reverend', kind: 'title' },
  gen: { spoken: 'General', kind: 'title' },
  sgt: { spoken: 'Sergeant', kind: 'title' },
  capt: { spoken: 'Captain', kind: 'title' },
  mt: { spoken: 'Mount', kind: 'title' },
  fig: { spoken: 'figure', kind: 'title' },
  no: { spoken: 'number', kind: 'title' },
  tel: { spoken: 'telephone', kind: 'title' },
  approx: { spoken: 'approximately', kind: 'title' },
  'e.g': { spoken: 'for example', kind: 'title' },
  'i.e': { spoken: 'that is', kind: 'title' },
  vs: { spoken: 'versus', kind: 'title' },
  etc: { spoken: 'et cetera', kind: 'word' },
  jr: { spoken: 'Junior', kind: 'word' },
  sr: { spoken: 'Senior', kind: 'word' },
  inc: { spoken: 'Incorporated', kind: 'word' },
  ltd: { spoken: 'Limited', kind: 'word' },
  co: { spoken: 'Company', kind: 'word' },
  dept: { spoken: 'department', kind: 'word' },
  rd: { spoken: 'Road', kind: 'word' },
  ave: { spoken: 'Avenue', kind: 'word' },
  blvd: { spoken: 'Boulevard', kind: 'word' },
  sq: { spoken: 'Square', kind: 'word' },
  hr: { spoken: 'hour', kind: 'word' },
  hrs: { spoken: 'hours', kind: 'word' },
  min: { spoken: 'minutes', kind: 'word' },
  mins: { spoken: 'minutes', kind: 'word' },
  sec: { spoken: 'seconds', kind: 'word' },
  secs: { spoken: 'seconds', kind: 'word' },
  jan: { spoken: 'January', kind: 'word' },
  feb: { spoken: 'February', kind: 'word' },
  aug: { spoken: 'August', kind: 'word' },
  sept: { spoken: 'September', kind: 'word' },
  oct: { spoken: 'October', kind: 'word' },
  nov: { spoken: 'November', kind: 'word' },
  dec: { spoken: 'December', kind: 'word' },
  'a.m': { spoken: 'AM', kind: 'word' },
  'p.m': { spoken: 'PM', kind: 'word' },
  'ph.d': { spoken: 'PhD', kind: 'word' },
  'u.s': { spoken: 'US', kind: 'word' },
  'u.k': { spoken: 'UK', kind: 'word' },
  'u.s.a': { spoken: 'USA', kind: 'word' },
  'e.u': { spoken: 'EU', kind: 'word' },
};

/** Those that are words of English too when no full stop follows a name or number: "no", "co", "sec", "min", "dec". */
const LAST_TOKEN = /(?:^|[\s("'“‘[])((?:[\p{L}]\.)*[\p{L}]+)\.$/u;

export function findAbbreviation(withoutLastStop: string): Abbreviation | undefined {
  return Object.hasOwn(ABBREVIATIONS, withoutLastStop.toLowerCase()) ? ABBREVIATIONS[withoutLastStop.toLowerCase()] : undefined;
}

/**
 * Whether a text that ends in a full stop may go on after it: 'title' for "Dr." and single initials,
 * 'word' for "etc." and its like, undefined for an ordinary end of a sentence.
 */
export function endsWithAbbreviation(text: string): 'title' | 'word' | undefined {
  const token = LAST_TOKEN.exec(text)?.[1];
  if (token === undefined) return undefined;
  if (token.toLowerCase() === 'st') return 'title';
  // "No." is most often an answer, and "Co", "Min" and "Sec" are rarely last words.
  if (/^no$/iu.test(token)) return undefined;
  if (/^\p{Lu}$/u.test(token) && token !== 'I') return 'title';
  return findAbbreviation(token)?.kind;
}
