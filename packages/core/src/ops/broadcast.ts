/** Broadcasting and its transpose: what `expand` repeats, `sum` adds up again. */

import type { DType, NumberDType } from '../dtype.ts';
import { ShapeError } from '../errors.ts';
import {
  broadcastStrides,
  contiguousStrides,
  normalizeDims,
  reducedShape,
  type Shape,
  sameShape,
  showShape,
} from '../shape.ts';
import { apply, type Op } from '../tape.ts';
import { type AnyTensor, empty, type Tensor } from '../tensor.ts';
import { only, reshape, viewOf } from './view.ts';

/** Which dimensions a reduction reduces. */
export interface ReduceOptions {
  /** The dimension, or dimensions, to reduce; -1 is the last. Default: all of them, which [] means too, as in PyTorch. */
  readonly dim?: number | readonly number[] | undefined;
  /** Keep reduced dimensions with size 1. Default: false. */
  readonly keepdim?: boolean | undefined;
}

/**
 * Repeats dimensions of size 1 (and adds leading ones) without copying; -1 keeps a size that there is.
 *
 * Throws: ShapeError. Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.expand.html
 *
 * ```ts
 * import { expand, tensor } from '@tapegrad/core';
 *
 * console.log(expand(tensor([[1], [2]]), [-1, 3])); // tensor([[1., 1., 1.],
 * //         [2., 2., 2.]])
 * ```
 */
export function expand<D extends DType>(x: Tensor<D>, shape: Shape): Tensor<D> {
  const lead = shape.length - x.rank;
  const target = shape.map((n, d) => (n === -1 && d >= lead ? x.shape[d - lead]! : n));
  const stretches = x.shape.every((n, d) => n === 1 || n === target[d + lead]);
  if (lead < 0 || !stretches || !target.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new ShapeError(
      `expand: ${showShape(x.shape)} does not expand to ${showShape(shape)}: only sizes of 1 stretch`,
    );
  }
  return sameShape(target, x.shape) ? x : only(apply(EXPAND, [x], target));
}

const EXPAND: Op<Shape> = {
  name: 'expand',
  forward: ([x], shape) => [viewOf(x!, shape, broadcastStrides(x!.shape, x!.strides, shape))],
  vjp: ([g], [x]) => [() => sumTo(g!, x!.shape)],
};

/**
 * The sum over dimensions; 0 where there is nothing to add. Bool counts as i32.
 *
 * Equation: y = sum_i x[i]
 *
 * Shapes: x any; result without the reduced dimensions (with size 1 if `keepdim`). Throws: IndexError, ArgumentError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.sum.html
 *
 * ```ts
 * import { sum, tensor } from '@tapegrad/core';
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * console.log(sum(x), sum(x, { dim: 0 })); // tensor(10.) tensor([4., 6.])
 * ```
 */
export function sum<D extends NumberDType>(x: Tensor<D>, { dim, keepdim = false }: ReduceOptions = {}): Tensor<D> {
  const dims = normalizeDims('sum', dim, x.rank);
  return only(apply(SUM, [x], { dims, shape: reducedShape(x.shape, dims, keepdim) }));
}

/** Which dimensions to reduce, and the result's shape. */
export interface Reduction {
  readonly dims: readonly number[];
  readonly shape: Shape;
}

const SUM: Op<Reduction> = {
  name: 'sum',
  forward: ([x], { dims, shape }) => [shaped(reduced(x!, 'sum', dims), shape)],
  vjp: ([g], [x], _, { dims }) => [() => expand(kept(g!, x!, dims), x!.shape)],
};

/** Adds up what was broadcast from `shape`: the gradient of a broadcast operand. */
export function sumTo<D extends NumberDType>(x: Tensor<D>, shape: Shape): Tensor<D> {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.rank - shape.length;
  const dims = x.shape.flatMap((n, d) => (d < lead || (shape[d - lead] === 1 && n !== 1) ? [d] : []));
  return reshape(dims.length > 0 ? sum(x, { dim: dims, keepdim: true }) : x, shape);
}

/** What was reduced, with size 1 in the reduced dimensions. */
export function kept(y: Tensor, x: AnyTensor, dims: readonly number[]): Tensor {
  return reshape(y, reducedShape(x.shape, dims, true));
}

/** A fresh, contiguous result in another shape of as many elements. */
export function shaped(y: AnyTensor, shape: Shape): AnyTensor {
  return viewOf(y, shape, contiguousStrides(shape));
}

/** Runs a reduction kernel: reduced dimensions keep size 1. */
export function reduced(
  x: AnyTensor,
  op: Parameters<AnyTensor['device']['kernels']['reduce']>[0],
  dims: readonly number[],
): AnyTensor {
  const dtype = op === 'argmax' || op === 'argmin' || x.dtype === 'bool' ? 'i32' : x.dtype;
  const y = empty(x.device, dtype, reducedShape(x.shape, dims, true));
  x.device.kernels.reduce(op, x, dims, y);
  return y;
}
