/**
 * Box-Muller in f64, two pairs at a time: elements 2j and 2j + 1 are r cos(2 pi v) and r sin(2 pi v) with
 * r = sqrt(-2 ln(1 - u)), where u and v are the upper 24 bits of words 2j and 2j + 1, over 2^24.
 */

import type { FunctionBuilder, V128 } from './assembler.ts';
import { f64x2, i32, i32x4, i64x2, v128 } from './instructions.ts';

/** Four words to four normals. */
export function emitNormals(f: FunctionBuilder, words: V128): V128 {
  const bits = f.local('v128', i32x4.shrU(words, i32.const(8)));
  const radius = f.local('v128', emitRadius(f, bits));
  const [cos, sin] = emitCosSin(f, bits);
  const [even, odd] = [cos, sin].map((value) => f64x2.demote(f64x2.mul(radius, value)));
  return v128.shuffle(even!, odd!, [0, 4, 1, 5]);
}

/** sqrt(-2 ln x) of x = 1 - bits / 2^24, from the even lanes. */
function emitRadius(f: FunctionBuilder, bits: V128): V128 {
  const left = i32x4.sub(f.constant('2^24', i32x4.const(2 ** 24)), bits);
  const x = f.local('v128', f64x2.mul(f64x2.fromI32(even(left)), f64(f, 2 ** -24)));
  // x = 2^k z with z in [sqrt(1/2), sqrt(2)): the bits of sqrt(1/2) taken off leave k where the exponent was
  const k = f.local('v128', i64x2.shrS(i64x2.sub(x, f.constant('sqrt.5', f64x2.const(Math.SQRT1_2))), i32.const(52)));
  const z = f.local('v128', i64x2.sub(x, i64x2.shl(k, i32.const(52))));
  // ln z = 2 artanh s = 2 s (1 + s^2/3 + s^4/5 + ...) of s = (z - 1) / (z + 1)
  const one = f64(f, 1);
  const s = f.local('v128', f64x2.div(f64x2.sub(z, one), f64x2.add(z, one)));
  const series = emitPolynomial(
    f,
    f.local('v128', f64x2.mul(s, s)),
    [1, 3, 5, 7, 9, 11, 13, 15].map((n) => -4 / n),
  );
  const exponent = f64x2.mul(f64x2.fromI32(even(k)), f64(f, -2 * Math.LN2));
  return f64x2.sqrt(f64x2.add(exponent, f64x2.mul(s, series)));
}

/** cos and sin of 2 pi bits / 2^24, from the odd lanes. */
function emitCosSin(f: FunctionBuilder, bits: V128): [cos: V128, sin: V128] {
  // Quarter turns q, and what is left, from -1/2 to 1/2 of a quarter.
  const quarter = f.local('v128', i32x4.shrU(i32x4.add(bits, f.constant('2^21', i32x4.const(2 ** 21))), i32.const(22)));
  const rest = i32x4.sub(bits, i32x4.shl(quarter, i32.const(22)));
  const angle = f.local('v128', f64x2.mul(f64x2.fromI32(odd(rest)), f64(f, (Math.PI / 2) * 2 ** -22)));
  const square = f.local('v128', f64x2.mul(angle, angle));
  const sin = f.local('v128', f64x2.mul(angle, emitPolynomial(f, square, taylor([1, 3, 5, 7, 9, 11]))));
  const cos = f.local('v128', emitPolynomial(f, square, taylor([0, 2, 4, 6, 8, 10, 12])));
  // A quarter turn: (cos, sin) becomes (-sin, cos).
  const isOdd = f.local('v128', wide(i32x4.shrS(i32x4.shl(quarter, i32.const(31)), i32.const(31))));
  const next = i32x4.add(quarter, f.constant('i1', i32x4.const(1)));
  return [
    v128.xor(v128.select(sin, cos, isOdd), signOf(f, next)),
    v128.xor(v128.select(cos, sin, isOdd), signOf(f, quarter)),
  ];
}

const even = (x: V128): V128 => v128.shuffle(x, x, [0, 2, 0, 2]);
const odd = (x: V128): V128 => v128.shuffle(x, x, [1, 3, 1, 3]);
/** The odd lanes, each over a whole f64. */
const wide = (x: V128): V128 => v128.shuffle(x, x, [1, 1, 3, 3]);

const f64 = (f: FunctionBuilder, value: number): V128 => f.constant(`f64 ${value}`, f64x2.const(value));

/** The sign bit where the odd lane is 2 or 3 modulo 4. */
function signOf(f: FunctionBuilder, quarter: V128): V128 {
  const upperHalves = f.constant('sign', i32x4.lanes(0, -(2 ** 31), 0, -(2 ** 31)));
  return v128.and(wide(i32x4.shl(quarter, i32.const(30))), upperHalves);
}

/** c0 + c1 x + c2 x^2 + ... */
function emitPolynomial(f: FunctionBuilder, x: V128, coefficients: readonly number[]): V128 {
  return coefficients.reduceRight<V128 | undefined>(
    (sum, c) => (sum ? f64x2.add(f64(f, c), f64x2.mul(x, sum)) : f64(f, c)),
    undefined,
  )!;
}

/** Alternating 1 / n! of each n. */
function taylor(powers: readonly number[]): number[] {
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  return powers.map((n, k) => (k % 2 === 0 ? 1 : -1) / factorial(n));
}
