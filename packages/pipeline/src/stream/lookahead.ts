/**
 * Lets the stage before it run ahead by `itemCount` finished items, which a
 * stage alone never does: between stages that work at the same time, such as a
 * language model and a voice, it keeps the earlier one busy while the later one
 * works. Carries no signal of its own; the stages on both sides end it.
 */
export function lookahead<T>(itemCount: number): ReadableWritablePair<T, T> {
  return new TransformStream<T, T>({}, { highWaterMark: 1 }, { highWaterMark: itemCount });
}
