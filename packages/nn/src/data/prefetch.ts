/** Making the next items while the last is used. */

import { ArgumentError } from '@tapegrad/core';

/**
 * The items of `source`, of which up to `ahead` are made before they are asked for. It starts with the first item that is
 * asked for, and asks the source for one at a time, so any iterator will do. An error comes in its place, after the items
 * that were made before it. Ending early, by `break` or an error of the loop, ends the source too, once the item that it
 * is making is done.
 *
 * It gains time where making an item waits for something: a file, a server, a worker.
 *
 * Throws: ArgumentError unless `ahead` is a whole number of 1 or more; whatever the source throws.
 *
 * ```ts
 * import { prefetch } from '@tapegrad/nn/data';
 *
 * async function* slowly() {
 *   for (const batch of ['first', 'second']) {
 *     await new Promise((resolve) => setTimeout(resolve, 1));
 *     yield batch;
 *   }
 * }
 * for await (const batch of prefetch(slowly(), 2)) console.log(batch); // a line each
 * ```
 */
export async function* prefetch<Item>(
  source: AsyncIterable<Item> | Iterable<Item>,
  ahead = 2,
): AsyncGenerator<Item, void, undefined> {
  if (!Number.isInteger(ahead) || ahead < 1)
    throw new ArgumentError(`prefetch: expected a whole number of items of 1 or more; given ${ahead}`);
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  const made: Promise<IteratorResult<Item>>[] = [];
  let last: Promise<unknown> = Promise.resolve();
  let ended = false;
  const ask = (): void => {
    const next = last.then(async (): Promise<IteratorResult<Item>> => {
      if (ended) return { done: true, value: undefined };
      try {
        const result = await iterator.next();
        ended ||= result.done === true;
        return result;
      } catch (error) {
        ended = true;
        throw error;
      }
    });
    last = next.catch(() => {}); // the error is told where its item is asked for, or not at all
    made.push(next);
  };
  try {
    for (let i = 0; i < ahead; i++) ask();
    for (;;) {
      const { done, value } = await made.shift()!;
      if (done) return;
      ask(); // before the item is used: `ahead` more are under way meanwhile
      yield value;
    }
  } finally {
    const running = !ended;
    ended = true; // what was asked for and has not begun is not made
    await last;
    if (running) await iterator.return?.();
  }
}
