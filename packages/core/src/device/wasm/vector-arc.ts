/**
 * asin, acos and atan on vectors of four f32.
 *
 * Largest errors in ULP, over every seventh f32, with fused multiply-add and with two roundings:
 *
 *   asin  2.33  2.36
 *   acos  1.10  1.14
 *   atan  1.35  1.50
 */

import type { V128 } from './assembler.ts';
import { f32x4, v128 } from './instructions.ts';
import type { VectorBuilder } from './vector-builder.ts';

/** A polynomial for |x| <= 1/2, else pi/2 - 2 asin(sqrt((1 - |x|) / 2)). */
export function asin(v: VectorBuilder, x: V128): V128 {
  const argument = v.keep(x);
  const { inner, large } = arcSine(v, argument);
  const complement = f32x4.sub(v.float(HALF_PI), f32x4.sub(f32x4.add(inner, inner), v.float(HALF_PI_LOW)));
  return v.copySign(v128.select(complement, inner, large), argument);
}

/** pi/2 - asin(x), and for |x| > 1/2 without the difference: 2 asin(...) or pi - 2 asin(...). */
export function acos(v: VectorBuilder, x: V128): V128 {
  const argument = v.keep(x);
  const { inner, large } = arcSine(v, argument);
  const sign = v.keep(v.signOf(argument));
  const negative = f32x4.lt(argument, v.float(0));
  const twice = v.keep(v128.xor(f32x4.add(inner, inner), sign));
  const outside = v.keep(
    v128.select(f32x4.add(v.float(2 * HALF_PI), f32x4.add(twice, v.float(2 * HALF_PI_LOW))), twice, negative),
  );
  const inside = f32x4.sub(v.float(HALF_PI), f32x4.sub(v128.xor(inner, sign), v.float(HALF_PI_LOW)));
  return v128.select(outside, inside, large);
}

/** A polynomial for |x| <= 1, else pi/2 - atan(1 / |x|). */
export function atan(v: VectorBuilder, x: V128): V128 {
  const argument = v.keep(x);
  const a = v.keep(f32x4.abs(argument));
  const one = v.float(1);
  const large = v.keep(f32x4.gt(a, one));
  const t = v.keep(v128.select(f32x4.div(one, a), a, large));
  const z = v.keep(f32x4.mul(t, t));
  const inner = v.keep(v.fma(f32x4.mul(v.polynomial(z, ATAN), z), t, t));
  const complement = f32x4.sub(v.float(HALF_PI), f32x4.sub(inner, v.float(HALF_PI_LOW)));
  return v.copySign(v128.select(complement, inner, large), argument);
}

/** pi/2 in two parts. */
const HALF_PI: number = Math.fround(Math.PI / 2);
const HALF_PI_LOW: number = Math.PI / 2 - HALF_PI;

/** Minimax in x^2: (asin(x) - x) / x^3 for |x| <= 1/2, (atan(x) - x) / x^3 for |x| <= 1. */
const ASIN = [4.21583988e-2, 2.41847411e-2, 4.54691537e-2, 7.49530941e-2, 1.66667521e-1];
const ATAN = [
  -1.78300322e-3, 1.08692273e-2, -3.10975984e-2, 5.78817166e-2, -8.39931443e-2, 1.09508812e-1, -1.42640159e-1,
  1.99985296e-1, -3.33332986e-1,
];

/** asin of |x|, or of sqrt((1 - |x|) / 2) where |x| is larger than 1/2; NaN where it is larger than 1. */
function arcSine(v: VectorBuilder, x: V128): { readonly inner: V128; readonly large: V128 } {
  const a = v.keep(f32x4.abs(x));
  const half = v.float(0.5);
  const large = v.keep(f32x4.gt(a, half));
  const z = v.keep(v128.select(f32x4.mul(f32x4.sub(v.float(1), a), half), f32x4.mul(a, a), large));
  const s = v.keep(v128.select(f32x4.sqrt(z), a, large));
  return { inner: v.keep(v.fma(f32x4.mul(v.polynomial(z, ASIN), z), s, s)), large };
}
