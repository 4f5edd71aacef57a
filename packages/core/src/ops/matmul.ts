/** Matrix products. M: rows, K: inner size, N: columns. */

import { ShapeError } from '../errors.ts';
import { broadcastShapes, broadcastStrides, type Shape, sameShape, showShape } from '../shape.ts';
import { apply, type Op } from '../tape.ts';
import { type AnyTensor, empty, type Tensor } from '../tensor.ts';
import { sumTo } from './broadcast.ts';
import { checkAlike } from './check.ts';
import { only, reshape, transpose, viewOf } from './view.ts';

/**
 * The matrix product, in all of PyTorch's cases.
 *
 * Equation: y[m, n] = sum_k a[m, k] b[k, n]
 *
 * Shapes: vector [K] x vector [K] gives a number; matrix [M, K] x vector [K] gives [M]; batches [..., M, K] x [..., K,
 * N] give [..., M, N], leading dimensions broadcast. Throws: ShapeError, DTypeError, DeviceError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.matmul.html
 *
 * ```ts
 * import { matmul, tensor } from '@tapegrad/core';
 *
 * console.log(matmul(tensor([[1, 2], [3, 4]]), tensor([[1], [10]]))); // tensor([[21.],
 * //         [43.]])
 * ```
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  checkOperands(a, b);
  const [left, right] = [a.rank === 1 ? reshape(a, [1, a.size]) : a, b.rank === 1 ? reshape(b, [b.size, 1]) : b];
  const y =
    right.rank === 2 && left.rank > 2 ? flatLeft(left, right) : only<'f32'>(apply(MATMUL, [left, right], undefined));
  if (a.rank > 1 && b.rank > 1) return y;
  const shape = y.shape.filter((_, d) => !(a.rank === 1 && d === y.rank - 2) && !(b.rank === 1 && d === y.rank - 1));
  return reshape(y, shape);
}

/** [..., M, K] x [K, N] is one product with all rows, and so is the gradient of the matrix. */
function flatLeft(a: Tensor, b: Tensor): Tensor {
  const rows = reshape(a, [a.shape.slice(0, -1).reduce((m, n) => m * n, 1), a.shape.at(-1)!]);
  return reshape(only<'f32'>(apply(MATMUL, [rows, b], undefined)), a.shape.with(-1, b.shape[1]!));
}

const MATMUL: Op = {
  name: 'matmul',
  forward([a, b]) {
    const batch = broadcastShapes('matmul', [a!.shape.slice(0, -2), b!.shape.slice(0, -2)]);
    const y = empty(a!.device, a!.dtype, [...batch, a!.shape.at(-2)!, b!.shape.at(-1)!]);
    if (y.size > 0) a!.device.kernels.matmul(batched(a!, batch), batched(b!, batch), y);
    return [y];
  },
  // y = a b: dL/da = g b^T, dL/db = a^T g, summed where a batch was broadcast
  vjp: ([g], [a, b]) => [
    () => sumTo(matmul(g!, transpose(b!)), a!.shape),
    () => sumTo(matmul(transpose(a!), g!), b!.shape),
  ],
};

function batched(x: AnyTensor, batch: Shape): AnyTensor {
  const shape = [...batch, ...x.shape.slice(-2)];
  return sameShape(shape, x.shape) ? x : viewOf(x, shape, broadcastStrides(x.shape, x.strides, shape));
}

function checkOperands(a: Tensor, b: Tensor): void {
  const given = `a is ${showShape(a.shape)}, b is ${showShape(b.shape)}`;
  if (a.rank === 0 || b.rank === 0)
    throw new ShapeError(`matmul: expected at least one dimension each: ${given}; use mul for numbers`);
  if (a.shape.at(-1) !== b.shape.at(b.rank === 1 ? 0 : -2))
    throw new ShapeError(`matmul: inner sizes differ: ${given}`);
  checkAlike('matmul', { a, b });
}
