/**
 * Running products, extremes and log sums along a dimension, by doubling: after step k each element holds the result of
 * the 2^k elements that end at it, so log2 n steps of plain ops do, and gradients of every order follow. (`cumsum` has a
 * kernel of its own.)
 */

import { arange } from '../create.ts';
import type { NumberDType } from '../dtype.ts';
import { normalizeDim } from '../shape.ts';
import type { AnyTensor, BoolTensor, IntTensor, Tensor } from '../tensor.ts';
import { expand } from './broadcast.ts';
import { checkFloat, checkNumber } from './check.ts';
import { ge, le, logicalOr, mul, ne, where } from './elementwise.ts';
import { gather } from './indexing.ts';
import { cat, stack } from './join.ts';
import { logSumExp } from './reduce.ts';
import { detach, narrow, reshape } from './view.ts';

/**
 * The running product along `dim`; gradients are exact also where elements are 0.
 *
 * Equation: y[i] = prod_{j <= i} x[j]
 *
 * Shapes: result as x. Throws: IndexError, DTypeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.cumprod.html
 *
 * ```ts
 * import { cumprod, tensor } from '@tapegrad/core';
 *
 * console.log(cumprod(tensor([1, 2, 3, 4]), 0)); // tensor([ 1.,  2.,  6., 24.])
 * ```
 */
export function cumprod<D extends NumberDType>(x: Tensor<D>, dim: number): Tensor<D> {
  const d = normalizeDim('cumprod', dim, checkNumber('cumprod', x).rank);
  return doubled<[Tensor<D>]>([x], d, ([left], [right]) => [mul(left, right)])[0];
}

/**
 * The running logarithm of sums of exponentials along `dim`, stable for any x.
 *
 * Equation: y[i] = log sum_{j <= i} exp(x[j])
 *
 * Shapes: result as x. Units: nats, as x. Throws: IndexError, DTypeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.logcumsumexp.html
 *
 * ```ts
 * import { logCumSumExp, tensor } from '@tapegrad/core';
 *
 * console.log(logCumSumExp(tensor([1000, 1000]), 0)); // tensor([1000.0000, 1000.6932])
 * ```
 */
export function logCumSumExp(x: Tensor, dim: number): Tensor {
  const d = normalizeDim('logCumSumExp', dim, checkFloat('logCumSumExp', x).rank);
  return doubled<[Tensor]>([x], d, ([left], [right]) => [logSumExp(stack([left, right]), { dim: 0 })])[0];
}

/**
 * The largest element so far along `dim`, and its position: of equals the last. NaN wins, and stays.
 *
 * Equation: y[i] = max_{j <= i} x[j]
 *
 * Shapes: both results as x. Throws: IndexError, DTypeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.cummax.html
 *
 * ```ts
 * import { cummax, tensor } from '@tapegrad/core';
 *
 * console.log(cummax(tensor([1, 3, 2]), 0)); // [ tensor([1., 3., 3.]), tensor([0, 1, 1]) ]
 * ```
 */
export function cummax<D extends NumberDType>(x: Tensor<D>, dim: number): [values: Tensor<D>, indices: IntTensor] {
  return extremes('cummax', ge, x, dim);
}

/**
 * The smallest element so far along `dim`, and its position: of equals the last. NaN wins, and stays.
 *
 * Equation: y[i] = min_{j <= i} x[j]
 *
 * Shapes: both results as x. Throws: IndexError, DTypeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.cummin.html
 *
 * ```ts
 * import { cummin, tensor } from '@tapegrad/core';
 *
 * console.log(cummin(tensor([3, 1, 2]), 0)); // [ tensor([3., 1., 1.]), tensor([0, 1, 1]) ]
 * ```
 */
export function cummin<D extends NumberDType>(x: Tensor<D>, dim: number): [values: Tensor<D>, indices: IntTensor] {
  return extremes('cummin', le, x, dim);
}

/** Positions are found beside the tape; the values are then read there, which gives their gradient. */
function extremes<D extends NumberDType>(
  op: string,
  beats: (a: Tensor<D>, b: Tensor<D>) => BoolTensor,
  x: Tensor<D>,
  dim: number,
): [Tensor<D>, IntTensor] {
  const d = normalizeDim(op, dim, checkNumber(op, x).rank);
  const start = positions(x, d);
  if (x.rank === 0) return [x, start];
  const pairs = doubled<[Tensor<D>, IntTensor]>([detach(x), start], d, ([a, i], [b, j]) => {
    const wins = logicalOr(beats(b, a), ne(b, b)); // b != b where it is NaN
    return [where(wins, b, a), where(wins, j, i)];
  });
  return [gather(x, d, pairs[1]), pairs[1]];
}

/** Each element's position along dimension d. */
export function positions(x: AnyTensor, d: number): IntTensor {
  const n = x.shape[d] ?? 1;
  const line = arange(n, undefined, 1, { dtype: 'i32', device: x.device.name }) as IntTensor;
  return expand(
    reshape(
      line,
      x.shape.map((_, k) => (k === d ? n : 1)),
    ),
    x.shape,
  );
}

/** Folds what ends 2^k before each element into it, k = 0, 1, ...; `combine` must be associative. */
export function doubled<T extends readonly AnyTensor[]>(start: T, d: number, combine: (left: T, right: T) => T): T {
  const n = start[0]!.shape[d] ?? 1;
  const part = (xs: T, from: number, size: number): T => xs.map((x) => narrow(x, d, from, size)) as unknown as T;
  let xs = start;
  for (let reach = 1; reach < n; reach *= 2) {
    const folded = combine(part(xs, 0, n - reach), part(xs, reach, n - reach));
    xs = part(xs, 0, reach).map((x, k) => cat([x, folded[k]!], d)) as unknown as T;
  }
  return xs;
}
