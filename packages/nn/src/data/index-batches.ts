/** Batches of indices: into a list of sequences, labels or whatever else lies in memory. B: a batch. */

import { ArgumentError, Generator } from '@tapegrad/core';
import { Batches } from './batches.ts';
import { checkWhole } from './checks.ts';
import { permutation } from './permutation.ts';

export interface OrderOptions {
  /** Whether each epoch has an order of its own, at random. Default: false. */
  readonly shuffle?: boolean | undefined;
  /** Of these orders: one seed gives the same ones anywhere. Default: 0. */
  readonly seed?: number | undefined;
}

export interface IndexOptions extends OrderOptions {
  /** B */
  readonly batchSize: number;
  /** Leaves out an epoch's last batch where it would be smaller. Default: false. */
  readonly dropLast?: boolean | undefined;
}

/**
 * The indices 0 ... count - 1, B at a time, each once an epoch.
 *
 * Shapes: [B] indices a batch, fewer in the last of an epoch.
 *
 * Throws: ArgumentError for sizes that are no whole numbers of 1 or more, a bad seed, or no batch.
 *
 * Source: https://docs.pytorch.org/docs/stable/data.html
 *
 * ```ts
 * import { indexBatches } from '@tapegrad/nn/data';
 *
 * const names = ['Ahab', 'Ishmael', 'Pip', 'Queequeg', 'Starbuck'];
 * const batches = indexBatches(names.length, { batchSize: 2, shuffle: true, seed: 1 });
 * console.log([...batches.map((indices) => indices.map((i) => names[i])).epoch(0)]);
 * ```
 */
export function indexBatches(
  count: number,
  { batchSize, dropLast = false, ...order }: IndexOptions,
): Batches<readonly number[]> {
  checkWhole('indexBatches', 'count', count, 1);
  checkWhole('indexBatches', 'batchSize', batchSize, 1);
  if (dropLast && count < batchSize) {
    throw new ArgumentError(
      `indexBatches: there is no whole batch: ${count} items, batchSize ${batchSize}; expected more items, or dropLast: false`,
    );
  }
  const orderOf = ordering(order);
  const length = dropLast ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);
  return new Batches(length, (epoch, index) => {
    const first = index * batchSize;
    const at = orderOf(count, epoch);
    return Array.from({ length: Math.min(batchSize, count - first) }, (_, i) => at(first + i));
  });
}

/** Element i of order `stream` of n things: random where the options say so. Throws: ArgumentError for a bad seed. */
export function ordering({
  shuffle = false,
  seed = 0,
}: OrderOptions): (n: number, stream: number) => (i: number) => number {
  new Generator(seed); // checks the seed now, and not at the first batch
  return (n, stream) => (shuffle ? permutation(n, seed, stream) : (i) => i);
}
