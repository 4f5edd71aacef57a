/**
 * sin, cos and tan on vectors of four f32.
 *
 * With k = round(|x| 2/pi) and r = |x| - k pi/2, |r| <= pi/4, each is a polynomial in r that k mod 4 selects. pi/2 is
 * subtracted in four parts whose products with k are exact (Cody & Waite 1980), which holds up to |x| = 12,000;
 * `vector-trig-large.ts` has the rest.
 *
 * Largest errors in ULP, over every seventh f32, with fused multiply-add and with two roundings:
 *
 *   sin  2.48  2.48
 *   cos  2.39  2.39
 *   tan  3.31  3.31
 */

import type { Local, V128 } from './assembler.ts';
import { f32x4, i32, i32x4, v128 } from './instructions.ts';
import { ROUNDER, type VectorBuilder } from './vector-builder.ts';
import { type Circular, largeLanes } from './vector-trig-large.ts';

export function sin(v: VectorBuilder, x: V128): V128 {
  const argument = v.keep(x);
  const { quadrant, r, z } = reduce(v, argument);
  const y = v128.select(cosOf(v, z), sinOf(v, r, z), odd(v, quadrant));
  return orLarge(v, argument, 'sin', v128.xor(y, v.signOf(v128.xor(argument, v.shl(quadrant, 30)))));
}

export function cos(v: VectorBuilder, x: V128): V128 {
  const argument = v.keep(x);
  const { quadrant, r, z } = reduce(v, argument);
  const y = v128.select(sinOf(v, r, z), cosOf(v, z), odd(v, quadrant));
  return orLarge(v, argument, 'cos', v128.xor(y, v.signOf(v.shl(i32x4.add(quadrant, v.int(1)), 30))));
}

export function tan(v: VectorBuilder, x: V128): V128 {
  const argument = v.keep(x);
  const { quadrant, r, z } = reduce(v, argument);
  const t = v.keep(v.fma(f32x4.mul(v.polynomial(z, TAN), z), r, r));
  const turned = v.keep(odd(v, quadrant)); // tan(r + pi/2) = -1 / tan(r)
  const one = v.float(1);
  const y = f32x4.div(v128.select(one, t, turned), v128.select(t, one, turned));
  return orLarge(v, argument, 'tan', v128.xor(y, v128.xor(v.signOf(argument), v.signOf(turned))));
}

/** Minimax for |r| <= pi/4 in r^2: (sin(r) - r) / r^3, (cos(r) - 1 + r^2 / 2) / r^4 and (tan(r) - r) / r^3. */
const SIN = [-1.9518286e-4, 8.33218917e-3, -1.66666552e-1];
const COS = [2.44324327e-5, -1.38873095e-3, 4.16666456e-2];
const TAN = [4.37269546e-3, 9.82468264e-5, 1.08274436e-2, 2.12862082e-2, 5.40589131e-2, 1.33326754e-1, 3.33333492e-1];

/** pi/2 in parts of 11, 11, 11 and 24 bits. */
const HALF_PI = [1.5703125, 4.837512969970703e-4, 7.549533620476723e-8, 2.5633440682570896e-12];

/** k has 13 bits at most up to here. */
const LARGE = 12_000;

interface Reduced {
  /** k in the low bits. */
  readonly quadrant: V128;
  readonly r: V128;
  /** r^2 */
  readonly z: V128;
}

function reduce(v: VectorBuilder, x: V128): Reduced {
  const rounder = v.float(ROUNDER);
  const a = v.keep(f32x4.abs(x));
  const quadrant = v.keep(v.fma(a, v.float(2 / Math.PI), rounder));
  const k = v.keep(f32x4.sub(quadrant, rounder));
  const r = v.keep(HALF_PI.reduce((rest, part) => v.fma(k, v.float(-part), rest), a as V128));
  return { quadrant, r, z: v.keep(f32x4.mul(r, r)) };
}

function sinOf(v: VectorBuilder, r: V128, z: V128): V128 {
  return v.fma(f32x4.mul(v.polynomial(z, SIN), z), r, r);
}

function cosOf(v: VectorBuilder, z: V128): V128 {
  const tail = f32x4.mul(f32x4.mul(v.polynomial(z, COS), z), z);
  return f32x4.add(v.fma(z, v.float(-0.5), v.float(1)), tail);
}

function odd(v: VectorBuilder, quadrant: V128): V128 {
  return v.shrS(v.shl(quadrant, 31), 31);
}

/** y, but where |x| is large the slow way's result: a branch that is rarely taken. */
function orLarge(v: VectorBuilder, x: Local<'v128'>, name: Circular, y: V128): V128 {
  const result = v.keep(y);
  const large = v.keep(f32x4.gt(f32x4.abs(x), v.float(LARGE)));
  const slow = v128.select(largeLanes(v, x, name), result, large);
  v.statement(() => v.f.if(i32.anyTrue(large), () => v.f.set(result, slow)));
  return result;
}
