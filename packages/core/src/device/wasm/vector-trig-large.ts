/**
 * sin, cos and tan of large numbers, one lane after the other, in f64.
 *
 * x 2/pi modulo 4 is all that matters of a large x. 2/pi is cut into parts of 28 bits; a part times the 24 bits of x is
 * exact in f64, and so is that product modulo 4. Seven parts reach far enough for the largest f32.
 * Source: Payne & Hanek 1983, Radian reduction for trigonometric functions.
 */

import type { Callable, F64, FunctionBuilder, V128, Value } from './assembler.ts';
import { f32, f32x4, f64, i32 } from './instructions.ts';
import type { KernelBuilder } from './runtime.ts';
import type { VectorBuilder } from './vector-builder.ts';

export type Circular = 'sin' | 'cos' | 'tan';

/** The function of all four lanes of x. */
export function largeLanes(v: VectorBuilder, x: V128, name: Circular): V128 {
  const circular = circularOf(v.m);
  const of = (lane: number, quadrants: number): Value<'f32'> => ({
    type: 'f32',
    emit: circular.call(f32x4.lane(x, lane), i32.const(quadrants)).emit,
  });
  const value = (lane: number): Value<'f32'> =>
    name === 'sin' ? of(lane, 0) : name === 'cos' ? of(lane, 1) : f32.div(of(lane, 0), of(lane, 1));
  return [1, 2, 3].reduce((y, lane) => f32x4.replaceLane(y, lane, value(lane)), f32x4.splat(value(0)));
}

/** 2/pi in parts of 28 bits. */
const TWO_OVER_PI = [
  0.6366197690367699, 3.3308114738561656e-9, 2.276010047810136e-18, 2.5268260189002822e-26, 1.6682867657019525e-34,
  1.1588713282888551e-43, 7.053959174404295e-52,
];

/** Taylor series in r^2 for |r| <= pi/4, highest power first: far below the rounding of the result to f32. */
const SIN = [1 / 362_880, -1 / 5040, 1 / 120, -1 / 6, 1];
const COS = [1 / 40_320, -1 / 720, 1 / 24, -1 / 2, 1];

const made = new WeakMap<KernelBuilder, Callable<readonly ['f32', 'i32']>>();

/** (x, quadrants) -> sin(x + quadrants pi/2) as a function of the module, written when it is first needed. */
function circularOf(m: KernelBuilder): Callable<readonly ['f32', 'i32']> {
  let circular = made.get(m);
  if (circular) return circular;
  circular = m.helper(undefined, ['f32', 'i32'], ['f32'], (f, x, quadrants) => {
    const wide = f.local('f64', f64.promote(x));
    const turns = f.local('f64', f64.const(0));
    const part = f.local('f64');
    for (const bits of TWO_OVER_PI) {
      f.set(part, f64.mul(wide, f64.const(bits)));
      f.set(turns, f64.add(turns, modulo4(part)));
    }
    const k = f.local('f64', f64.nearest(turns));
    const r = f.local('f64', f64.mul(f64.sub(turns, k), f64.const(Math.PI / 2)));
    const z = f.local('f64', f64.mul(r, r));
    const quadrant = f.local('i32', i32.add(i32.truncF64(k), quadrants));
    const y = f64.select(polynomial(f, z, COS), f64.mul(r, polynomial(f, z, SIN)), i32.and(quadrant, i32.const(1)));
    const kept = f.local('f64', y);
    f.result(f32.demote(f64.select(f64.neg(kept), kept, i32.and(quadrant, i32.const(2)))));
  });
  made.set(m, circular);
  return circular;
}

/** Into -2...2. */
function modulo4(x: F64): F64 {
  return f64.sub(x, f64.mul(f64.const(4), f64.nearest(f64.mul(x, f64.const(0.25)))));
}

function polynomial(f: FunctionBuilder, x: F64, [first, ...rest]: readonly number[]): F64 {
  const sum = f.local('f64', f64.const(first!));
  for (const c of rest) f.set(sum, f64.add(f64.mul(sum, x), f64.const(c)));
  return sum;
}
