/**
 * A stream over an async iterable that asks for an item only when the reader
 * does. Cancelling the stream returns the iterator, so its `finally` runs.
 * (`ReadableStream.from` does the same but is missing in Chromium.)
 */
export function readableFrom<T>(iterable: AsyncIterable<T>): ReadableStream<T> {
  const iterator = iterable[Symbol.asyncIterator]();
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const result = await iterator.next();
        if (result.done) controller.close();
        else controller.enqueue(result.value);
      },
      async cancel(reason) {
        await iterator.return?.(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
