/** Reductions beside `sum`: each falls back on a kernel or on other ops; dimensions as in `sum`. */

import { onesLike } from '../create.ts';
import type { NumberDType } from '../dtype.ts';
import { ShapeError } from '../errors.ts';
import { scope } from '../scope.ts';
import { normalizeDim, normalizeDims, reducedShape, showShape, sizeOf } from '../shape.ts';
import { apply, type Op } from '../tape.ts';
import { type AnyTensor, empty, type IntTensor, type Tensor } from '../tensor.ts';
import { kept, type ReduceOptions, type Reduction, reduced, shaped, sum } from './broadcast.ts';
import { checkFloat, checkNumber } from './check.ts';
import { add, div, eq, exp, isfinite, log, mul, sqrt, square, sub, where } from './elementwise.ts';
import { gather } from './indexing.ts';
import { split } from './join.ts';
import { flip, only, pad, permute, reshape } from './view.ts';

/**
 * The mean over dimensions; NaN where there is nothing.
 *
 * Equation: y = sum_i x[i] / n
 *
 * Shapes: as of `sum`. Throws: DTypeError for integers, whose mean is rarely one; IndexError, ArgumentError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.mean.html
 *
 * ```ts
 * import { mean, tensor } from '@tapegrad/core';
 *
 * console.log(mean(tensor([[1, 2], [3, 4]]), { dim: 1 })); // tensor([1.5000, 3.5000])
 * ```
 */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  const n = countOf('mean', checkFloat('mean', x), options);
  return mul(sum(x, options), 1 / n);
}

/** Which dimensions, and what to divide by. */
export interface VarianceOptions extends ReduceOptions {
  /** Divides by n - correction. Default: 1 (Bessel's); 0 for the variance of the elements themselves. */
  readonly correction?: number | undefined;
}

/**
 * The variance over dimensions; as a method `x.var()`. Not finite where n is not above `correction`.
 *
 * Equation: y = sum_i (x[i] - mean x)^2 / (n - correction)
 *
 * Shapes: as of `sum`. Throws: DTypeError, IndexError, ArgumentError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.var.html
 *
 * ```ts
 * import { tensor, variance } from '@tapegrad/core';
 *
 * const x = tensor([1, 2, 3]);
 * console.log(variance(x), variance(x, { correction: 0 })); // tensor(1.) tensor(0.6667)
 * ```
 */
export function variance(x: Tensor, { correction = 1, ...options }: VarianceOptions = {}): Tensor {
  const n = countOf('var', checkFloat('var', x), options) - correction;
  const centred = sub(x, mean(x, { ...options, keepdim: true }));
  return div(sum(square(centred), options), Math.max(0, n));
}

/**
 * The standard deviation over dimensions. Where all elements are equal its gradient is 0, as in PyTorch.
 *
 * Equation: y = sqrt(variance)
 *
 * Shapes: as of `sum`. Throws: DTypeError, IndexError, ArgumentError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.std.html
 *
 * ```ts
 * import { std, tensor } from '@tapegrad/core';
 *
 * console.log(std(tensor([1, 2, 3]))); // tensor(1.)
 * ```
 */
export function std(x: Tensor, options: VarianceOptions = {}): Tensor {
  const squared = variance(x, options);
  const flat = eq(squared, 0);
  return where(flat, 0, sqrt(where(flat, 1, squared))); // sqrt has no slope at 0
}

/**
 * The largest element over dimensions; equal ones share the gradient evenly. NaN wins.
 *
 * Shapes: as of `sum`. Throws: ShapeError where there is none, IndexError, ArgumentError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.amax.html
 *
 * ```ts
 * import { amax, tensor } from '@tapegrad/core';
 *
 * console.log(amax(tensor([[1, 5], [7, 2]]), { dim: 1 })); // tensor([5., 7.])
 * ```
 */
export function amax<D extends NumberDType>(x: Tensor<D>, options: ReduceOptions = {}): Tensor<D> {
  return extreme(AMAX, 'amax', x, options);
}

/**
 * The smallest element over dimensions; equal ones share the gradient evenly. NaN wins.
 *
 * Shapes: as of `sum`. Throws: ShapeError where there is none, IndexError, ArgumentError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.amin.html
 *
 * ```ts
 * import { amin, tensor } from '@tapegrad/core';
 *
 * console.log(amin(tensor([[1, 5], [7, 2]]), { dim: 1 })); // tensor([1., 2.])
 * ```
 */
export function amin<D extends NumberDType>(x: Tensor<D>, options: ReduceOptions = {}): Tensor<D> {
  return extreme(AMIN, 'amin', x, options);
}

const AMAX = extremeOp('max');
const AMIN = extremeOp('min');

function extremeOp(kernel: 'max' | 'min'): Op<Reduction> {
  return {
    name: `a${kernel}`,
    forward: ([x], { dims, shape }) => [shaped(reduced(x!, kernel, dims), shape)],
    vjp: ([g], [x], [y], { dims }) => [
      () => {
        const winners = where(eq(x!, kept(y!, x!, dims)), onesLike(x!), 0);
        return mul(winners, div(kept(g!, x!, dims), sum(winners, { dim: dims, keepdim: true })));
      },
    ],
  };
}

function extreme<D extends NumberDType>(
  op: Op<Reduction>,
  name: string,
  x: Tensor<D>,
  { dim, keepdim = false }: ReduceOptions,
): Tensor<D> {
  const dims = normalizeDims(name, dim, checkNumber(name, x).rank);
  checkNotEmpty(name, x, dims);
  return only(apply(op, [x], { dims, shape: reducedShape(x.shape, dims, keepdim) }));
}

/** The one dimension that `max` and `min` look along. */
export interface OneDim {
  /** -1 is the last. */
  readonly dim: number;
  /** Keep the dimension with size 1. Default: false. */
  readonly keepdim?: boolean | undefined;
}

/**
 * The largest element of all, as `amax`; with `{ dim }` the values and their positions along a dimension.
 *
 * Throws: ShapeError where there is none. Source: https://docs.pytorch.org/docs/stable/generated/torch.max.html
 *
 * ```ts
 * import { max, tensor } from '@tapegrad/core';
 *
 * const x = tensor([[1, 5], [7, 2]]);
 * const [values, indices] = max(x, { dim: 1 });
 * console.log(max(x), values, indices); // tensor(7.) tensor([5., 7.]) tensor([1, 0])
 * ```
 */
export function max<D extends NumberDType>(x: Tensor<D>): Tensor<D>;
/** The largest elements along a dimension and their positions; of equals the first counts, and gets the gradient. */
export function max<D extends NumberDType>(x: Tensor<D>, options: OneDim): [values: Tensor<D>, indices: IntTensor];
export function max<D extends NumberDType>(x: Tensor<D>, options?: OneDim): Tensor<D> | [Tensor<D>, IntTensor] {
  return options ? along('max', argmax, x, options) : amax(x);
}

/**
 * The smallest element of all, as `amin`; with `{ dim }` the values and their positions along a dimension.
 *
 * Throws: ShapeError where there is none. Source: https://docs.pytorch.org/docs/stable/generated/torch.min.html
 *
 * ```ts
 * import { min, tensor } from '@tapegrad/core';
 *
 * const x = tensor([[1, 5], [7, 2]]);
 * const [values, indices] = min(x, { dim: 1 });
 * console.log(min(x), values, indices); // tensor(1.) tensor([1., 2.]) tensor([0, 1])
 * ```
 */
export function min<D extends NumberDType>(x: Tensor<D>): Tensor<D>;
/** The smallest elements along a dimension and their positions; of equals the first counts, and gets the gradient. */
export function min<D extends NumberDType>(x: Tensor<D>, options: OneDim): [values: Tensor<D>, indices: IntTensor];
export function min<D extends NumberDType>(x: Tensor<D>, options?: OneDim): Tensor<D> | [Tensor<D>, IntTensor] {
  return options ? along('min', argmin, x, options) : amin(x);
}

function along<D extends NumberDType>(
  op: string,
  position: typeof argmax,
  x: Tensor<D>,
  { dim, keepdim = false }: OneDim,
): [Tensor<D>, IntTensor] {
  const d = normalizeDim(op, dim, x.rank);
  if (x.rank === 0) return [x, position(x)];
  const indices = position(x, { dim, keepdim: true });
  const values = gather(x, dim, indices);
  const shape = reducedShape(x.shape, [d], keepdim);
  return [reshape(values, shape), reshape(indices, shape)];
}

/** Where `argmax` and `argmin` look. */
export interface PositionOptions {
  /** Positions along this dimension. Default: in the flattened tensor. */
  readonly dim?: number | undefined;
  /** Keep reduced dimensions with size 1. Default: false. */
  readonly keepdim?: boolean | undefined;
}

/**
 * The position of the first largest element, i32. NaN wins.
 *
 * Throws: ShapeError where there is none, IndexError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.argmax.html
 *
 * ```ts
 * import { argmax, tensor } from '@tapegrad/core';
 *
 * const x = tensor([[1, 5], [7, 2]]);
 * console.log(argmax(x), argmax(x, { dim: 1 })); // tensor(2) tensor([1, 0])
 * ```
 */
export function argmax(x: Tensor<NumberDType>, options: PositionOptions = {}): IntTensor {
  return positionOf('argmax', x, options);
}

/**
 * The position of the first smallest element, i32. NaN wins.
 *
 * Throws: ShapeError where there is none, IndexError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.argmin.html
 *
 * ```ts
 * import { argmin, tensor } from '@tapegrad/core';
 *
 * console.log(argmin(tensor([[1, 5], [7, 2]]), { dim: 1 })); // tensor([0, 1])
 * ```
 */
export function argmin(x: Tensor<NumberDType>, options: PositionOptions = {}): IntTensor {
  return positionOf('argmin', x, options);
}

function positionOf(kernel: 'argmax' | 'argmin', x: AnyTensor, { dim, keepdim = false }: PositionOptions): IntTensor {
  const flat = dim === undefined ? reshape(x, [x.size]) : x;
  const d = normalizeDim(kernel, dim ?? 0, flat.rank);
  checkNotEmpty(kernel, flat, [d]);
  const shape = dim === undefined ? (keepdim ? x.shape.map(() => 1) : []) : reducedShape(x.shape, [d], keepdim);
  const op: Op<readonly number[]> = { name: kernel, forward: ([t], dims) => [reduced(t!, kernel, dims)] };
  return reshape(only<'i32'>(apply(op, [flat], flat.rank === 0 ? [] : [d])), flat.rank === 0 ? [] : shape);
}

/**
 * The product over dimensions, as a tree of multiplications: exact gradients of every order, also where elements are 0.
 *
 * Equation: y = prod_i x[i], 1 where there is nothing
 *
 * Shapes: as of `sum`. Throws: IndexError, ArgumentError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.prod.html
 *
 * ```ts
 * import { prod, tensor } from '@tapegrad/core';
 *
 * console.log(prod(tensor([2, 3, 4]))); // tensor(24.)
 * ```
 */
export function prod<D extends NumberDType>(x: Tensor<D>, { dim, keepdim = false }: ReduceOptions = {}): Tensor<D> {
  const dims = normalizeDims('prod', dim, checkNumber('prod', x).rank);
  const rest = x.shape.flatMap((_, d) => (dims.includes(d) ? [] : [d]));
  const sizes = (ds: readonly number[]): number[] => ds.map((d) => x.shape[d]!);
  let y = reshape(permute(x, [...rest, ...dims]), [...sizes(rest), sizeOf(sizes(dims))]);
  for (let n = y.shape.at(-1)!; n !== 1; n = Math.ceil(n / 2)) {
    if (n % 2 === 1 || n === 0) y = pad(y, [0, 1], 1);
    if (n === 0) break;
    const [left, right] = split(y, y.shape.at(-1)! / 2, -1);
    y = mul(left!, right!);
  }
  return reshape(y, reducedShape(x.shape, dims, keepdim));
}

/**
 * The logarithm of a sum of exponentials, without overflow: the maximum is taken out first.
 *
 * Equation: y = log sum_i exp(x[i])
 *
 * Shapes: as of `sum`. Throws: DTypeError, IndexError, ArgumentError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.logsumexp.html
 *
 * ```ts
 * import { logSumExp, tensor } from '@tapegrad/core';
 *
 * console.log(logSumExp(tensor([1000, 1000]))); // tensor(1000.6932)
 * ```
 */
export function logSumExp(x: Tensor, { dim, keepdim = false }: ReduceOptions = {}): Tensor {
  const dims = normalizeDims('logSumExp', dim, x.rank);
  const shape = reducedShape(x.shape, dims, keepdim);
  return only(apply(LOG_SUM_EXP, [checkFloat('logSumExp', x)], { dims, shape }));
}

const LOG_SUM_EXP: Op<Reduction> = {
  name: 'logSumExp',
  forward: ([x], { dims, shape }) =>
    scope(() => {
      const shift = largestOf(x as Tensor, dims);
      return [shaped(add(log(sum(exp(sub(x as Tensor, shift)), { dim: dims, keepdim: true })), shift), shape)];
    }),
  // d logSumExp(x) = softmax(x) dx; 0 where the whole row is -Infinity
  vjp: ([g], [x], [y], { dims }) => [
    () => {
      const total = kept(y!, x!, dims);
      return mul(kept(g!, x!, dims), exp(sub(x!, where(eq(total, -Infinity), 0, total))));
    },
  ],
};

/**
 * The largest elements over `dims`, kept: what exp(x) is taken relative to. 0 for +-Infinity, which exp takes care of.
 */
export function largestOf(x: Tensor, dims: readonly number[]): Tensor {
  if (x.size === 0) return sum(x, { dim: dims, keepdim: true });
  const top = amax(x, { dim: dims, keepdim: true });
  return where(isfinite(top), top, 0);
}

/**
 * The running sum along `dim`.
 *
 * Equation: y[i] = sum_{j <= i} x[j]
 *
 * Shapes: result as x. Throws: IndexError. Source: https://docs.pytorch.org/docs/stable/generated/torch.cumsum.html
 *
 * ```ts
 * import { cumsum, tensor } from '@tapegrad/core';
 *
 * console.log(cumsum(tensor([1, 2, 3]), 0)); // tensor([1., 3., 6.])
 * ```
 */
export function cumsum<D extends NumberDType>(x: Tensor<D>, dim: number): Tensor<D> {
  return only(apply(CUMSUM, [checkNumber('cumsum', x)], normalizeDim('cumsum', dim, x.rank)));
}

const CUMSUM: Op<number> = {
  name: 'cumsum',
  forward([x], dim) {
    const y = empty(x!.device, x!.dtype, x!.shape);
    x!.device.kernels.cumsum(x!, dim, y);
    return [y];
  },
  vjp: ([g], _, __, dim) => [() => (g!.rank === 0 ? g! : flip(cumsum(flip(g!, [dim]), dim), [dim]))],
};

function countOf(op: string, x: AnyTensor, { dim }: ReduceOptions): number {
  return sizeOf(normalizeDims(op, dim, x.rank).map((d) => x.shape[d]!));
}

function checkNotEmpty(op: string, x: AnyTensor, dims: readonly number[]): void {
  if (dims.some((d) => x.shape[d] === 0))
    throw new ShapeError(`${op}: there is no element to choose from: the shape is ${showShape(x.shape)}`);
}
