/** Reading and adding at indices. Indices are i32, checked against the dimension they point into. */

import { filled } from '../create.ts';
import type { DType, NumberDType } from '../dtype.ts';
import { ArgumentError, DTypeError, GradientError, ShapeError } from '../errors.ts';
import { program } from '../scalar/program.ts';
import { eq, where } from '../scalar/rules.ts';
import { constant, iota } from '../scalar/scalar.ts';
import { broadcastStrides, normalizeDim, type Shape, showShape } from '../shape.ts';
import { apply, type Op } from '../tape.ts';
import { type AnyTensor, empty, type IntTensor, type Tensor } from '../tensor.ts';
import { expand } from './broadcast.ts';
import { checkIndices } from './check.ts';
import { only, pad, reshape, unsqueeze, viewOf } from './view.ts';

/**
 * Reads one element per index along `dim`.
 *
 * Equation: y[..., i, ...] = x[..., indices[..., i, ...], ...]
 *
 * Shapes: x any, indices (i32) of x's rank, none of its other sizes above x's; result as indices.
 * Throws: IndexError with index, position and range, DTypeError, ShapeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.gather.html
 *
 * ```ts
 * import { gather, tensor } from '@tapegrad/core';
 *
 * const logits = tensor([[1, 2, 3], [4, 5, 6]]);
 * console.log(gather(logits, 1, tensor([[2], [0]], { dtype: 'i32' }))); // tensor([[3.],
 * //         [4.]])
 * ```
 */
export function gather<D extends DType>(x: Tensor<D>, dim: number, indices: IntTensor): Tensor<D> {
  const d = normalizeDim('gather', dim, x.rank);
  checkIndices('gather', indices, x.shape[d] ?? 1);
  checkFits('gather', x, d, indices);
  return only(apply(GATHER, [x, indices], d));
}

const GATHER: Op<number> = {
  name: 'gather',
  forward([x, indices], dim) {
    const y = empty(x!.device, x!.dtype, indices!.shape);
    if (y.size > 0) x!.device.kernels.gather(x!, dim, indices!, y);
    return [y];
  },
  vjp: ([g], [x, indices], _, dim) => [() => only(apply(SCATTER, [indices!, g!], { dim, shape: x!.shape })), nothing],
};

/** 0 but for `source` added at indices: the transpose of `gather`. */
const SCATTER: Op<{ readonly dim: number; readonly shape: Shape }> = {
  name: 'gather.vjp',
  forward([indices, source], { dim, shape }) {
    const y = filled(source!.device, source!.dtype, shape, 0);
    if (indices!.size > 0) y.device.kernels.scatterAdd(source!, dim, indices!, y);
    return [y];
  },
  vjp: ([g], [indices], _, { dim }) => [nothing, () => gather(g!, dim, indices as unknown as IntTensor)],
};

/**
 * x with `source` added at indices along `dim`. Sums run in a fixed order.
 *
 * Equation: y = x; then y[..., indices[..., i, ...], ...] += source[..., i, ...]
 *
 * Shapes: x any, indices (i32) of x's rank, source at least as large as indices in each dimension; result as x.
 * Throws: IndexError with index, position and range, DTypeError, ShapeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.scatter_add.html
 *
 * ```ts
 * import { scatterAdd, tensor, zeros } from '@tapegrad/core';
 *
 * const counts = scatterAdd(zeros([3]), 0, tensor(Int32Array.of(1, 1, 2)), tensor([1, 1, 1]));
 * console.log(counts); // tensor([0., 2., 1.])
 * ```
 */
export function scatterAdd<D extends NumberDType>(
  x: Tensor<D>,
  dim: number,
  indices: IntTensor,
  source: Tensor<D>,
): Tensor<D> {
  const d = normalizeDim('scatterAdd', dim, x.rank);
  checkIndices('scatterAdd', indices, x.shape[d] ?? 1);
  checkFits('scatterAdd', x, d, indices);
  if (source.dtype !== x.dtype)
    throw new DTypeError(`scatterAdd: dtypes do not mix: x is ${x.dtype}, source is ${source.dtype}`);
  if (source.rank !== indices.rank || indices.shape.some((n, k) => n > source.shape[k]!)) {
    throw new ShapeError(
      `scatterAdd: source is smaller than indices: source is ${showShape(source.shape)}, indices is ${showShape(indices.shape)}`,
    );
  }
  return only(apply(SCATTER_ADD, [x, indices, source], d));
}

const SCATTER_ADD: Op<number> = {
  name: 'scatterAdd',
  forward([x, indices, source], dim) {
    const y = empty(x!.device, x!.dtype, x!.shape);
    x!.device.kernels.copy(x!, y);
    if (indices!.size > 0)
      x!.device.kernels.scatterAdd(viewOf(source!, indices!.shape, source!.strides), dim, indices!, y);
    return [y];
  },
  vjp: ([g], [, indices, source], _, dim) => [
    () => g!,
    nothing,
    () => {
      const read = gather(g!, dim, indices as unknown as IntTensor);
      const unused = source!.shape.map((n, d) => n - indices!.shape[d]!).reverse(); // source may be larger than indices
      return pad(
        read,
        unused.flatMap((n) => [0, n]),
      );
    },
  ],
};

/**
 * The slices of x at `indices` along `dim`, in their order.
 *
 * Shapes: x any, indices [N] of i32; result as x, with N for `dim`.
 * Throws: IndexError with index, position and range, DTypeError, ShapeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.index_select.html
 *
 * ```ts
 * import { indexSelect, tensor } from '@tapegrad/core';
 *
 * console.log(indexSelect(tensor([[1, 2], [3, 4]]), 0, tensor(Int32Array.of(1, 1, 0)))); // tensor([[3., 4.],
 * //         [3., 4.],
 * //         [1., 2.]])
 * ```
 */
export function indexSelect<D extends DType>(x: Tensor<D>, dim: number, indices: IntTensor): Tensor<D> {
  const d = normalizeDim('indexSelect', dim, x.rank);
  if (indices.rank !== 1)
    throw new ShapeError(`indexSelect: expected indices of one dimension; given ${showShape(indices.shape)}`);
  checkIndices('indexSelect', indices, x.shape[d] ?? 1);
  const shape = x.shape.with(d, indices.size);
  const column = reshape(indices, [indices.size, ...new Array<number>(x.rank - 1 - d).fill(1)]);
  return only(apply(GATHER, [x, viewOf(column, shape, broadcastStrides(column.shape, column.strides, shape))], d));
}

/**
 * Rows of a table, one per index. V: vocabulary, D: features.
 *
 * Equation: y[...] = weight[indices[...]]
 *
 * Shapes: weight [V, D], indices [...] of i32; result [..., D].
 * Throws: IndexError with index, position and range, DTypeError, ShapeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html
 *
 * ```ts
 * import { embedding, tensor } from '@tapegrad/core';
 *
 * const table = tensor([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]);
 * console.log(embedding(table, tensor(Int32Array.of(2, 0)))); // tensor([[0.5000, 0.6000],
 * //         [0.1000, 0.2000]])
 * ```
 */
export function embedding(weight: Tensor, indices: IntTensor): Tensor {
  if (weight.rank !== 2)
    throw new ShapeError(`embedding: expected a table [V, D]; weight is ${showShape(weight.shape)}`);
  checkIndices('embedding', indices, weight.shape[0]!);
  return reshape(indexSelect(weight, 0, reshape(indices, [indices.size])), [...indices.shape, weight.shape[1]!]);
}

/**
 * 1 at each index's class, 0 elsewhere, i32: `.cast('f32')` for arithmetic with floats.
 *
 * Shapes: indices [...] of i32; result [..., classes].
 * Throws: IndexError with index, position and range, DTypeError, ArgumentError for less than one class.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.one_hot.html
 *
 * ```ts
 * import { oneHot, tensor } from '@tapegrad/core';
 *
 * console.log(oneHot(tensor(Int32Array.of(2, 0)), 3)); // tensor([[0, 0, 1],
 * //         [1, 0, 0]])
 * ```
 */
export function oneHot(indices: IntTensor, classes: number): IntTensor {
  if (!Number.isInteger(classes) || classes < 1)
    throw new ArgumentError(`oneHot: expected 1 or more classes; given ${classes}`);
  checkIndices('oneHot', indices, classes);
  return only(apply(ONE_HOT, [indices], classes));
}

const ONE_HOT_PROGRAM = program('oneHot', (index) => [where(eq(index, iota(-1)), constant(1), constant(0))], {
  slots: ['index'],
});

const ONE_HOT: Op<number> = {
  name: 'oneHot',
  forward([indices], classes) {
    const y = empty(indices!.device, 'i32', [...indices!.shape, classes]);
    y.device.kernels.map(ONE_HOT_PROGRAM, [expand(unsqueeze(indices as IntTensor, -1), y.shape)], [y], []);
    return [y];
  },
};

/** The vjp of an index: never called, since only floats require gradients. */
function nothing(): never {
  throw new GradientError('an index has no gradient');
}

function checkFits(op: string, x: AnyTensor, dim: number, indices: AnyTensor): void {
  if (indices.rank !== x.rank || indices.shape.some((n, d) => d !== dim && n > x.shape[d]!)) {
    throw new ShapeError(
      `${op}: indices must have x's rank and not exceed its sizes outside of dimension ${dim}: x is ${showShape(x.shape)}, indices is ${showShape(indices.shape)}`,
    );
  }
}
