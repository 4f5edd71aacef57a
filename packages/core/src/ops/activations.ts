/** Activations of several pieces, and those that halve or weigh their input. The smooth ones are rows of elementwise.ts. */

import { onesLike } from '../create.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import * as s from '../scalar/rules.ts';
import { constant, type Scalar } from '../scalar/scalar.ts';
import { scope } from '../scope.ts';
import { normalizeDim, showShape } from '../shape.ts';
import { apply, type Op } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { checkFloat } from './check.ts';
import { abs, add, clamp, div, elementwise, lt, mul, neg, sigmoid, where } from './elementwise.ts';
import { split } from './join.ts';
import { softmax } from './softmax.ts';
import { only, reshape } from './view.ts';

type FloatUnary = (x: Tensor) => Tensor;

const num = (value: number): Scalar => constant(value);
const zero = num(0);

/** Constants that keep mean 0 and variance 1: Klambauer et al. 2017, https://arxiv.org/abs/1706.02515. */
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/**
 * Scaled exponential linear unit, which normalises itself.
 *
 * Equation: y = 1.0507 x where x > 0, else 1.0507 * 1.6733 (exp(x) - 1)
 *
 * Throws: DTypeError. Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.selu.html
 *
 * ```ts
 * import { selu, tensor } from '@tapegrad/core';
 *
 * console.log(selu(tensor([-1, 0, 1]))); // tensor([-1.1113,  0.0000,  1.0507])
 * ```
 */
export const selu: FloatUnary = elementwise('selu', (x) =>
  s.mul(num(SELU_SCALE), s.where(s.gt(x, zero), x, s.mul(num(SELU_ALPHA), s.expm1(s.where(s.gt(x, zero), zero, x))))),
);

/**
 * A sigmoid of three lines.
 *
 * Equation: y = min(max(x + 3, 0), 6) / 6
 *
 * Throws: DTypeError. Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hardsigmoid.html
 *
 * ```ts
 * import { hardsigmoid, tensor } from '@tapegrad/core';
 *
 * console.log(hardsigmoid(tensor([-4, 0, 4]))); // tensor([0.0000, 0.5000, 1.0000])
 * ```
 */
export function hardsigmoid(x: Tensor): Tensor {
  return only(apply(HARDSIGMOID, [checkFloat('hardsigmoid', x)], undefined));
}

/** PyTorch's slope is 1 / 6 in f32, in f64 too: a gradient that is not its own would be of no use to those who compare. */
const SLOPE = Math.fround(1 / 6);

const HARDSIGMOID: Op = {
  name: 'hardsigmoid',
  forward: ([x]) => scope(() => [div(clamp(add(x as Tensor, 3), { min: 0, max: 6 }), 6)]),
  vjp: ([g], [x]) => [() => mul(g!, where(lt(abs(x as Tensor), 3), mul(onesLike(x as Tensor), SLOPE), 0))],
};

/**
 * x times a sigmoid of three lines.
 *
 * Equation: y = x min(max(x + 3, 0), 6) / 6
 *
 * Throws: DTypeError. Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hardswish.html
 *
 * ```ts
 * import { hardswish, tensor } from '@tapegrad/core';
 *
 * console.log(hardswish(tensor([-4, 1, 4]))); // tensor([-0.0000, 0.6667, 4.0000])
 * ```
 */
export const hardswish: FloatUnary = elementwise('hardswish', (x) =>
  s.where(s.lt(x, num(-3)), s.mul(x, zero), s.where(s.ge(x, num(3)), x, s.mul(x, s.div(s.add(x, num(3)), num(6))))),
);

const celuOf: (x: Tensor, alpha: number) => Tensor = elementwise('celu', (x, alpha) =>
  s.where(s.gt(x, zero), x, s.mul(alpha, s.expm1(s.div(s.where(s.gt(x, zero), zero, x), alpha)))),
);
const thresholdOf: (x: Tensor, threshold: number, value: number) => Tensor = elementwise(
  'threshold',
  (x, threshold, value) => s.where(s.le(x, threshold), value, x),
);
const hardtanhOf: (x: Tensor, min: number, max: number) => Tensor = elementwise('hardtanh', (x, min, max) =>
  between(x, min, max, min, max, x),
);
const softshrinkOf: (x: Tensor, lambda: number) => Tensor = elementwise('softshrink', (x, lambda) =>
  s.where(s.gt(x, lambda), s.sub(x, lambda), s.where(s.lt(x, s.neg(lambda)), s.add(x, lambda), s.mul(x, zero))),
);
const hardshrinkOf: (x: Tensor, lambda: number) => Tensor = elementwise('hardshrink', (x, lambda) =>
  s.where(s.le(s.abs(x), lambda), s.mul(x, zero), x),
);

/**
 * Exponential linear unit that is smooth for every alpha. Default: alpha 1.
 *
 * Equation: y = x where x > 0, else alpha (exp(x / alpha) - 1)
 *
 * Throws: DTypeError, ArgumentError for alpha 0. Source: Barron 2017, https://arxiv.org/abs/1704.07483;
 * https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.celu.html
 *
 * ```ts
 * import { celu, tensor } from '@tapegrad/core';
 *
 * console.log(celu(tensor([-1, 1]), { alpha: 2 })); // tensor([-0.7869,  1.0000])
 * ```
 */
export function celu(x: Tensor, { alpha = 1 }: { readonly alpha?: number } = {}): Tensor {
  if (alpha === 0) throw new ArgumentError('celu: expected an alpha other than 0; given 0');
  return celuOf(x, alpha);
}

/**
 * x where it is above a threshold, `value` elsewhere.
 *
 * Equation: y = x where x > threshold, else value
 *
 * Throws: DTypeError. Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.threshold.html
 *
 * ```ts
 * import { tensor, threshold } from '@tapegrad/core';
 *
 * console.log(threshold(tensor([0.5, 2]), 1, -1)); // tensor([-1.,  2.])
 * ```
 */
export function threshold(x: Tensor, at: number, value: number): Tensor {
  return thresholdOf(x, at, value);
}

/** The flat ends of `hardtanh`. */
export interface HardtanhOptions {
  /** Default: -1. */
  readonly min?: number | undefined;
  /** Default: 1. */
  readonly max?: number | undefined;
}

/**
 * x within bounds. Unlike `clamp`, the gradient at a bound is 0.
 *
 * Equation: y = min(max(x, min), max)
 *
 * Throws: DTypeError, ArgumentError unless min < max.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hardtanh.html
 *
 * ```ts
 * import { hardtanh, tensor } from '@tapegrad/core';
 *
 * console.log(hardtanh(tensor([-2, 0.5, 3]))); // tensor([-1.0000,  0.5000,  1.0000])
 * ```
 */
export function hardtanh(x: Tensor, { min = -1, max = 1 }: HardtanhOptions = {}): Tensor {
  if (!(min < max)) throw new ArgumentError(`hardtanh: expected min below max; given ${min} and ${max}`);
  return hardtanhOf(x, min, max);
}

/**
 * x moved towards 0 by lambda, 0 within it. Default: lambda 0.5.
 *
 * Equation: y = x - lambda where x > lambda, x + lambda where x < -lambda, else 0
 *
 * Throws: DTypeError, ArgumentError for a negative lambda.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softshrink.html
 *
 * ```ts
 * import { softshrink, tensor } from '@tapegrad/core';
 *
 * console.log(softshrink(tensor([-2, 0.25, 1]))); // tensor([-1.5000,  0.0000,  0.5000])
 * ```
 */
export function softshrink(x: Tensor, { lambda = 0.5 }: { readonly lambda?: number } = {}): Tensor {
  if (!(lambda >= 0)) throw new ArgumentError(`softshrink: expected a lambda of 0 or more; given ${lambda}`);
  return softshrinkOf(x, lambda);
}

/**
 * x, but 0 within lambda of 0. Default: lambda 0.5.
 *
 * Equation: y = x where |x| > lambda, else 0
 *
 * Throws: DTypeError. Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hardshrink.html
 *
 * ```ts
 * import { hardshrink, tensor } from '@tapegrad/core';
 *
 * console.log(hardshrink(tensor([-2, 0.25, 1]))); // tensor([-2.,  0.,  1.])
 * ```
 */
export function hardshrink(x: Tensor, { lambda = 0.5 }: { readonly lambda?: number } = {}): Tensor {
  return hardshrinkOf(x, lambda);
}

/**
 * Gated linear unit: one half of x, weighed by the sigmoid of the other. Default: dim -1.
 *
 * Equation: y = a sigmoid(b), a and b the halves of x along `dim`
 *
 * Shapes: [..., 2 N, ...] gives [..., N, ...]. Throws: ShapeError for an odd size, IndexError, DTypeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.glu.html
 *
 * ```ts
 * import { glu, tensor } from '@tapegrad/core';
 *
 * console.log(glu(tensor([3, 4, 0, 100]))); // tensor([1.5000, 4.0000])
 * ```
 */
export function glu(x: Tensor, { dim = -1 }: { readonly dim?: number } = {}): Tensor {
  const n = x.shape[normalizeDim('glu', dim, x.rank)];
  if (n === undefined || n % 2 !== 0)
    throw new ShapeError(`glu: expected an even size along dimension ${dim}; x is ${showShape(x.shape)}`);
  const [a, b] = n === 0 ? [x, x] : split(x, n / 2, dim);
  return mul(a!, sigmoid(b!));
}

/**
 * A rectifier whose slope below 0 is learned: one for all, or one for each channel (dimension 1).
 *
 * Equation: y = max(x, 0) + weight min(x, 0)
 *
 * Shapes: x [N, C, ...], weight [1] or [C]; result as x. Throws: ShapeError, DTypeError.
 * Source: He et al. 2015, https://arxiv.org/abs/1502.01852;
 * https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.prelu.html
 *
 * ```ts
 * import { prelu, tensor } from '@tapegrad/core';
 *
 * console.log(prelu(tensor([-2, 4]), tensor([0.25]))); // tensor([-0.5000,  4.0000])
 * ```
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  const channels = x.rank > 1 ? x.shape[1]! : 1;
  if (weight.size !== 1 && (weight.rank !== 1 || weight.size !== channels)) {
    throw new ShapeError(
      `prelu: expected a weight of [1] or [${channels}]: x is ${showShape(x.shape)}, weight is ${showShape(weight.shape)}`,
    );
  }
  const shape = weight.size === 1 ? [] : x.shape.slice(1).map((_, d) => (d === 0 ? channels : 1));
  return preluOf(x, reshape(weight, shape));
}

const preluOf: (x: Tensor, weight: Tensor) => Tensor = elementwise('prelu', (x, weight) =>
  s.where(s.gt(x, zero), x, s.mul(weight, x)),
);

/**
 * What tanh takes away from x.
 *
 * Equation: y = x - tanh(x)
 *
 * Throws: DTypeError. Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.tanhshrink.html
 *
 * ```ts
 * import { tanhshrink, tensor } from '@tapegrad/core';
 *
 * console.log(tanhshrink(tensor([-1, 0, 2]))); // tensor([-0.2384,  0.0000,  1.0360])
 * ```
 */
export const tanhshrink: FloatUnary = elementwise('tanhshrink', (x) => s.sub(x, s.tanh(x)));

/**
 * The softmax of -x: small scores get large probabilities.
 *
 * Equation: y[i] = exp(-x[i]) / sum_j exp(-x[j])
 *
 * Shapes: result as x. Throws: DTypeError, IndexError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softmin.html
 *
 * ```ts
 * import { softmin, tensor } from '@tapegrad/core';
 *
 * console.log(softmin(tensor([0, 1]), 0)); // tensor([0.7311, 0.2689])
 * ```
 */
export function softmin(x: Tensor, dim: number): Tensor {
  return softmax(neg(x), dim);
}

/** `inside` strictly between the bounds, the ends elsewhere; NaN stays. */
function between(x: Scalar, low: Scalar, high: Scalar, below: Scalar, above: Scalar, inside: Scalar): Scalar {
  return s.where(s.le(x, low), below, s.where(s.ge(x, high), above, inside));
}
