/**
 * log and what is made of it, on vectors of four f32.
 *
 * log(x) = e ln 2 + log(1 + r) with x = 2^e (1 + r) and 1 + r in [2/3, 4/3), so that no bits are lost for x near 1.
 *
 * Largest errors in ULP, over every seventh f32, with fused multiply-add and with two roundings:
 *
 *   log    0.85  0.85     log1p  1.61  1.61     log2   1.80  2.28     log10  2.53  2.62
 *   asinh  2.02  2.02     acosh  2.04  2.04     atanh  2.20  2.20
 */

import type { V128 } from './assembler.ts';
import { f32x4, i32x4, v128 } from './instructions.ts';
import type { VectorBuilder } from './vector-builder.ts';

export function log(v: VectorBuilder, x: V128): V128 {
  const argument = v.keep(x);
  const { exponent, r } = split(v, argument);
  const y = f32x4.add(r, v.fma(exponent, v.float(LN2_LOW), restOfLog(v, r)));
  return withEdges(v, argument, v.fma(exponent, v.float(LN2_HIGH), y), 0);
}

/** Exact for powers of two. */
export function log2(v: VectorBuilder, x: V128): V128 {
  const argument = v.keep(x);
  const { exponent, r } = split(v, argument);
  const y = f32x4.add(r, restOfLog(v, r));
  return withEdges(v, argument, v.fma(y, v.float(Math.LOG2E), exponent), 0);
}

export function log10(v: VectorBuilder, x: V128): V128 {
  const argument = v.keep(x);
  const { exponent, r } = split(v, argument);
  const y = f32x4.add(r, restOfLog(v, r));
  const small = v.fma(y, v.float(Math.LOG10E), f32x4.mul(exponent, v.float(LOG10_2_LOW)));
  return withEdges(v, argument, v.fma(exponent, v.float(LOG10_2_HIGH), small), 0);
}

/** log(1 + x). The rounded 1 + x tells e; r = 2^-e x + (2^-e - 1) is then exact enough for any x. */
export function log1p(v: VectorBuilder, x: V128): V128 {
  const argument = v.keep(x);
  const finite = v.keep(f32x4.pmin(argument, v.float(LARGEST)));
  const above = v.keep(i32x4.sub(f32x4.add(finite, v.float(1)), v.int(TWO_THIRDS)));
  const exponent = v.keep(f32x4.fromI32(v.shrS(above, 23)));
  // 4 * 2^-e: 2^-128 would be a subnormal that these bits cannot make.
  const scale = v.keep(i32x4.sub(v.float(4), v128.and(above, v.int(EXPONENT))));
  const quarter = v.float(0.25);
  const r = v.keep(v.fma(f32x4.mul(finite, scale), quarter, v.fma(scale, quarter, v.float(-1))));
  const y = f32x4.add(r, v.fma(exponent, v.float(LN2_LOW), restOfLog(v, r)));
  const result = withEdges(v, argument, v.fma(exponent, v.float(LN2_HIGH), y), -1);
  return v128.or(result, v.signOf(argument)); // -0 stays -0
}

/** log(|x| + sqrt(x^2 + 1)) with the sign of x, as log1p(|x| + x^2 / (1 + sqrt(x^2 + 1))). */
export function asinh(v: VectorBuilder, x: V128): V128 {
  const argument = v.keep(x);
  const a = v.keep(f32x4.abs(argument));
  const one = v.float(1);
  const square = v.keep(f32x4.mul(a, a));
  const sum = f32x4.add(a, f32x4.div(square, f32x4.add(one, f32x4.sqrt(f32x4.add(square, one)))));
  return v.copySign(logOfDouble(v, a, sum), argument);
}

/** log(x + sqrt(x^2 - 1)), as log1p(t + sqrt(2 t + t^2)) with t = x - 1; NaN below 1. */
export function acosh(v: VectorBuilder, x: V128): V128 {
  const argument = v.keep(x);
  const t = v.keep(f32x4.sub(argument, v.float(1)));
  const sum = f32x4.add(t, f32x4.sqrt(v.fma(t, t, f32x4.add(t, t))));
  return v128.or(logOfDouble(v, argument, sum), f32x4.lt(argument, v.float(1)));
}

/** log((1 + |x|) / (1 - |x|)) / 2 with the sign of x, as log1p(2 |x| / (1 - |x|)) / 2. */
export function atanh(v: VectorBuilder, x: V128): V128 {
  const argument = v.keep(x);
  const a = v.keep(f32x4.abs(argument));
  const y = log1p(v, f32x4.div(f32x4.add(a, a), f32x4.sub(v.float(1), a)));
  return v.copySign(f32x4.mul(y, v.float(0.5)), argument);
}

/** ln 2 in two parts; e times the first is exact. The same of log10(2). */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444e-4;
const LOG10_2_HIGH = 0.301025390625;
const LOG10_2_LOW = 4.60503898e-6;

/** (log(1 + r) - r + r^2 / 2) / r^3 for 1 + r in [2/3, 4/3]: minimax, relative error of the logarithm 4.6e-9. */
const LOG = [
  -1.28802091e-1, 1.39845937e-1, -1.21874474e-1, 1.4005734e-1, -1.66801974e-1, 2.00104266e-1, -2.49998063e-1,
  3.33332151e-1,
];

/** Bits of f32 numbers. */
const TWO_THIRDS = 0x3f2aaaab;
const EXPONENT = 0xff800000;

const SMALLEST_NORMAL = 2 ** -126;
const LARGEST = (2 - 2 ** -23) * 2 ** 127;
/** From here on, sqrt(x^2 + 1) is x in f32; and x^2 does not overflow yet. */
const HUGE = 2 ** 30;

/** x = 2^e (1 + r); subnormals are scaled up first. Some finite numbers for x that has no logarithm. */
export function split(v: VectorBuilder, x: V128): { readonly exponent: V128; readonly r: V128 } {
  const tiny = v.keep(f32x4.lt(x, v.float(SMALLEST_NORMAL)));
  const normal = v.keep(v128.select(f32x4.mul(x, v.float(2 ** 23)), x, tiny));
  const above = v.keep(i32x4.sub(normal, v.int(TWO_THIRDS)));
  const mantissa = i32x4.sub(normal, v128.and(above, v.int(EXPONENT)));
  return {
    exponent: v.keep(f32x4.sub(f32x4.fromI32(v.shrS(above, 23)), v128.and(tiny, v.float(23)))),
    r: v.keep(f32x4.sub(mantissa, v.float(1))),
  };
}

/** log(1 + r) - r */
function restOfLog(v: VectorBuilder, r: V128): V128 {
  const z = v.keep(f32x4.mul(r, r));
  const cubic = f32x4.mul(f32x4.mul(v.polynomial(r, LOG), r), z);
  return v.fma(z, v.float(-0.5), cubic);
}

/** The finite y, but Infinity and NaN where x is, -Infinity where x is `zero`, and NaN where it is below. */
export function withEdges(v: VectorBuilder, x: V128, y: V128, zero: number): V128 {
  const beyond = v128.andNot(x, f32x4.lt(x, v.float(Infinity)));
  const pole = v128.and(f32x4.eq(x, v.float(zero)), v.float(-Infinity));
  return f32x4.add(y, v128.or(v128.or(beyond, pole), f32x4.lt(x, v.float(zero))));
}

/** log1p(sum), where sum is about 2x for large x; for those log(x) + ln 2. */
function logOfDouble(v: VectorBuilder, x: V128, sum: V128): V128 {
  const huge = v.keep(f32x4.gt(x, v.float(HUGE)));
  return f32x4.add(log1p(v, v128.select(x, sum, huge)), v128.and(huge, v.float(Math.LN2)));
}
