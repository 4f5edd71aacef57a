/** Sequences of different lengths as one tensor with padding, and back. B: sequences, T: steps of the longest. */

import {
  ArgumentError,
  type DType,
  type FloatDType,
  type IntTensor,
  ShapeError,
  showShape,
  stack,
  type Tensor,
} from '@tapegrad/core';

/** Which dimension is the batch. */
export interface BatchOptions {
  /** Padded tensors are [B, T, ...] instead of [T, B, ...]. Default: false. */
  readonly batchFirst?: boolean | undefined;
}

export interface PadOptions extends BatchOptions {
  /** What stands where a sequence has no step. Default: 0. */
  readonly paddingValue?: number | undefined;
  /** Where the padding is. Default: 'right', behind the last step. */
  readonly paddingSide?: 'left' | 'right' | undefined;
}

/** How many steps each sequence has; of a tensor the values are read at once. */
export type Lengths = readonly number[] | IntTensor;

/**
 * Sequences side by side, the shorter ones padded.
 *
 * Shapes: each [L, ...], L its own length; result [T, B, ...], or [B, T, ...] with `batchFirst`.
 *
 * Throws: ShapeError where they differ in more than their length, ArgumentError for no sequence, DTypeError, DeviceError.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_sequence.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { padSequence } from '@tapegrad/nn';
 *
 * console.log(padSequence([tensor([1, 2]), tensor([3])], { batchFirst: true })); // tensor([[1., 2.],
 * //         [3., 0.]])
 * ```
 */
export function padSequence<D extends DType = FloatDType>(
  sequences: readonly Tensor<D>[],
  { batchFirst = false, paddingValue = 0, paddingSide = 'right' }: PadOptions = {},
): Tensor<D> {
  const [first] = sequences;
  if (!first) throw new ArgumentError('padSequence: expected at least one sequence; given none');
  const features = showShape(first.shape.slice(1));
  if (sequences.some((x) => x.rank === 0 || showShape(x.shape.slice(1)) !== features)) {
    throw new ShapeError(
      `padSequence: expected sequences [L, ...] that differ only in L: given ${sequences.map((x) => showShape(x.shape)).join(', ')}`,
    );
  }
  if (paddingSide !== 'left' && paddingSide !== 'right')
    throw new ArgumentError(`padSequence: expected paddingSide 'left' or 'right'; given '${paddingSide as string}'`);
  const T = Math.max(...sequences.map((x) => x.shape[0]!));
  const inner = first.shape.slice(1).flatMap(() => [0, 0]); // pad() counts from the last dimension
  const padded = sequences.map((x) => {
    const missing = T - x.shape[0]!;
    return x.pad([...inner, ...(paddingSide === 'right' ? [0, missing] : [missing, 0])], paddingValue);
  });
  return stack(padded, batchFirst ? 0 : 1);
}

/**
 * The sequences of a padded tensor, as views: the first `lengths[b]` steps of each.
 *
 * Shapes: padded [T, B, ...], or [B, T, ...] with `batchFirst`; result B tensors [L, ...].
 *
 * Throws: ShapeError, ArgumentError unless there is a length from 0 to T for each sequence.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.unpad_sequence.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { unpadSequence } from '@tapegrad/nn';
 *
 * const padded = tensor([[1, 2], [3, 0]]);
 * console.log(unpadSequence(padded, [2, 1], { batchFirst: true })); // [ tensor([1., 2.]), tensor([3.]) ]
 * ```
 */
export function unpadSequence<D extends DType = FloatDType>(
  padded: Tensor<D>,
  lengths: Lengths,
  { batchFirst = false }: BatchOptions = {},
): Tensor<D>[] {
  const counts = lengthsOf('unpadSequence', padded, lengths, { batchFirst, least: 0 });
  return padded.unbind(batchFirst ? 0 : 1).map((x, b) => x.narrow(0, 0, counts[b]!));
}

/** Throws: ShapeError, ArgumentError unless there is a length from `least` to T for each sequence of a padded tensor. */
export function lengthsOf(
  op: string,
  padded: Tensor<DType>,
  lengths: Lengths,
  { batchFirst, least }: { readonly batchFirst: boolean; readonly least: number },
): number[] {
  if (padded.rank < 2) {
    throw new ShapeError(
      `${op}: expected a padded tensor ${batchFirst ? '[B, T, ...]' : '[T, B, ...]'}; given ${showShape(padded.shape)}`,
    );
  }
  const counts = Array.from('dataSync' in lengths ? lengths.dataSync() : lengths);
  const [T, B] = batchFirst ? [padded.shape[1]!, padded.shape[0]!] : [padded.shape[0]!, padded.shape[1]!];
  if (counts.length !== B || !counts.every((n) => Number.isInteger(n) && n >= least && n <= T)) {
    throw new ArgumentError(
      `${op}: expected ${B} lengths from ${least} to ${T}, one for each sequence of ${showShape(padded.shape)}; given [${counts.join(', ')}]`,
    );
  }
  return counts;
}
