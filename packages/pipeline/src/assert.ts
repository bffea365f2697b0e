/** Throws when an invariant of our own code is broken; never used to judge input from outside. */
export function assert(condition: unknown, invariant: string): asserts condition {
  if (!condition) throw new Error(`Broken invariant: ${invariant}`);
}

/** Closes a `switch` over a string union, so that a new member is a compile error. */
export function assertNever(value: never): never {
  throw new Error(`Broken invariant: unexpected value ${JSON.stringify(value)}`);
}
