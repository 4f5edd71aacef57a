/** Matrix products under the names of their cases: `matmul` does them all. B: batch, M: rows, K: inner size, N: columns. */

import { ShapeError } from '../errors.ts';
import { showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { add, mul } from './elementwise.ts';
import { matmul } from './matmul.ts';
import { reshape } from './view.ts';

/**
 * The product of two matrices.
 *
 * Equation: y[m, n] = sum_k a[m, k] b[k, n]
 *
 * Shapes: a [M, K], b [K, N]; result [M, N]. Throws: ShapeError, DTypeError, DeviceError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.mm.html
 *
 * ```ts
 * import { mm, tensor } from '@tapegrad/core';
 *
 * console.log(mm(tensor([[1, 2]]), tensor([[3], [4]]))); // tensor([[11.]])
 * ```
 */
export function mm(a: Tensor, b: Tensor): Tensor {
  return product('mm', a, 2, b, 2);
}

/**
 * The products of two batches of matrices; the batch sizes must be equal.
 *
 * Equation: y[b] = a[b] b[b]
 *
 * Shapes: a [B, M, K], b [B, K, N]; result [B, M, N]. Throws: ShapeError, DTypeError, DeviceError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.bmm.html
 *
 * ```ts
 * import { bmm, ones } from '@tapegrad/core';
 *
 * console.log(bmm(ones([5, 2, 3]), ones([5, 3, 4])).shape); // [ 5, 2, 4 ]
 * ```
 */
export function bmm(a: Tensor, b: Tensor): Tensor {
  if (a.rank === 3 && b.rank === 3 && a.shape[0] !== b.shape[0])
    throw new ShapeError(`bmm: batch sizes differ: a is ${showShape(a.shape)}, b is ${showShape(b.shape)}`);
  return product('bmm', a, 3, b, 3);
}

/**
 * The product of a matrix and a vector.
 *
 * Equation: y[m] = sum_k a[m, k] v[k]
 *
 * Shapes: a [M, K], v [K]; result [M]. Throws: ShapeError, DTypeError, DeviceError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.mv.html
 *
 * ```ts
 * import { mv, tensor } from '@tapegrad/core';
 *
 * console.log(mv(tensor([[1, 2], [3, 4]]), tensor([1, 10]))); // tensor([21., 43.])
 * ```
 */
export function mv(a: Tensor, v: Tensor): Tensor {
  return product('mv', a, 2, v, 1);
}

/**
 * The scalar product of two vectors.
 *
 * Equation: y = sum_k a[k] b[k]
 *
 * Shapes: a and b [K]; result []. Throws: ShapeError, DTypeError, DeviceError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.dot.html
 *
 * ```ts
 * import { dot, tensor } from '@tapegrad/core';
 *
 * console.log(dot(tensor([1, 2]), tensor([3, 4]))); // tensor(11.)
 * ```
 */
export function dot(a: Tensor, b: Tensor): Tensor {
  return product('dot', a, 1, b, 1);
}

/**
 * All products of an element of one vector and one of the other.
 *
 * Equation: y[m, n] = a[m] b[n]
 *
 * Shapes: a [M], b [N]; result [M, N]. Throws: ShapeError, DTypeError, DeviceError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.outer.html
 *
 * ```ts
 * import { outer, tensor } from '@tapegrad/core';
 *
 * console.log(outer(tensor([1, 2]), tensor([1, 10]))); // tensor([[ 1., 10.],
 * //         [ 2., 20.]])
 * ```
 */
export function outer(a: Tensor, b: Tensor): Tensor {
  checkRanks('outer', a, 1, b, 1);
  return mul(reshape(a, [a.size, 1]), b);
}

/** What the terms of `addmm` and its kin are multiplied by. */
export interface AddProductOptions {
  /** The factor of what is added. Default: 1. With 0 it is left out, NaN included. */
  readonly beta?: number | undefined;
  /** The factor of the product. Default: 1. */
  readonly alpha?: number | undefined;
}

/**
 * A product of matrices, with something added.
 *
 * Equation: y = beta x + alpha (a b)
 *
 * Shapes: x broadcasts to [M, N], a [M, K], b [K, N]; result [M, N]. Throws: ShapeError, DTypeError, DeviceError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.addmm.html
 *
 * ```ts
 * import { addmm, ones, tensor } from '@tapegrad/core';
 *
 * console.log(addmm(tensor([0.5]), ones([1, 3]), ones([3, 2]), { alpha: 2 })); // tensor([[6.5000, 6.5000]])
 * ```
 */
export function addmm(x: Tensor, a: Tensor, b: Tensor, options: AddProductOptions = {}): Tensor {
  return added('addmm', x, mm(a, b), options);
}

/**
 * A matrix times a vector, with something added.
 *
 * Equation: y = beta x + alpha (a v)
 *
 * Shapes: x broadcasts to [M], a [M, K], v [K]; result [M]. Throws: ShapeError, DTypeError, DeviceError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.addmv.html
 *
 * ```ts
 * import { addmv, ones, tensor } from '@tapegrad/core';
 *
 * console.log(addmv(tensor([1, 2]), ones([2, 3]), ones([3]))); // tensor([4., 5.])
 * ```
 */
export function addmv(x: Tensor, a: Tensor, v: Tensor, options: AddProductOptions = {}): Tensor {
  return added('addmv', x, mv(a, v), options);
}

/**
 * Products of batches of matrices, with something added.
 *
 * Equation: y[b] = beta x[b] + alpha (a[b] b[b])
 *
 * Shapes: x broadcasts to [B, M, N], a [B, M, K], b [B, K, N]; result [B, M, N]. Throws: ShapeError, DTypeError,
 * DeviceError. Source: https://docs.pytorch.org/docs/stable/generated/torch.baddbmm.html
 *
 * ```ts
 * import { baddbmm, ones, zeros } from '@tapegrad/core';
 *
 * console.log(baddbmm(zeros([2]), ones([1, 1, 3]), ones([1, 3, 2]))); // tensor([[[3., 3.]]])
 * ```
 */
export function baddbmm(x: Tensor, a: Tensor, b: Tensor, options: AddProductOptions = {}): Tensor {
  return added('baddbmm', x, bmm(a, b), options);
}

function product(op: string, a: Tensor, rankA: number, b: Tensor, rankB: number): Tensor {
  checkRanks(op, a, rankA, b, rankB);
  return matmul(a, b);
}

function checkRanks(op: string, a: Tensor, rankA: number, b: Tensor, rankB: number): void {
  const kinds = ['', 'a vector', 'a matrix', 'a batch of matrices'];
  if (a.rank !== rankA || b.rank !== rankB) {
    throw new ShapeError(
      `${op}: expected ${kinds[rankA]} and ${kinds[rankB]}: a is ${showShape(a.shape)}, b is ${showShape(b.shape)}; matmul takes all ranks`,
    );
  }
}

function added(op: string, x: Tensor, y: Tensor, { beta = 1, alpha = 1 }: AddProductOptions): Tensor {
  const lead = y.rank - x.rank;
  if (lead < 0 || !x.shape.every((n, d) => n === 1 || n === y.shape[d + lead])) {
    throw new ShapeError(
      `${op}: what is added does not broadcast to the product: x is ${showShape(x.shape)}, the product is ${showShape(y.shape)}`,
    );
  }
  const term = alpha === 1 ? y : mul(y, alpha);
  return beta === 0 ? term : add(beta === 1 ? x : mul(x, beta), term);
}
