/** Sequences of different lengths without padding: all first steps, then all second steps... B: sequences, T: steps of the longest. */

import { ArgumentError, type DType, type FloatDType, type IntTensor, type Tensor, tensor } from '@tapegrad/core';
import { type BatchOptions, type Lengths, lengthsOf, padSequence } from './pad-sequence.ts';

/**
 * A batch of sequences, the longest first, step by step: the first step of each sequence, then the second step of those
 * that have one... Recurrent layers take one in place of a tensor, and compute no step that is not there.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.PackedSequence.html
 */
export interface PackedSequence<D extends DType = FloatDType> {
  /** [N, ...], N being the steps of all sequences. */
  readonly data: Tensor<D>;
  /** [T] of i32: how many sequences have each step. This and what follows lies on the cpu device, where the host reads it. */
  readonly batchSizes: IntTensor;
  /** [B] of i32: where each packed sequence was in the batch; undefined for a batch that came sorted. */
  readonly sortedIndices: IntTensor | undefined;
  /** [B] of i32: where each sequence of the batch is now. */
  readonly unsortedIndices: IntTensor | undefined;
}

/** How strict packing is. */
export interface SortOptions {
  /** Throws unless the longest comes first; false sorts. Default: true. */
  readonly enforceSorted?: boolean | undefined;
}

/**
 * Packs a padded batch.
 *
 * Shapes: input [T, B, ...], or [B, T, ...] with `batchFirst`; lengths B numbers from 1 to T.
 *
 * Throws: ShapeError, ArgumentError for lengths that do not fit, or that do not descend with `enforceSorted`.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { packPaddedSequence } from '@tapegrad/nn';
 *
 * const packed = packPaddedSequence(tensor([[1, 2, 3], [4, 5, 0]]), [3, 2], { batchFirst: true });
 * console.log(packed.data, packed.batchSizes); // tensor([1., 4., 2., 5., 3.]) tensor([2, 2, 1])
 * ```
 */
export function packPaddedSequence<D extends DType = FloatDType>(
  input: Tensor<D>,
  lengths: Lengths,
  { batchFirst = false, enforceSorted = true }: BatchOptions & SortOptions = {},
): PackedSequence<D> {
  const counts = lengthsOf('packPaddedSequence', input, lengths, { batchFirst, least: 1 });
  const isSorted = counts.every((n, b) => b === 0 || counts[b - 1]! >= n);
  if (enforceSorted && !isSorted) {
    throw new ArgumentError(
      `packPaddedSequence: expected the longest sequence first; given lengths [${counts.join(', ')}]: pass { enforceSorted: false } to have them sorted`,
    );
  }
  const order = [...counts.keys()].sort((a, b) => counts[b]! - counts[a]!); // stable: equals keep their order
  const T = counts[order[0] ?? 0] ?? 0;
  const batchSizes = Array.from({ length: T }, (_, t) => counts.filter((n) => n > t).length);
  const [steps, B] = batchFirst ? [input.shape[1]!, counts.length] : [input.shape[0]!, counts.length];
  const rows = batchSizes.flatMap((size, t) =>
    order.slice(0, size).map((b) => (batchFirst ? b * steps + t : t * B + b)),
  );
  const sorting = enforceSorted ? undefined : order;
  return {
    data: input.flatten(0, 1).indexSelect(0, indices(rows, input)),
    batchSizes: indices(batchSizes),
    sortedIndices: sorting && indices(sorting),
    unsortedIndices: sorting && indices(inverse(sorting)),
  };
}

export interface PadPackedOptions extends BatchOptions {
  /** What stands where a sequence has no step. Default: 0. */
  readonly paddingValue?: number | undefined;
  /** How many steps the result has: at least those of the longest sequence, which is the default. */
  readonly totalLength?: number | undefined;
}

/**
 * The inverse of `packPaddedSequence`: a padded tensor and the lengths, in the order that the batch had.
 *
 * Shapes: packed data [N, ...]; result [[T, B, ...], lengths [B]], or [B, T, ...] with `batchFirst`. Lengths are on the cpu
 * device.
 *
 * Throws: ArgumentError for a `totalLength` below the longest sequence.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_packed_sequence.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { packSequence, padPackedSequence } from '@tapegrad/nn';
 *
 * const packed = packSequence([tensor([4, 5]), tensor([1, 2, 3])], { enforceSorted: false });
 * const [padded, lengths] = padPackedSequence(packed, { batchFirst: true });
 * console.log(padded, lengths); // tensor([[4., 5., 0.],
 * //         [1., 2., 3.]]) tensor([2, 3])
 * ```
 */
export function padPackedSequence<D extends DType = FloatDType>(
  sequence: PackedSequence<D>,
  { batchFirst = false, paddingValue = 0, totalLength }: PadPackedOptions = {},
): [padded: Tensor<D>, lengths: IntTensor] {
  const { data, unsortedIndices } = sequence;
  const batchSizes = [...sequence.batchSizes.dataSync()];
  const [longest, B, N] = [batchSizes.length, batchSizes[0] ?? 0, data.shape[0]!];
  const T = totalLength ?? longest;
  if (!Number.isInteger(T) || T < longest)
    throw new ArgumentError(`padPackedSequence: expected a totalLength of ${longest} or more; given ${totalLength}`);

  const starts = startsOf(batchSizes);
  const positions = unsortedIndices ? [...unsortedIndices.dataSync()] : Array.from({ length: B }, (_, b) => b);
  const rowOf = (t: number, b: number): number =>
    positions[b]! < (batchSizes[t] ?? 0) ? starts[t]! + positions[b]! : N;
  const [outer, inner] = batchFirst ? [B, T] : [T, B];
  const rows = Array.from({ length: outer * inner }, (_, k) => {
    const [i, j] = [Math.floor(k / inner), k % inner];
    return batchFirst ? rowOf(j, i) : rowOf(i, j);
  });
  const padding = [...data.shape.slice(1).flatMap(() => [0, 0]), 0, 1]; // a row of padding behind the data
  const padded = data.pad(padding, paddingValue).indexSelect(0, indices(rows, data));
  const lengths = positions.map((k) => batchSizes.filter((size) => size > k).length);
  return [padded.reshape([outer, inner, ...data.shape.slice(1)]), indices(lengths)];
}

/**
 * Packs sequences of different lengths.
 *
 * Shapes: each [L, ...], L its own length.
 *
 * Throws: ShapeError where they differ in more than their length, ArgumentError for no sequence or an empty one, or where
 * the lengths do not descend with `enforceSorted`.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_sequence.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { packSequence } from '@tapegrad/nn';
 *
 * console.log(packSequence([tensor([1, 2, 3]), tensor([4])]).data); // tensor([1., 4., 2., 3.])
 * ```
 */
export function packSequence<D extends DType = FloatDType>(
  sequences: readonly Tensor<D>[],
  options: SortOptions = {},
): PackedSequence<D> {
  const lengths = sequences.map((x) => x.shape[0] ?? 0);
  return packPaddedSequence(padSequence(sequences), lengths, options);
}

/** Where each step begins in the data. */
export function startsOf(batchSizes: readonly number[]): number[] {
  let next = 0;
  return batchSizes.map((size) => (next += size) - size);
}

/** i32, on the device of the tensor that they point into, or on the cpu device. */
export function indices(values: readonly number[], into?: Tensor<DType>): IntTensor {
  return tensor(Int32Array.from(values), { device: into?.device.name ?? 'cpu' });
}

function inverse(order: readonly number[]): number[] {
  const at = new Array<number>(order.length);
  order.forEach((from, to) => {
    at[from] = to;
  });
  return at;
}
