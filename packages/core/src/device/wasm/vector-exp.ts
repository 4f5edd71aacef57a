/**
 * exp and what is made of it, on vectors of four f32.
 *
 * exp(x) = 2^k exp(r) 2^k with k = round(x / (2 ln 2)), so |r| <= ln 2, and exp(r) = 1 + r + r^2 q(r). Scaling in two
 * equal steps lets large results overflow to Infinity and small ones underflow gradually, rounded once, without a
 * special case.
 *
 * Largest errors in ULP, over every seventh f32, with fused multiply-add and with two roundings:
 *
 *   exp    1.65  1.50
 *   expm1  1.60  1.63
 *   sinh   2.65  2.41
 *   cosh   1.75  1.68
 */

import type { V128 } from './assembler.ts';
import { f32x4, i32x4, v128 } from './instructions.ts';
import { ROUNDER, type VectorBuilder } from './vector-builder.ts';

export function exp(v: VectorBuilder, x: V128): V128 {
  const { power, scale } = reduce(v, v.clamp(x, SMALLEST, LARGEST));
  return f32x4.mul(f32x4.mul(f32x4.add(power, v.float(1)), scale), scale);
}

/** exp(x) - 1 = (2^k p + (2^k - 2^-k)) 2^k with p = exp(r) - 1: exact where k = 0, so small x lose nothing. */
export function expm1(v: VectorBuilder, x: V128): V128 {
  const argument = v.keep(x);
  const { power, scale, inverse } = reduce(v, v.clamp(argument, SMALLEST, LARGEST));
  const y = f32x4.mul(v.fma(power, scale, f32x4.sub(scale, inverse())), scale);
  return v128.or(y, v.signOf(argument)); // -0 stays -0
}

/** (exp(|x|) - exp(-|x|)) / 2 with the sign of x; a polynomial below 1, where the difference would cancel. */
export function sinh(v: VectorBuilder, x: V128): V128 {
  const argument = v.keep(x);
  const half = halfOfExp(v, argument);
  const large = v.copySign(f32x4.sub(half, f32x4.div(v.float(0.25), half)), argument);
  const z = v.keep(f32x4.mul(argument, argument));
  const small = v.fma(f32x4.mul(v.polynomial(z, SINH), z), argument, argument);
  // Where z is 0 the sum would turn -0 into 0.
  return v128.select(v.copySign(small, argument), large, f32x4.lt(z, v.float(1)));
}

/** (exp(|x|) + exp(-|x|)) / 2 */
export function cosh(v: VectorBuilder, x: V128): V128 {
  const half = halfOfExp(v, v.keep(x));
  return f32x4.add(half, f32x4.div(v.float(0.25), half));
}

/** exp of it is less than half of the smallest subnormal. */
const SMALLEST = -104;
/** exp of it, and half of that, are infinite. */
const LARGEST = 90;

/** 2 ln 2 in two parts; k times the first is exact. */
const TWO_LN2_HIGH = 1.38671875;
const TWO_LN2_LOW = -4.2438888e-4;

/** (exp(r) - 1 - r) / r^2 for |r| <= ln 2: minimax, relative error of exp(r) 1.5e-8. */
const EXP = [1.9628313e-4, 1.41046138e-3, 8.33594147e-3, 4.16612364e-2, 1.6666618e-1, 5.00000358e-1];

/** (sinh(x) - x) / x^3 in x^2 for |x| <= 1: minimax, relative error of sinh 2.4e-8. */
const SINH = [2.03733405e-4, 8.33027065e-3, 1.66667163e-1];

interface Reduced {
  /** exp(r) - 1 */
  readonly power: V128;
  /** 2^k */
  readonly scale: V128;
  /** 2^-k */
  readonly inverse: () => V128;
}

function reduce(v: VectorBuilder, clamped: V128): Reduced {
  const x = v.keep(clamped);
  const rounder = v.float(ROUNDER);
  const bits = v.keep(v.fma(x, v.float(Math.LOG2E / 2), rounder));
  const k = v.keep(f32x4.sub(bits, rounder));
  const r = v.keep(v.fma(k, v.float(-TWO_LN2_LOW), v.fma(k, v.float(-TWO_LN2_HIGH), x)));
  const bias = v.int(127);
  return {
    power: v.keep(v.fma(v.polynomial(r, EXP), f32x4.mul(r, r), r)),
    scale: v.keep(v.shl(i32x4.add(bits, bias), 23)),
    inverse: () => v.shl(i32x4.sub(bias, bits), 23),
  };
}

/** exp(|x|) / 2, which overflows no sooner than sinh and cosh do. */
function halfOfExp(v: VectorBuilder, x: V128): V128 {
  const { power, scale } = reduce(v, f32x4.pmin(f32x4.abs(x), v.float(LARGEST)));
  return v.keep(f32x4.mul(f32x4.mul(f32x4.add(power, v.float(1)), scale), f32x4.mul(scale, v.float(0.5))));
}
