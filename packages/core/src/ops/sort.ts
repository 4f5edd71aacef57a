/** Sorting, and what a sorted line answers. Positions come from one kernel; values are read at them, on the tape. */

import type { NumberDType } from '../dtype.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { normalizeDim, showShape } from '../shape.ts';
import { apply, type Op } from '../tape.ts';
import { empty, type IntTensor, packed, type Tensor } from '../tensor.ts';
import { checkNumber } from './check.ts';
import { ne, where } from './elementwise.ts';
import { gather } from './indexing.ts';
import { detach, narrow, only, reshape, select, transpose } from './view.ts';

/** Along which dimension to sort, and which way. */
export interface SortOptions {
  /** Default: -1, the last. */
  readonly dim?: number | undefined;
  /** The largest first. Default: false. */
  readonly descending?: boolean | undefined;
}

/**
 * The positions that sort x along a dimension. Equals keep their order; NaN counts as the largest.
 *
 * Shapes: result (i32) as x. Throws: IndexError, DTypeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.argsort.html (with `stable=True`)
 *
 * ```ts
 * import { argsort, tensor } from '@tapegrad/core';
 *
 * console.log(argsort(tensor([3, 1, 2]))); // tensor([1, 2, 0])
 * ```
 */
export function argsort(x: Tensor<NumberDType>, { dim = -1, descending = false }: SortOptions = {}): IntTensor {
  const d = normalizeDim('argsort', dim, checkNumber('argsort', x).rank);
  if (x.rank === 0) return reshape(argsort(reshape(x, [1]), { descending }), []);
  const last = transpose(x, d, -1);
  return transpose(only<'i32'>(apply(ARGSORT, [last], descending)), d, -1);
}

const ARGSORT: Op<boolean> = {
  name: 'argsort',
  forward([x], descending) {
    const y = empty(x!.device, 'i32', x!.shape);
    if (y.size > 0) x!.device.kernels.argsort(packed(x!), descending, y);
    return [y];
  },
};

/**
 * x sorted along a dimension, and the positions that its elements come from. Equals keep their order; NaN counts as the
 * largest.
 *
 * Shapes: both results as x. Throws: IndexError, DTypeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.sort.html (with `stable=True`)
 *
 * ```ts
 * import { sort, tensor } from '@tapegrad/core';
 *
 * const [values, indices] = sort(tensor([3, 1, 2]), { descending: true });
 * console.log(values, indices); // tensor([3., 2., 1.]) tensor([0, 2, 1])
 * ```
 */
export function sort<D extends NumberDType>(
  x: Tensor<D>,
  options: SortOptions = {},
): [values: Tensor<D>, indices: IntTensor] {
  const indices = argsort(x, options);
  return [gather(x, options.dim ?? -1, indices), indices];
}

/** Where `topk` looks, and for what. */
export interface TopkOptions {
  /** Default: -1, the last. */
  readonly dim?: number | undefined;
  /** False for the k smallest. Default: true. */
  readonly largest?: boolean | undefined;
}

/**
 * The k largest elements along a dimension, the largest first, and their positions.
 *
 * Shapes: x [..., N, ...]; both results [..., k, ...]. Throws: ArgumentError unless 0 <= k <= N, IndexError, DTypeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.topk.html
 *
 * ```ts
 * import { tensor, topk } from '@tapegrad/core';
 *
 * const [values, indices] = topk(tensor([3, 1, 4, 2]), 2);
 * console.log(values, indices); // tensor([4., 3.]) tensor([2, 0])
 * ```
 */
export function topk<D extends NumberDType>(
  x: Tensor<D>,
  k: number,
  { dim = -1, largest = true }: TopkOptions = {},
): [values: Tensor<D>, indices: IntTensor] {
  const d = normalizeDim('topk', dim, x.rank);
  const n = x.shape[d] ?? 1;
  if (!Number.isInteger(k) || k < 0 || k > n)
    throw new ArgumentError(`topk: expected k from 0 to ${n}, the size of dimension ${dim}; given ${k}`);
  const positions = argsort(x, { dim, descending: largest });
  const indices = x.rank === 0 ? positions : narrow(positions, d, 0, k);
  return [gather(x, d, indices), indices];
}

/** Where one element of a line is looked for. */
export interface KthOptions {
  /** Default: -1, the last. */
  readonly dim?: number | undefined;
  /** Keep the dimension with size 1. Default: false. */
  readonly keepdim?: boolean | undefined;
}

/**
 * The k-th smallest element along a dimension, counted from 1, and its position.
 *
 * Shapes: results without the dimension (with size 1 if `keepdim`). Throws: ArgumentError unless 1 <= k <= N,
 * IndexError, DTypeError. Source: https://docs.pytorch.org/docs/stable/generated/torch.kthvalue.html
 *
 * ```ts
 * import { kthvalue, tensor } from '@tapegrad/core';
 *
 * const [value, index] = kthvalue(tensor([3, 1, 4, 2]), 2);
 * console.log(value, index); // tensor(2.) tensor(3)
 * ```
 */
export function kthvalue<D extends NumberDType>(
  x: Tensor<D>,
  k: number,
  { dim = -1, keepdim = false }: KthOptions = {},
): [values: Tensor<D>, indices: IntTensor] {
  const d = normalizeDim('kthvalue', dim, x.rank);
  const n = x.shape[d] ?? 1;
  if (!Number.isInteger(k) || k < 1 || k > n)
    throw new ArgumentError(`kthvalue: expected k from 1 to ${n}, the size of dimension ${dim}; given ${k}`);
  if (x.rank === 0) return [x, argsort(x)];
  const indices = narrow(argsort(x, { dim }), d, k - 1, 1);
  const values = gather(x, d, indices);
  return keepdim ? [values, indices] : [select(values, d, 0), select(indices, d, 0)];
}

/**
 * The median along a dimension, the lower one of two, and its position; of all elements without options. NaN where there
 * is one.
 *
 * Shapes: as of `kthvalue`; [] without options. Throws: ShapeError where there is no element, IndexError, DTypeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.median.html
 *
 * ```ts
 * import { median, tensor } from '@tapegrad/core';
 *
 * console.log(median(tensor([3, 1, 4, 2]))); // tensor(2.)
 * ```
 */
export function median<D extends NumberDType>(x: Tensor<D>): Tensor<D>;
/** The medians along a dimension, and their positions. */
export function median<D extends NumberDType>(
  x: Tensor<D>,
  options: KthOptions,
): [values: Tensor<D>, indices: IntTensor];
export function median<D extends NumberDType>(x: Tensor<D>, options?: KthOptions): Tensor<D> | [Tensor<D>, IntTensor] {
  const line = options ? x : reshape(x, [x.size]);
  const d = normalizeDim('median', options?.dim ?? -1, line.rank);
  const n = line.shape[d] ?? 1;
  if (n === 0) throw new ShapeError(`median: there is no element to choose from: the shape is ${showShape(x.shape)}`);
  if (line.rank === 0) return kthvalue(line, 1, options);
  const order = argsort(line, { dim: d, descending: true });
  const first = narrow(order, d, 0, 1); // a NaN, if there is one
  const largest = gather(detach(line), d, first);
  const indices = where(ne(largest, largest), first, narrow(order, d, Math.floor(n / 2), 1));
  const values = gather(line, d, indices);
  if (!options) return reshape(values, []);
  return options.keepdim ? [values, indices] : [select(values, d, 0), select(indices, d, 0)];
}
