/** Elementwise functions of several rules: angles, remainders, mixtures. */

import * as s from '../scalar/rules.ts';
import { constant, type Scalar } from '../scalar/scalar.ts';
import type { BoolTensor, Tensor } from '../tensor.ts';
import { elementwise, logOnePlusExp } from './elementwise.ts';

type FloatBinary = (a: Tensor | number, b: Tensor | number) => Tensor;

const num = (value: number): Scalar => constant(value);

/**
 * The angle of the point (x, y) from the positive x axis, in radians, from -pi to pi.
 *
 * Equation: tan(result) = y / x, in the quadrant of (x, y)
 *
 * Shapes: operands broadcast. Throws: ShapeError, DTypeError, DeviceError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.atan2.html
 *
 * ```ts
 * import { atan2, tensor } from '@tapegrad/core';
 *
 * console.log(atan2(tensor([1, 1, -1]), tensor([1, -1, 0]))); // tensor([ 0.7854,  2.3562, -1.5708])
 * ```
 */
export const atan2: FloatBinary = elementwise('atan2', (y, x) => {
  const steep = s.gt(s.abs(y), s.abs(x));
  const [over, under] = [s.where(steep, x, y), s.where(steep, y, x)];
  // at the origin there is no angle to speak of, nor at two infinities: those of the axes and diagonals, as in IEEE 754
  const origin = s.eq(under, num(0));
  const ends = s.eq(s.abs(over), num(Infinity));
  const slope = s.div(
    s.where(ends, s.sign(over), s.where(origin, s.mul(over, num(0)), over)),
    s.where(origin, num(1), s.where(ends, s.sign(under), under)),
  );
  const up = s.or(s.gt(y, num(0)), s.and(s.eq(y, num(0)), s.gt(s.div(num(1), y), num(0))));
  const left = s.or(s.lt(x, num(0)), s.and(s.eq(x, num(0)), s.lt(s.div(num(1), x), num(0))));
  const half = s.where(up, num(Math.PI), num(-Math.PI));
  const flat = s.add(s.atan(slope), s.where(left, half, num(0)));
  return s.where(steep, s.sub(s.mul(num(0.5), half), s.atan(slope)), flat);
});

/**
 * What a / b leaves, with the sign of b, as Python's %. Exact where a / b is not so large that its fraction is lost.
 *
 * Equation: y = a - b floor(a / b); 0 <= y < b, or b < y <= 0
 *
 * Shapes: operands broadcast. Throws: ShapeError, DTypeError for integers, DeviceError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.remainder.html
 *
 * ```ts
 * import { remainder, tensor } from '@tapegrad/core';
 *
 * console.log(remainder(tensor([-3, 3.5]), 2)); // tensor([1.0000, 1.5000])
 * ```
 */
export const remainder: FloatBinary = elementwise('remainder', (a, b) => {
  return within(restOf(a, b, s.floor(s.div(a, b))), b);
});

/**
 * What a / b leaves, with the sign of a, as the % of C and JavaScript.
 *
 * Equation: y = a - b trunc(a / b)
 *
 * Shapes: operands broadcast. Throws: ShapeError, DTypeError for integers, DeviceError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.fmod.html
 *
 * ```ts
 * import { fmod, tensor } from '@tapegrad/core';
 *
 * console.log(fmod(tensor([-3, 3.5]), 2)); // tensor([-1.0000,  1.5000])
 * ```
 */
export const fmod: FloatBinary = elementwise('fmod', (a, b) => {
  const size = s.abs(b);
  return within(restOf(a, b, s.trunc(s.div(a, b))), s.where(s.lt(a, num(0)), s.neg(size), size));
});

/**
 * The largest whole number that is not above a / b; the gradient is 0.
 *
 * Equation: y = floor(a / b)
 *
 * Shapes: operands broadcast. Throws: ShapeError, DTypeError for integers, DeviceError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.floor_divide.html
 *
 * ```ts
 * import { floorDivide, tensor } from '@tapegrad/core';
 *
 * console.log(floorDivide(tensor([-3, 5]), 2)); // tensor([-2.,  2.])
 * ```
 */
export const floorDivide: FloatBinary = elementwise('floorDivide', (a, b) => s.floor(s.div(a, b)));

/**
 * The way from a to b: `weight` 0 is a, 1 is b.
 *
 * Equation: y = a + weight (b - a)
 *
 * Shapes: operands broadcast. Throws: ShapeError, DTypeError, DeviceError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.lerp.html
 *
 * ```ts
 * import { lerp, tensor } from '@tapegrad/core';
 *
 * console.log(lerp(tensor([0, 10]), tensor([1, 20]), 0.5)); // tensor([ 0.5000, 15.0000])
 * ```
 */
export const lerp: (a: Tensor, b: Tensor, weight: Tensor | number) => Tensor = elementwise('lerp', (a, b, weight) =>
  s.add(a, s.mul(weight, s.sub(b, a))),
);

/**
 * log(exp(a) + exp(b)), without overflow; -Infinity where both are.
 *
 * Shapes: operands broadcast. Units: nats, as a and b. Throws: ShapeError, DTypeError, DeviceError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.logaddexp.html
 *
 * ```ts
 * import { logaddexp, tensor } from '@tapegrad/core';
 *
 * console.log(logaddexp(tensor([0, 1000]), 0)); // tensor([6.9315e-01, 1.0000e+03])
 * ```
 */
export const logaddexp: FloatBinary = elementwise('logaddexp', (a, b) => {
  const infinite = s.or(s.eq(s.abs(a), num(Infinity)), s.eq(s.abs(b), num(Infinity)));
  const apart = s.where(infinite, num(0), s.sub(a, b));
  return s.where(infinite, s.maximum(a, b), s.add(b, logOnePlusExp(apart)));
});

/** Where x is Infinity or -Infinity. Source: https://docs.pytorch.org/docs/stable/generated/torch.isinf.html */
export const isinf: (x: Tensor) => BoolTensor = elementwise('isinf', (x) => s.eq(s.abs(x), num(Infinity)));

/** a - b q; a where q is 0, also if b is infinite. */
function restOf(a: Scalar, b: Scalar, q: Scalar): Scalar {
  return s.where(s.eq(q, num(0)), a, s.sub(a, s.mul(b, q)));
}

/** a / b may have been rounded to the next whole number: the rest then lies beyond 0 or b by a rounding error. */
function within(rest: Scalar, b: Scalar): Scalar {
  const below = s.lt(s.mul(s.sign(rest), s.sign(b)), num(0));
  return s.where(below, s.add(rest, b), s.where(s.ge(s.abs(rest), s.abs(b)), s.sub(rest, b), rest));
}
