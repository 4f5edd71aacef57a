/** Batches of sequences whose lengths are alike, so that little is padding. B: a batch, T: the longest in it. */

import { ArgumentError } from '@tapegrad/core';
import { Batches } from './batches.ts';
import { checkWhole } from './checks.ts';
import { type OrderOptions, ordering } from './index-batches.ts';

export interface BucketOptions extends OrderOptions {
  /** B at most. Default: as many as `tokensPerBatch` allows. */
  readonly batchSize?: number | undefined;
  /** B times T at most, padding included: batches of short sequences have more of them. Default: no limit. */
  readonly tokensPerBatch?: number | undefined;
  /** Sequences of 1 to `width` tokens are in one bucket, those of `width + 1` to 2 `width` in the next. Default: 8. */
  readonly width?: number | undefined;
}

/**
 * Indices of sequences, in batches from one bucket of lengths each; a sequence once an epoch. With `shuffle`, both the
 * sequences within a bucket and the batches are in another order each epoch; how many batches there are stays.
 *
 * Shapes: up to B indices a batch. A padded batch has less than `width` tokens of padding a sequence.
 *
 * Throws: ArgumentError for lengths or sizes that are no whole numbers of 1 or more, neither `batchSize` nor
 * `tokensPerBatch`, or a sequence that is longer than a batch may be.
 *
 * ```ts
 * import { bucketBatches, padTokens } from '@tapegrad/nn/data';
 *
 * const sequences = [[1, 2, 3], [4], [5, 6], [7, 8, 9]].map((tokens) => Int32Array.from(tokens));
 * const lengths = sequences.map((tokens) => tokens.length);
 * const batches = bucketBatches(lengths, { tokensPerBatch: 6, width: 1 });
 * console.log([...batches.epoch(0)]); // [ [ 1 ], [ 2 ], [ 0, 3 ] ]
 * console.log(batches.map((indices) => padTokens(indices.map((i) => sequences[i]!))).at(2).tokens.shape); // [ 2, 3 ]
 * ```
 */
export function bucketBatches(
  lengths: readonly number[],
  { batchSize, tokensPerBatch, width = 8, ...order }: BucketOptions,
): Batches<readonly number[]> {
  if (batchSize === undefined && tokensPerBatch === undefined)
    throw new ArgumentError('bucketBatches: expected batchSize, tokensPerBatch, or both; given neither');
  if (batchSize !== undefined) checkWhole('bucketBatches', 'batchSize', batchSize, 1);
  if (tokensPerBatch !== undefined) checkWhole('bucketBatches', 'tokensPerBatch', tokensPerBatch, 1);
  checkWhole('bucketBatches', 'width', width, 1);
  const most = tokensPerBatch ?? Number.POSITIVE_INFINITY;
  const buckets = bucketsOf(lengths, width, most);
  const plan = buckets.flatMap(({ indices, longest }, bucket) => {
    const rows = Math.min(batchSize ?? indices.length, Math.floor(most / longest));
    const count = Math.ceil(indices.length / rows);
    return Array.from({ length: count }, (_, i) => ({ bucket, first: i * rows, rows }));
  });
  const orderOf = ordering(order);
  return new Batches(plan.length, (epoch, index) => {
    const stream = epoch * (buckets.length + 1); // then one for each bucket
    const { bucket, first, rows } = plan[orderOf(plan.length, stream)(index)]!;
    const { indices } = buckets[bucket]!;
    const at = orderOf(indices.length, stream + 1 + bucket);
    return Array.from({ length: Math.min(rows, indices.length - first) }, (_, i) => indices[at(first + i)]!);
  });
}

interface Bucket {
  readonly indices: number[];
  longest: number;
}

/** From the shortest to the longest. */
function bucketsOf(lengths: readonly number[], width: number, most: number): Bucket[] {
  const buckets = new Map<number, Bucket>();
  for (const [index, length] of lengths.entries()) {
    checkWhole('bucketBatches', `the length of sequence ${index}`, length, 1);
    if (length > most) {
      throw new ArgumentError(
        `bucketBatches: sequence ${index} has ${length} tokens, more than a batch may have, ${most}: cut it, or raise tokensPerBatch`,
      );
    }
    const key = Math.ceil(length / width);
    const bucket = buckets.get(key) ?? { indices: [], longest: 0 };
    bucket.indices.push(index);
    bucket.longest = Math.max(bucket.longest, length);
    buckets.set(key, bucket);
  }
  if (buckets.size === 0)
    throw new ArgumentError('bucketBatches: expected the length of at least one sequence; given none');
  return [...buckets].sort(([a], [b]) => a - b).map(([, bucket]) => bucket);
}
