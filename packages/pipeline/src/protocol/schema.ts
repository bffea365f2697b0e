import { WireError } from './wire-error.ts';

/**
 * Small checkers for JSON from outside. Each returns the value with its type, or
 * throws a {@link WireError} that names the field. Fields that no checker asks
 * for are dropped: stock clients send more than any server knows.
 */
export type Check<T> = (value: unknown, path: string) => T;

const OPTIONAL = Symbol('optional');
type OptionalCheck<T> = Check<T> & { readonly [OPTIONAL]: true };

export type Checked<C> = C extends Check<infer T> ? T : never;

type Fields = Readonly<Record<string, Check<unknown>>>;
type OptionalKeys<F extends Fields> = { [K in keyof F]: F[K] extends OptionalCheck<unknown> ? K : never }[keyof F];
type ObjectOf<F extends Fields> = { -readonly [K in Exclude<keyof F, OptionalKeys<F>>]: Checked<F[K]> } & { -readonly [K in OptionalKeys<F>]?: Checked<F[K]> };
type Flat<T> = { readonly [K in keyof T]: T[K] };

/** A field that may be absent. */
export function optional<T>(check: Check<T>): OptionalCheck<T> {
  const copy: Check<T> = (value, path) => check(value, path);
  return Object.assign(copy, { [OPTIONAL]: true as const });
}

export function nullable<T>(check: Check<T>): Check<T | null> {
  return (value, path) => (value === null ? null : check(value, path));
}

export function text(maxLength: number): Check<string> {
  return (value, path) => {
    if (typeof value !== 'string') throw wrongType(value, path, 'a string');
    if (value.length > maxLength) throw new WireError('value_too_large', `${path} has ${value.length} characters; at most ${maxLength} are allowed`, path);
    return value;
  };
}

export function number(min: number, max: number): Check<number> {
  return (value, path) => {
    if (typeof value !== 'number') throw wrongType(value, path, 'a number');
    if (!(value >= min && value <= max)) throw new WireError('invalid_value', `${path} is ${value}; expected ${min} to ${max}`, path);
    return value;
  };
}

export function integer(min: number, max: number): Check<number> {
  const inRange = number(min, max);
  return (value, path) => {
    const checked = inRange(value, path);
    if (!Number.isInteger(checked)) throw new WireError('invalid_value', `${path} is ${checked}; expected a whole number`, path);
    return checked;
  };
}

export const boolean: Check<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw wrongType(value, path, 'true or false');
  return value;
};

/** One of a closed set of strings or numbers. */
export function oneOf<const T extends readonly (string | number)[]>(...values: T): Check<T[number]> {
  return (value, path) => {
    if (!values.includes(value as T[number])) {
      const expected = values.map((known) => JSON.stringify(known)).join(', ');
      throw new WireError('invalid_value', `${path} is ${show(value)}; expected ${values.length === 1 ? expected : `one of ${expected}`}`, path);
    }
    return value as T[number];
  };
}

export function arrayOf<T>(check: Check<T>, maxLength: number): Check<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw wrongType(value, path, 'an array');
    if (value.length > maxLength) throw new WireError('value_too_large', `${path} has ${value.length} entries; at most ${maxLength} are allowed`, path);
    return value.map((entry: unknown, index) => check(entry, `${path}[${index}]`));
  };
}

export function object<F extends Fields>(fields: F): Check<Flat<ObjectOf<F>>> {
  const entries = Object.entries(fields);
  return (value, path) => {
    const record = asRecord(value, path);
    const checked: Record<string, unknown> = {};
    for (const [name, check] of entries) {
      const fieldPath = path === '' ? name : `${path}.${name}`;
      const field = Object.hasOwn(record, name) ? record[name] : undefined;
      if (field !== undefined) checked[name] = check(field, fieldPath);
      else if (!(OPTIONAL in check)) throw new WireError('missing_required_parameter', `${fieldPath} is missing`, fieldPath);
    }
    return checked as Flat<ObjectOf<F>>;
  };
}

/** Picks the checker by the value of the field `tag`. */
export function tagged<C extends Readonly<Record<string, Check<unknown>>>>(tag: string, cases: C): Check<Checked<C[keyof C]>> {
  const known = Object.keys(cases);
  return (value, path) => {
    const record = asRecord(value, path);
    const tagPath = path === '' ? tag : `${path}.${tag}`;
    const chosen = record[tag];
    if (chosen === undefined) throw new WireError('missing_required_parameter', `${tagPath} is missing; expected one of ${known.join(', ')}`, tagPath);
    if (typeof chosen !== 'string' || !Object.hasOwn(cases, chosen)) throw new WireError('invalid_value', `${tagPath} is ${show(chosen)}; expected one of ${known.join(', ')}`, tagPath);
    return cases[chosen]!(value, path) as Checked<C[keyof C]>;
  };
}

/** The first checker that accepts; the last one's complaint when none does. */
export function anyOf<A, B>(first: Check<A>, second: Check<B>): Check<A | B> {
  return (value, path) => {
    try {
      return first(value, path);
    } catch {
      return second(value, path);
    }
  };
}

/** JSON that is passed on as it is, bounded in size. */
export function json(maxLength: number): Check<Readonly<Record<string, unknown>>> {
  return (value, path) => {
    const record = asRecord(value, path);
    const length = JSON.stringify(record).length;
    if (length > maxLength) throw new WireError('value_too_large', `${path} has ${length} characters of JSON; at most ${maxLength} are allowed`, path);
    return record;
  };
}

export function asRecord(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(value, path, 'an object');
  return value as Record<string, unknown>;
}

function wrongType(value: unknown, path: string, expected: string): WireError {
  return new WireError('invalid_type', `${path === '' ? 'The event' : path} is ${show(value)}; expected ${expected}`, path);
}

/** A short rendering for messages; what a client sent must not be echoed at length. */
function show(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return value.length > 40 ? `a string of ${value.length} characters` : JSON.stringify(value);
  return String(value);
}
