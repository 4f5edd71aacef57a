/**
 * Elementwise operations, one row each: a name and its body, a scalar expression.
 *
 * Three devices and derivatives of every order follow from the body. Operands broadcast; plain numbers take the dtype
 * of the tensors beside them.
 */

import type { NumberDType } from '../dtype.ts';
import { DTypeError, ShapeError } from '../errors.ts';
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
export const add: NumberBinary = elementwise('add', (a, b) => s.add(a, b));
export const sub: NumberBinary = elementwise('sub', (a, b) => s.sub(a, b));
export const mul: NumberBinary = elementwise('mul', (a, b) => s.mul(a, b));
export const div: FloatBinary = elementwise('div', (a, b) => s.div(a, b));
export const pow: FloatBinary = elementwise('pow', (a, b) => s.pow(a, b));
/** Equal elements share the gradient in halves. */
export const maximum: NumberBinary = elementwise('maximum', (a, b) => s.maximum(a, b));
export const minimum: NumberBinary = elementwise('minimum', (a, b) => s.minimum(a, b));
export const neg: NumberUnary = elementwise('neg', (x) => s.neg(x));
export const abs: NumberUnary = elementwise('abs', (x) => s.abs(x));
export const sign: NumberUnary = elementwise('sign', (x) => s.sign(x));
export const square: NumberUnary = elementwise('square', (x) => s.mul(x, x));
export const reciprocal: FloatUnary = elementwise('reciprocal', (x) => s.div(num(1), x));
export const floor: NumberUnary = elementwise('floor', (x) => s.floor(x));
export const ceil: NumberUnary = elementwise('ceil', (x) => s.ceil(x));
export const trunc: NumberUnary = elementwise('trunc', (x) => s.trunc(x));
/** Halves go to the even neighbour. */
export const round: NumberUnary = elementwise('round', (x) => s.round(x));

// ---- exp and log ---------------------------------------------------------------------------------------------------
export const exp: FloatUnary = elementwise('exp', (x) => s.exp(x));
export const expm1: FloatUnary = elementwise('expm1', (x) => s.expm1(x));
export const log: FloatUnary = elementwise('log', (x) => s.log(x));
export const log1p: FloatUnary = elementwise('log1p', (x) => s.log1p(x));
export const log2: FloatUnary = elementwise('log2', (x) => s.log2(x));
export const log10: FloatUnary = elementwise('log10', (x) => s.log10(x));
export const sqrt: FloatUnary = elementwise('sqrt', (x) => s.sqrt(x));
export const rsqrt: FloatUnary = elementwise('rsqrt', (x) => s.rsqrt(x));

// ---- trigonometric and hyperbolic ----------------------------------------------------------------------------------
export const sin: FloatUnary = elementwise('sin', (x) => s.sin(x));
export const cos: FloatUnary = elementwise('cos', (x) => s.cos(x));
export const tan: FloatUnary = elementwise('tan', (x) => s.tan(x));
export const asin: FloatUnary = elementwise('asin', (x) => s.asin(x));
export const acos: FloatUnary = elementwise('acos', (x) => s.acos(x));
export const atan: FloatUnary = elementwise('atan', (x) => s.atan(x));
export const sinh: FloatUnary = elementwise('sinh', (x) => s.sinh(x));
export const cosh: FloatUnary = elementwise('cosh', (x) => s.cosh(x));
export const tanh: FloatUnary = elementwise('tanh', (x) => s.tanh(x));
export const asinh: FloatUnary = elementwise('asinh', (x) => s.asinh(x));
export const acosh: FloatUnary = elementwise('acosh', (x) => s.acosh(x));
export const atanh: FloatUnary = elementwise('atanh', (x) => s.atanh(x));

// ---- activations ---------------------------------------------------------------------------------------------------
export const sigmoid: FloatUnary = elementwise('sigmoid', (x) => s.sigmoid(x));
/** log sigmoid(x) = -log(1 + exp(-x)) */
export const logSigmoid: FloatUnary = elementwise('logSigmoid', (x) => s.neg(logOnePlusExp(s.neg(x))));
export const erf: FloatUnary = elementwise('erf', (x) => s.erf(x));
export const relu: NumberUnary = elementwise('relu', (x) => positivePart(x));
export const relu6: FloatUnary = elementwise('relu6', (x) => s.where(s.ge(x, num(6)), num(6), positivePart(x)));
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
export const mish: FloatUnary = elementwise('mish', (x) => s.mul(x, s.tanh(logOnePlusExp(x))));
export const softsign: FloatUnary = elementwise('softsign', (x) => s.div(x, s.add(num(1), s.abs(x))));

// ---- clamp: the gradient passes at the bounds, as in PyTorch ---------------------------------------------------------
export const clampMin: (x: Tensor<NumberDType>, min: number) => AnyTensor = elementwise('clamp', (x, min) =>
  s.where(s.lt(x, min), min, x),
);
export const clampMax: (x: Tensor<NumberDType>, max: number) => AnyTensor = elementwise('clamp', (x, max) =>
  s.where(s.gt(x, max), max, x),
);

// ---- comparisons and masks -----------------------------------------------------------------------------------------
export const eq: Comparison = elementwise('eq', (a, b) => s.eq(a, b));
export const ne: Comparison = elementwise('ne', (a, b) => s.ne(a, b));
export const lt: Comparison = elementwise('lt', (a, b) => s.lt(a, b));
export const le: Comparison = elementwise('le', (a, b) => s.le(a, b));
export const gt: Comparison = elementwise('gt', (a, b) => s.gt(a, b));
export const ge: Comparison = elementwise('ge', (a, b) => s.ge(a, b));
export const isnan: (x: Tensor) => BoolTensor = elementwise('isnan', (x) => s.isnan(x));
export const isfinite: (x: Tensor) => BoolTensor = elementwise('isfinite', (x) => s.isfinite(x));
export const logicalNot: (x: BoolTensor) => BoolTensor = elementwise('logicalNot', (x) => s.not(x), {
  slots: ['bool'],
});
export const logicalAnd: BoolBinary = elementwise('logicalAnd', (a, b) => s.and(a, b), { slots: ['bool', 'bool'] });
export const logicalOr: BoolBinary = elementwise('logicalOr', (a, b) => s.or(a, b), { slots: ['bool', 'bool'] });
export const logicalXor: BoolBinary = elementwise('logicalXor', (a, b) => s.xor(a, b), { slots: ['bool', 'bool'] });
/** a where the condition holds, else b. */
export const where: <D extends NumberDType>(
  condition: BoolTensor,
  a: Tensor<D> | number,
  b: Tensor<D> | number,
) => Tensor<D> = elementwise('where', (condition, a, b) => s.where(condition, a, b), {
  slots: ['bool', 'number', 'number'],
});

const TRIL = program('tril', (x) => [s.where(s.le(s.sub(iota(-1), iota(-2)), uniform(0, 'index')), x, constant(0))]);
const TRIU = program('triu', (x) => [s.where(s.ge(s.sub(iota(-1), iota(-2)), uniform(0, 'index')), x, constant(0))]);

/** The lower triangle of [..., M, N]: elements above the given diagonal become 0. */
export function tril<D extends NumberDType>(x: Tensor<D>, diagonal = 0): Tensor<D> {
  return apply(mapOp(TRIL), [checkMatrix('tril', x)], [diagonal])[0] as unknown as Tensor<D>;
}

/** The upper triangle of [..., M, N]: elements below the given diagonal become 0. */
export function triu<D extends NumberDType>(x: Tensor<D>, diagonal = 0): Tensor<D> {
  return apply(mapOp(TRIU), [checkMatrix('triu', x)], [diagonal])[0] as unknown as Tensor<D>;
}

function checkMatrix(op: string, x: AnyTensor): AnyTensor {
  if (x.rank < 2) throw new ShapeError(`${op}: expected a matrix [..., M, N]; given ${showShape(x.shape)}`);
  return x;
}

/** Bounds on both sides, either may be left out. Elements at a bound pass their gradient on. */
export function clamp<D extends NumberDType>(
  x: Tensor<D>,
  { min, max }: { readonly min?: number; readonly max?: number },
): Tensor<D> {
  const above = min === undefined ? x : (clampMin(x as Tensor<NumberDType>, min) as Tensor<D>);
  return max === undefined ? above : (clampMax(above as Tensor<NumberDType>, max) as Tensor<D>);
}

/** Gaussian error linear unit; `approximate: 'tanh'` for GPT-2's. Source: Hendrycks & Gimpel 2016, https://arxiv.org/abs/1606.08415. */
export function gelu(x: Tensor, { approximate = 'none' }: { readonly approximate?: 'none' | 'tanh' } = {}): Tensor {
  return approximate === 'tanh' ? geluTanh(x) : geluErf(x);
}

/** softplus(x) = log(1 + exp(beta x)) / beta; x itself where beta x > threshold. */
export function softplus(
  x: Tensor,
  { beta = 1, threshold = 20 }: { readonly beta?: number; readonly threshold?: number } = {},
): Tensor {
  return softplusOf(x, beta, threshold);
}

export function elu(x: Tensor, { alpha = 1 }: { readonly alpha?: number } = {}): Tensor {
  return eluOf(x, alpha);
}

export function leakyRelu(x: Tensor, { negativeSlope = 0.01 }: { readonly negativeSlope?: number } = {}): Tensor {
  return leakyReluOf(x, negativeSlope);
}

/** `value` where the mask holds, x elsewhere. */
export function maskedFill<D extends NumberDType>(x: Tensor<D>, mask: BoolTensor, value: number): Tensor<D> {
  return where(mask, value, x);
}

/** max(x, 0), NaN for NaN; at 0 the gradient is 0. */
function positivePart(x: Scalar): Scalar {
  return s.where(s.le(x, num(0)), num(0), x);
}

/**
 * log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)), which never overflows. At 0 both parts are those of a negative x, so
 * that the derivatives there are right: those of `abs` are 0.
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
