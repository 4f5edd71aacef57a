/** The scalar functions over the whole range of f32: numbers of every size, what is right for them, and how far off. */

import { erf } from '../../packages/core/src/scalar/erf.ts';
import type * as rules from '../../packages/core/src/scalar/rules.ts';

/** What the functions of one number are, in f64. */
export const functions = {
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  log2: Math.log2,
  log10: Math.log10,
  sqrt: Math.sqrt,
  rsqrt: (x: number) => 1 / Math.sqrt(x),
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
  erf,
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  round: (x: number) => {
    const r = Math.round(x);
    return r - x === 0.5 && r % 2 !== 0 ? r - 1 : r; // halves to the even one
  },
  neg: (x: number) => -x,
} satisfies Partial<Record<keyof typeof rules, (x: number) => number>>;

/** a^b as IEEE has it, and JavaScript not. */
export function power(a: number, b: number): number {
  const one = a === 1 || (a === -1 && Math.abs(b) === Infinity);
  return one ? 1 : a ** b;
}

/** Zeros, infinities, NaN, the ends of the subnormal and of the normal numbers, and where functions change their ways. */
export const specials: readonly number[] = [
  ...[0, 1, 2 ** -149, 2 ** -126 - 2 ** -149, 2 ** -126, (2 - 2 ** -23) * 2 ** 127, Infinity, NaN],
  ...[0.5, 2, 3, 4, 1 - 2 ** -24, 1 + 2 ** -23, Math.PI / 4, Math.PI / 2, Math.PI, Math.E, 10, 100, 1000],
  ...[2 ** 23, 2 ** 24, 2 ** 31, 87, 88, 88.7, 88.73, 89, 90, 103, 103.9, 103.98, 104, 150],
  ...[9.01, 9.02, 3.92, 3.95, 12_000, 12_001, 1e5, 1e10, 1e30],
].flatMap((x) => [x, -x]);

/** Every 4093rd f32 in the order of their bits: 1,049,344 of them, and the special ones. */
export const everySize: Float32Array<ArrayBuffer> = new Float32Array(
  Math.ceil((2 ** 32 / 4093 + specials.length) / 4) * 4,
);
const bits = new Uint32Array(everySize.buffer);
for (let i = specials.length; i < bits.length; i++) bits[i] = (i - specials.length) * 4093;
everySize.set(specials);

/** Pairs of special numbers, of powers that keep the result in range, and of bases near 1: four by four. */
export const powers: Readonly<Record<'special' | 'inRange', readonly [a: Float32Array, b: Float32Array]>> = {
  special: specialPairs(),
  inRange: pairsInRange(),
};

function specialPairs(): [Float32Array, Float32Array] {
  const values = [...specials, 1.5, -1.5, 1 / 3, 2 ** 24 - 1, 1 - 2 ** 24, 4_194_304.5, -7, 7].map(Math.fround);
  const pairs = values.flatMap((a) => values.map((b) => [a, b] as const));
  pairs.push(...pairs.slice(0, (4 - (pairs.length % 4)) % 4));
  return [Float32Array.from(pairs, ([a]) => a), Float32Array.from(pairs, ([, b]) => b)];
}

function pairsInRange(): [Float32Array, Float32Array] {
  const a = everySize.map(Math.abs);
  const b = a.map((x, i) => (((i * 7919) % 2048) / 1024 - 1) * Math.min(1e6, 100 / Math.abs(Math.log(x))));
  return [a, b];
}

/**
 * f32 numbers from one to the other; infinitely many where only one is NaN, or where only the sign of a zero differs.
 */
export function ulps(y: Float32Array, expected: Float32Array): { readonly most: number; readonly at: number } {
  const [p, q] = [y, expected].map(({ buffer, byteOffset, length }) => new Int32Array(buffer, byteOffset, length));
  let [most, at] = [0, 0];
  for (let i = 0; i < y.length; i++) {
    if (p![i] === q![i]) continue;
    const nans = Number(Number.isNaN(y[i])) + Number(Number.isNaN(expected[i]));
    const distance = nans === 2 ? 0 : nans === 1 || (p![i]! ^ q![i]!) < 0 ? Infinity : Math.abs(p![i]! - q![i]!);
    if (distance > most) [most, at] = [distance, i];
  }
  return { most, at };
}
