/**
 * tanh, sigmoid and erf on vectors of four f32.
 *
 * tanh by the addition formula: x = k ln(2)/2 + r with |r| <= ln(2)/4, so that tanh(k ln(2)/2) = (S - 1) / (S + 1) with
 * S = 2^k,
 *
 *   tanh(x) = ((S + 1) t + (S - 1)) / ((S - 1) t + (S + 1)),   t = tanh(r), a short polynomial.
 *
 * Nothing cancels for small x, where S = 1, and the quotient never exceeds 1. The others share it and its constants:
 *
 *   sigmoid(x) = (1 + tanh(x/2)) / 2 = S (1 + t) / (S (1 + t) + (1 - t)),
 *   erf(x) = tanh of a polynomial in x: an error there fades as erf nears 1.
 *
 * Largest errors in ULP, over every seventh f32, with fused multiply-add and with two roundings:
 *
 *   tanh     2.43  2.48
 *   sigmoid  2.45  2.45
 *   erf      3.45  3.45
 */

import type { V128 } from './assembler.ts';
import { f32x4, i32x4 } from './instructions.ts';
import { ROUNDER, type VectorBuilder } from './vector-builder.ts';

export function tanh(v: VectorBuilder, x: V128): V128 {
  return tanhOf(v, v.keep(v.clamp(x, -TANH_IS_1, TANH_IS_1)));
}

/** 1 / (1 + exp(-x)). Both sides of the fraction are scaled, so that small results underflow gradually. */
export function sigmoid(v: VectorBuilder, x: V128): V128 {
  const half = v.clamp(f32x4.mul(x, v.float(0.5)), SIGMOID_IS_0, SIGMOID_IS_1);
  const { t, bits } = split(v, v.keep(half));
  const power = v.keep(v.shl(i32x4.add(bits, v.int(127 + SCALE)), 23));
  const grown = v.keep(v.fma(power, t, power));
  return f32x4.div(grown, f32x4.add(grown, v.fma(t, v.float(-(2 ** SCALE)), v.float(2 ** SCALE))));
}

/** 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. */
export function erf(v: VectorBuilder, x: V128): V128 {
  const clamped = v.keep(v.clamp(x, -ERF_IS_1, ERF_IS_1));
  return tanhOf(v, v.keep(v.fma(v.polynomial(v.keep(f32x4.mul(clamped, clamped)), ERF), clamped, clamped)));
}

/** Values from which on the functions are 1 in f32. */
const TANH_IS_1 = 9.02;
const ERF_IS_1 = 3.95;
/** The same of sigmoid, halved. */
const SIGMOID_IS_0 = -52;
const SIGMOID_IS_1 = 15;
/** 2^k, for the k that occur, is a normal number when it is multiplied by 2 to this. */
const SCALE = 75;

/** tanh(r) / r in r^2 for |r| <= ln(2)/4: minimax, relative error 1.6e-10. */
const TANH = [-5.27152941e-2, 1.33311421e-1, -3.33333224e-1, 1];

/** artanh(erf(x)) / x - 1 in x^2 for |x| <= 3.95: minimax, relative error of erf 3.2e-8. */
const ERF = [
  -1.64409097e-9, 5.40855254e-8, -5.17944613e-7, -1.83894701e-6, 7.64026554e-5, -6.03506865e-4, -2.0231829e-4,
  1.02771379e-1, 1.28379196e-1,
];

/** ln(2)/2 in two parts; k times the first is exact. Both are positive: so k = 0 leaves -0 as it is. */
const HALF_LN2_HIGH = 0.3465728759765625;
const HALF_LN2_LOW = 7.1430341e-7;

/** t, and k in the low bits. */
function split(v: VectorBuilder, x: V128): { readonly t: V128; readonly bits: V128 } {
  const rounder = v.float(ROUNDER);
  const bits = v.keep(v.fma(x, v.float(2 * Math.LOG2E), rounder));
  const k = v.keep(f32x4.sub(bits, rounder));
  const r = v.keep(v.fma(k, v.float(-HALF_LN2_LOW), v.fma(k, v.float(-HALF_LN2_HIGH), x)));
  return { t: v.keep(f32x4.mul(v.polynomial(v.keep(f32x4.mul(r, r)), TANH), r)), bits };
}

function tanhOf(v: VectorBuilder, x: V128): V128 {
  const { t, bits } = split(v, x);
  const one = v.float(1);
  const power = v.keep(v.shl(i32x4.add(bits, v.int(127)), 23));
  const difference = v.keep(f32x4.neg(f32x4.sub(one, power))); // -0 for S = 1: then -0 + -0 is -0
  const sum = v.keep(f32x4.add(power, one));
  return f32x4.div(v.fma(sum, t, difference), v.fma(difference, t, sum));
}
