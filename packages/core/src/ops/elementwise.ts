/**
 * Elementwise operations, one row each: a name and its body, a scalar expression.
 *
 * Kernels of every device and derivatives of every order follow from the body. Operands broadcast; plain numbers take
 * the dtype of the tensors beside them. Outside of a function's domain the result is NaN.
 *
 * Shapes: operands broadcast to the result. Throws: ShapeError where they do not, DTypeError where dtypes mix or do not
 * fit, DeviceError where devices differ. Source: https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops
 *
 * ```ts
 * import { add, maximum, tensor, where } from '@tapegrad/core';
 *
 * const column = tensor([[1], [-2]]);
 * const row = tensor([10, 20, 30]);
 * console.log(add(column, row)); // tensor([[11., 21., 31.],
 * //         [ 8., 18., 28.]])
 * console.log(maximum(column, 0), column.abs().sqrt()); // tensor([[1.],
 * //         [0.]]) tensor([[1.0000],
 * //         [1.4142]])
 * console.log(where(row.gt(15), row, 0)); // tensor([ 0., 20., 30.])
 * ```
 */

import type { NumberDType } from '../dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { type Program, type ProgramOptions, program, withUniforms } from '../scalar/program.ts';
import * as s from '../scalar/rules.ts';
import { constant, iota, type Scalar, uniform } from '../scalar/scalar.ts';
import { showShape } from '../shape.ts';
import { apply } from '../tape.ts';
import { type AnyTensor, type BoolTensor, Tensor } from '../tensor.ts';
import { mapOp } from './map.ts';

type FloatUnary = (x: Tensor) => Tensor;
type NumberUnary = <D extends NumberDType>(x: Tensor<D>) => Tensor<D>;
type FloatBinary = (a: Tensor | number, b: Tensor | number) => Tensor;
type NumberBinary = <D extends NumberDType>(a: Tensor<D> | number, b: Tensor<D> | number) => Tensor<D>;
type Comparison = <D extends NumberDType>(a: Tensor<D> | number, b: Tensor<D> | number) => BoolTensor;
type BoolBinary = (a: BoolTensor, b: BoolTensor) => BoolTensor;

const num = (value: number): Scalar => constant(value);

// ---- arithmetic ----------------------------------------------------------------------------------------------------
/** a + b; i32 wraps around. */
export const add: NumberBinary = elementwise('add', (a, b) => s.add(a, b));
/** a - b; i32 wraps around. */
export const sub: NumberBinary = elementwise('sub', (a, b) => s.sub(a, b));
/** a * b; i32 wraps around. */
export const mul: NumberBinary = elementwise('mul', (a, b) => s.mul(a, b));
/** a / b; floats only, x / 0 is +-Infinity or NaN. */
export const div: FloatBinary = elementwise('div', (a, b) => s.div(a, b));
/** a^b; NaN for a < 0 unless b is whole; floats only. */
export const pow: FloatBinary = elementwise('pow', (a, b) => s.pow(a, b));
/** max(a, b), NaN where either is; equal elements share the gradient in halves. */
export const maximum: NumberBinary = elementwise('maximum', (a, b) => s.maximum(a, b));
/** min(a, b), NaN where either is; equal elements share the gradient in halves. */
export const minimum: NumberBinary = elementwise('minimum', (a, b) => s.minimum(a, b));
/** -x */
export const neg: NumberUnary = elementwise('neg', (x) => s.neg(x));
/** |x|; the gradient at 0 is 0. */
export const abs: NumberUnary = elementwise('abs', (x) => s.abs(x));
/** -1, 0 or 1: the sign of x; the gradient is 0. */
export const sign: NumberUnary = elementwise('sign', (x) => s.sign(x));
/** x^2; i32 wraps around. */
export const square: NumberUnary = elementwise('square', (x) => s.mul(x, x));
/** 1 / x; +-Infinity at 0. */
export const reciprocal: FloatUnary = elementwise('reciprocal', (x) => s.div(num(1), x));
/** The largest whole number <= x; the gradient is 0. */
export const floor: NumberUnary = elementwise('floor', (x) => s.floor(x));
/** The smallest whole number >= x; the gradient is 0. */
export const ceil: NumberUnary = elementwise('ceil', (x) => s.ceil(x));
/** x without what follows the point; the gradient is 0. */
export const trunc: NumberUnary = elementwise('trunc', (x) => s.trunc(x));
/** The nearest whole number, halves to the even one; the gradient is 0. */
export const round: NumberUnary = elementwise('round', (x) => s.round(x));

// ---- exp and log ---------------------------------------------------------------------------------------------------
/** e^x */
export const exp: FloatUnary = elementwise('exp', (x) => s.exp(x));
/** e^x - 1, exact also near 0. */
export const expm1: FloatUnary = elementwise('expm1', (x) => s.expm1(x));
/** The natural logarithm, for x >= 0: -Infinity at 0, NaN below. */
export const log: FloatUnary = elementwise('log', (x) => s.log(x));
/** log(1 + x), exact also near 0, for x >= -1. */
export const log1p: FloatUnary = elementwise('log1p', (x) => s.log1p(x));
/** The logarithm to base 2, for x >= 0. */
export const log2: FloatUnary = elementwise('log2', (x) => s.log2(x));
/** The logarithm to base 10, for x >= 0. */
export const log10: FloatUnary = elementwise('log10', (x) => s.log10(x));
/** The square root, for x >= 0; the gradient at 0 is Infinity. */
export const sqrt: FloatUnary = elementwise('sqrt', (x) => s.sqrt(x));
/** 1 / sqrt(x), for x >= 0: Infinity at 0. */
export const rsqrt: FloatUnary = elementwise('rsqrt', (x) => s.rsqrt(x));

// ---- trigonometric and hyperbolic ----------------------------------------------------------------------------------
/** sin(x), x in radians. */
export const sin: FloatUnary = elementwise('sin', (x) => s.sin(x));
/** cos(x), x in radians. */
export const cos: FloatUnary = elementwise('cos', (x) => s.cos(x));
/** tan(x), x in radians. */
export const tan: FloatUnary = elementwise('tan', (x) => s.tan(x));
/** The angle in [-pi/2, pi/2] whose sine is x, in radians, for -1 <= x <= 1. */
export const asin: FloatUnary = elementwise('asin', (x) => s.asin(x));
/** The angle in [0, pi] whose cosine is x, in radians, for -1 <= x <= 1. */
export const acos: FloatUnary = elementwise('acos', (x) => s.acos(x));
/** The angle in (-pi/2, pi/2) whose tangent is x, in radians. */
export const atan: FloatUnary = elementwise('atan', (x) => s.atan(x));
/** (e^x - e^-x) / 2 */
export const sinh: FloatUnary = elementwise('sinh', (x) => s.sinh(x));
/** (e^x + e^-x) / 2 */
export const cosh: FloatUnary = elementwise('cosh', (x) => s.cosh(x));
/** (e^x - e^-x) / (e^x + e^-x), in [-1, 1]. */
export const tanh: FloatUnary = elementwise('tanh', (x) => s.tanh(x));
/** The inverse of sinh: log(x + sqrt(x^2 + 1)). */
export const asinh: FloatUnary = elementwise('asinh', (x) => s.asinh(x));
/** The inverse of cosh: log(x + sqrt(x^2 - 1)), for x >= 1. */
export const acosh: FloatUnary = elementwise('acosh', (x) => s.acosh(x));
/** The inverse of tanh: log((1 + x) / (1 - x)) / 2, for -1 <= x <= 1. */
export const atanh: FloatUnary = elementwise('atanh', (x) => s.atanh(x));

// ---- activations ---------------------------------------------------------------------------------------------------
/** 1 / (1 + e^-x), in [0, 1]. */
export const sigmoid: FloatUnary = elementwise('sigmoid', (x) => s.sigmoid(x));
/** log sigmoid(x) = -log(1 + e^-x), without overflow. */
export const logSigmoid: FloatUnary = elementwise('logSigmoid', (x) => s.neg(logOnePlusExp(s.neg(x))));
/** 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x. */
export const erf: FloatUnary = elementwise('erf', (x) => s.erf(x));
/** max(x, 0); the gradient at 0 is 0. */
export const relu: NumberUnary = elementwise('relu', (x) => positivePart(x));
/** min(max(x, 0), 6); the gradient at 0 and at 6 is 0. */
export const relu6: FloatUnary = elementwise('relu6', (x) => s.where(s.ge(x, num(6)), num(6), positivePart(x)));
/** x sigmoid(x), also called swish. */
export const silu: FloatUnary = elementwise('silu', (x) => s.mul(x, s.sigmoid(x)));
/** x Phi(x), Phi the normal distribution function. */
export const geluErf: FloatUnary = elementwise('gelu', (x) =>
  s.mul(s.mul(num(0.5), x), s.add(num(1), s.erf(s.mul(x, num(Math.SQRT1_2))))),
);
/** 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) */
export const geluTanh: FloatUnary = elementwise('gelu', (x) => {
  const inner = s.mul(num(Math.sqrt(2 / Math.PI)), s.add(x, s.mul(num(0.044715), s.mul(x, s.mul(x, x)))));
  return s.mul(s.mul(num(0.5), x), s.add(num(1), s.tanh(inner)));
});
/** log(1 + exp(beta x)) / beta, linear where beta x > threshold: (x, beta, threshold). */
export const softplusOf: (x: Tensor, beta: number, threshold: number) => Tensor = elementwise(
  'softplus',
  (x, beta, threshold) => s.where(s.gt(s.mul(beta, x), threshold), x, s.div(logOnePlusExp(s.mul(beta, x)), beta)),
);
/** x where it is positive, else alpha (exp(x) - 1), which must not overflow where it is not chosen: (x, alpha). */
export const eluOf: (x: Tensor, alpha: number) => Tensor = elementwise('elu', (x, alpha) =>
  s.where(s.gt(x, num(0)), x, s.mul(alpha, s.expm1(s.where(s.gt(x, num(0)), num(0), x)))),
);
/** x where it is positive, else slope x: (x, slope). */
export const leakyReluOf: (x: Tensor, slope: number) => Tensor = elementwise('leakyRelu', (x, slope) =>
  s.where(s.gt(x, num(0)), x, s.mul(slope, x)),
);
/** x tanh(log(1 + e^x)) */
export const mish: FloatUnary = elementwise('mish', (x) => s.mul(x, s.tanh(logOnePlusExp(x))));
/** x / (1 + |x|), in (-1, 1). */
export const softsign: FloatUnary = elementwise('softsign', (x) => s.div(x, s.add(num(1), s.abs(x))));

// ---- clamp: the gradient passes at the bounds, as in PyTorch ---------------------------------------------------------
/** x where it is not below min: (x, min). */
export const clampMin: (x: Tensor<NumberDType>, min: number) => AnyTensor = elementwise('clamp', (x, min) =>
  s.where(s.lt(x, min), min, x),
);
/** x where it is not above max: (x, max). */
export const clampMax: (x: Tensor<NumberDType>, max: number) => AnyTensor = elementwise('clamp', (x, max) =>
  s.where(s.gt(x, max), max, x),
);

// ---- comparisons and masks -----------------------------------------------------------------------------------------
/** Whether a = b; NaN equals nothing. */
export const eq: Comparison = elementwise('eq', (a, b) => s.eq(a, b));
/** Whether a != b; NaN differs from everything. */
export const ne: Comparison = elementwise('ne', (a, b) => s.ne(a, b));
/** Whether a < b. */
export const lt: Comparison = elementwise('lt', (a, b) => s.lt(a, b));
/** Whether a <= b. */
export const le: Comparison = elementwise('le', (a, b) => s.le(a, b));
/** Whether a > b. */
export const gt: Comparison = elementwise('gt', (a, b) => s.gt(a, b));
/** Whether a >= b. */
export const ge: Comparison = elementwise('ge', (a, b) => s.ge(a, b));
/** Whether x is NaN. */
export const isnan: (x: Tensor) => BoolTensor = elementwise('isnan', (x) => s.isnan(x));
/** Whether x is neither NaN nor infinite. */
export const isfinite: (x: Tensor) => BoolTensor = elementwise('isfinite', (x) => s.isfinite(x));
/** not x, for bools. */
export const logicalNot: (x: BoolTensor) => BoolTensor = elementwise('logicalNot', (x) => s.not(x), {
  slots: ['bool'],
});
/** a and b, for bools. */
export const logicalAnd: BoolBinary = elementwise('logicalAnd', (a, b) => s.and(a, b), { slots: ['bool', 'bool'] });
/** a or b, for bools. */
export const logicalOr: BoolBinary = elementwise('logicalOr', (a, b) => s.or(a, b), { slots: ['bool', 'bool'] });
/** either a or b, for bools. */
export const logicalXor: BoolBinary = elementwise('logicalXor', (a, b) => s.xor(a, b), { slots: ['bool', 'bool'] });
/** a where the condition is true, else b; the gradient goes to the one that was chosen. */
export const where: <D extends NumberDType>(
  condition: BoolTensor,
  a: Tensor<D> | number,
  b: Tensor<D> | number,
) => Tensor<D> = elementwise('where', (condition, a, b) => s.where(condition, a, b), {
  slots: ['bool', 'number', 'number'],
});

const TRIL = program('tril', (x) => [s.where(s.le(s.sub(iota(-1), iota(-2)), uniform(0, 'index')), x, constant(0))]);
const TRIU = program('triu', (x) => [s.where(s.ge(s.sub(iota(-1), iota(-2)), uniform(0, 'index')), x, constant(0))]);

/**
 * The lower triangle of matrices: elements above the given diagonal (0 is the main one, 1 lies above it) become 0.
 *
 * Shapes: x [..., M, N]; result as x. Throws: ShapeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.tril.html
 *
 * ```ts
 * import { ones, tril } from '@tapegrad/core';
 *
 * console.log(tril(ones([3, 3]))); // tensor([[1., 0., 0.],
 * //         [1., 1., 0.],
 * //         [1., 1., 1.]])
 * ```
 */
export function tril<D extends NumberDType>(x: Tensor<D>, diagonal = 0): Tensor<D> {
  return apply(mapOp(TRIL), [checkTriangle('tril', x, diagonal)], [diagonal])[0] as unknown as Tensor<D>;
}

/**
 * The upper triangle of matrices: elements below the given diagonal (0 is the main one, 1 lies above it) become 0.
 *
 * Shapes: x [..., M, N]; result as x. Throws: ShapeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.triu.html
 *
 * ```ts
 * import { ones, triu } from '@tapegrad/core';
 *
 * console.log(triu(ones([3, 3]), 1)); // tensor([[0., 1., 1.],
 * //         [0., 0., 1.],
 * //         [0., 0., 0.]])
 * ```
 */
export function triu<D extends NumberDType>(x: Tensor<D>, diagonal = 0): Tensor<D> {
  return apply(mapOp(TRIU), [checkTriangle('triu', x, diagonal)], [diagonal])[0] as unknown as Tensor<D>;
}

function checkTriangle(op: string, x: AnyTensor, diagonal: number): AnyTensor {
  if (!Number.isInteger(diagonal))
    throw new ArgumentError(`${op}: expected a whole number as diagonal; given ${diagonal}`);
  if (x.rank < 2) throw new ShapeError(`${op}: expected a matrix [..., M, N]; given ${showShape(x.shape)}`);
  return x;
}

/**
 * x within bounds, either of which may be left out. Elements at a bound pass their gradient on, as in PyTorch.
 *
 * Equation: y = min(max(x, min), max)
 *
 * Throws: DTypeError for a bound that is no i32 where x is.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.clamp.html
 *
 * ```ts
 * import { clamp, tensor } from '@tapegrad/core';
 *
 * console.log(clamp(tensor([-2, 0.5, 3]), { min: -1, max: 1 })); // tensor([-1.0000,  0.5000,  1.0000])
 * ```
 */
export function clamp<D extends NumberDType>(
  x: Tensor<D>,
  { min, max }: { readonly min?: number; readonly max?: number },
): Tensor<D> {
  const above = min === undefined ? x : (clampMin(x as Tensor<NumberDType>, min) as Tensor<D>);
  return max === undefined ? above : (clampMax(above as Tensor<NumberDType>, max) as Tensor<D>);
}

/**
 * Gaussian error linear unit; `approximate: 'tanh'` for GPT-2's. Default: 'none'.
 *
 * Equation: y = x Phi(x), Phi the normal distribution function; with 'tanh'
 * y = 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
 *
 * Throws: DTypeError. Source: Hendrycks & Gimpel 2016, https://arxiv.org/abs/1606.08415;
 * https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.gelu.html
 *
 * ```ts
 * import { gelu, tensor } from '@tapegrad/core';
 *
 * const x = tensor([-1, 0, 1]);
 * console.log(gelu(x)); // tensor([-0.1587,  0.0000,  0.8413])
 * console.log(gelu(x, { approximate: 'tanh' })); // tensor([-0.1588,  0.0000,  0.8412])
 * ```
 */
export function gelu(x: Tensor, { approximate = 'none' }: { readonly approximate?: 'none' | 'tanh' } = {}): Tensor {
  return approximate === 'tanh' ? geluTanh(x) : geluErf(x);
}

/**
 * A smooth relu; x itself where beta x > threshold. Defaults: beta 1, threshold 20.
 *
 * Equation: y = log(1 + exp(beta x)) / beta
 *
 * Throws: DTypeError. Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softplus.html
 *
 * ```ts
 * import { softplus, tensor } from '@tapegrad/core';
 *
 * console.log(softplus(tensor([-1, 0, 30]))); // tensor([ 0.3133,  0.6931, 30.0000])
 * ```
 */
export function softplus(
  x: Tensor,
  { beta = 1, threshold = 20 }: { readonly beta?: number; readonly threshold?: number } = {},
): Tensor {
  return softplusOf(x, beta, threshold);
}

/**
 * Exponential linear unit. Default: alpha 1.
 *
 * Equation: y = x where x > 0, else alpha (exp(x) - 1)
 *
 * Throws: DTypeError. Source: Clevert et al. 2015, https://arxiv.org/abs/1511.07289;
 * https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.elu.html
 *
 * ```ts
 * import { elu, tensor } from '@tapegrad/core';
 *
 * console.log(elu(tensor([-1, 0, 1]))); // tensor([-0.6321,  0.0000,  1.0000])
 * ```
 */
export function elu(x: Tensor, { alpha = 1 }: { readonly alpha?: number } = {}): Tensor {
  return eluOf(x, alpha);
}

/**
 * Leaky rectifier: a small slope in place of 0. Default: negativeSlope 0.01.
 *
 * Equation: y = x where x > 0, else negativeSlope x
 *
 * Throws: DTypeError. Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.leaky_relu.html
 *
 * ```ts
 * import { leakyRelu, tensor } from '@tapegrad/core';
 *
 * console.log(leakyRelu(tensor([-1, 0, 1]))); // tensor([-0.0100,  0.0000,  1.0000])
 * ```
 */
export function leakyRelu(x: Tensor, { negativeSlope = 0.01 }: { readonly negativeSlope?: number } = {}): Tensor {
  return leakyReluOf(x, negativeSlope);
}

/**
 * `value` where the mask is true, x elsewhere; no gradient where it was filled.
 *
 * Shapes: x and mask broadcast to the result. Throws: ShapeError, DTypeError, DeviceError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.masked_fill.html
 *
 * ```ts
 * import { maskedFill, tensor } from '@tapegrad/core';
 *
 * console.log(maskedFill(tensor([1, 2, 3]), tensor([false, true, false]), -Infinity)); // tensor([1., -inf, 3.])
 * ```
 */
export function maskedFill<D extends NumberDType>(x: Tensor<D>, mask: BoolTensor, value: number): Tensor<D> {
  return where(mask, value, x);
}

/** max(x, 0), NaN for NaN; at 0 the gradient is 0. */
function positivePart(x: Scalar): Scalar {
  return s.where(s.le(x, num(0)), num(0), x);
}

/**
 * log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)), which never overflows. At 0 both parts are those of a negative x,
 * so that the derivatives there are right: those of `abs` are 0.
 */
function logOnePlusExp(x: Scalar): Scalar {
  const minusAbs = s.where(s.gt(x, num(0)), s.neg(x), x);
  return s.add(positivePart(x), s.log1p(s.exp(minusAbs)));
}

/** Turns a body into a function of tensors and numbers. One program per pattern of numbers among the operands. */
function elementwise<F>(name: string, body: (...args: Scalar[]) => Scalar, options?: ProgramOptions): F {
  const whole = program(
    name,
    (...args) => [body(...args)],
    options ?? { slots: Array.from({ length: body.length }, () => 1) },
  );
  const variants: Program[] = [whole];
  const run = (...operands: readonly (AnyTensor | number)[]): AnyTensor => {
    let pattern = 0;
    const tensors: AnyTensor[] = [];
    const numbers: number[] = [];
    for (let k = 0; k < whole.inputs.length; k++) {
      const operand = operands[k];
      if (operand instanceof Tensor) tensors.push(operand);
      else if (typeof operand === 'number') {
        numbers.push(operand);
        pattern |= 1 << k;
      } else
        throw new DTypeError(
          `${name}: expected a tensor or a number as argument ${k}; given ${operand === null ? 'null' : typeof operand}`,
        );
    }
    if (tensors.length === 0) throw new DTypeError(`${name}: expected a tensor; all arguments are numbers`);
    variants[pattern] ??= withUniforms(
      whole,
      whole.inputs.map((_, k) => (pattern & (1 << k)) !== 0),
    );
    return apply(mapOp(variants[pattern]), tensors, numbers)[0]!;
  };
  return run as F;
}
