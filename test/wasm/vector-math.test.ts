/**
 * The vector functions of the wasm device over the whole range of f32: every exponent, and in each many values.
 *
 * Errors are counted in ULP: how many f32 numbers lie between the result and the correctly rounded one.
 */

import { describe, expect, test } from 'vitest';
import type { I32 } from '../../packages/core/src/device/wasm/assembler.ts';
import { i32, v128 } from '../../packages/core/src/device/wasm/instructions.ts';
import { allocate, arrayOf, release } from '../../packages/core/src/device/wasm/memory.ts';
import { compileKernels, features, run } from '../../packages/core/src/device/wasm/runtime.ts';
import { VectorBuilder } from '../../packages/core/src/device/wasm/vector-builder.ts';
import { type RuleName, vectorRules } from '../../packages/core/src/device/wasm/vector-rules.ts';
import { erf } from '../../packages/core/src/scalar/erf.ts';
import * as rules from '../../packages/core/src/scalar/rules.ts';

/** With a * b + c in one rounding and, as engines without relaxed SIMD compute it, in two. */
const variants = features().relaxedSimd ? ['fma', 'mul + add'] : ['mul + add'];

/** The largest errors that the files of the functions state. */
const functions: readonly (readonly [RuleName, (x: number) => number, ulp: number])[] = [
  ['exp', Math.exp, 2],
  ['expm1', Math.expm1, 2],
  ['log', Math.log, 1],
  ['log1p', Math.log1p, 2],
  ['log2', Math.log2, 2],
  ['log10', Math.log10, 3],
  ['sqrt', Math.sqrt, 0],
  ['rsqrt', (x) => 1 / Math.sqrt(x), 1],
  ['sin', Math.sin, 2],
  ['cos', Math.cos, 2],
  ['tan', Math.tan, 3],
  ['asin', Math.asin, 2],
  ['acos', Math.acos, 2],
  ['atan', Math.atan, 2],
  ['sinh', Math.sinh, 3],
  ['cosh', Math.cosh, 2],
  ['tanh', Math.tanh, 2],
  ['asinh', Math.asinh, 2],
  ['acosh', Math.acosh, 2],
  ['atanh', Math.atanh, 2],
  ['sigmoid', (x) => 1 / (1 + Math.exp(-x)), 3],
  ['erf', erf, 3],
  ['abs', Math.abs, 0],
  ['sign', Math.sign, 0],
  ['floor', Math.floor, 0],
  ['ceil', Math.ceil, 0],
  ['trunc', Math.trunc, 0],
  ['neg', (x) => -x, 0],
];

/**
 * Zeros, infinities, NaN, the ends of the subnormal and of the normal numbers, and where functions change their ways.
 */
const specials = [
  ...[0, 1, 2 ** -149, 2 ** -126 - 2 ** -149, 2 ** -126, (2 - 2 ** -23) * 2 ** 127, Infinity, NaN],
  ...[
    0.5,
    2,
    3,
    4,
    1 - 2 ** -24,
    1 + 2 ** -23,
    Math.PI / 4,
    Math.PI / 2,
    Math.PI,
    Math.E,
    10,
    100,
    1000,
    2 ** 23,
    2 ** 24,
    2 ** 31,
  ],
  ...[
    87, 88, 88.7, 88.73, 89, 90, 103, 103.9, 103.98, 104, 150, 9.01, 9.02, 3.92, 3.95, 12_000, 12_001, 1e5, 1e10, 1e30,
  ],
].flatMap((x) => [x, -x]);

/** Every 4093rd f32 in the order of their bits: 1,049,344 of them, and the special ones. */
const inputs = new Float32Array(Math.ceil((2 ** 32 / 4093 + specials.length) / 4) * 4);
const bits = new Uint32Array(inputs.buffer);
for (let i = specials.length; i < bits.length; i++) bits[i] = (i - specials.length) * 4093;
inputs.set(specials);

/** A rule of one or two arguments on many numbers. */
function compute(name: RuleName, variant: string, a: Float32Array, b = a): Float32Array {
  const { rule } = compileKernels(['rule'], (m) =>
    m.kernel('rule', (f, args, from, to) => {
      const v = new VectorBuilder(m, f, { relaxedSimd: variant === 'fma' });
      const [x, z, y] = [f.local('v128'), f.local('v128'), f.local('v128')];
      f.for(from, to, 4, (i) => {
        const at = (k: number): I32 => i32.add(args.i32(k), i32.shl(i, i32.const(2)));
        f.set(x, v128.load(at(0)));
        f.set(z, v128.load(at(1)));
        v.into(y, () => vectorRules[name].f32!(v, x, z, z, 'f32'));
        f.do(v128.store(at(2), y));
      });
    }),
  );
  const buffers = [a, b, a].map((values) => {
    const buffer = allocate('f32', values.length);
    arrayOf(buffer, 'f32', 0, values.length).set(values);
    return buffer;
  });
  const addresses = buffers.map(({ address }) => address);
  run(rule, addresses, a.length, a.length);
  const y = arrayOf(buffers[2]!, 'f32', 0, a.length).slice() as Float32Array;
  buffers.forEach(release);
  return y;
}

/**
 * f32 numbers from one to the other; infinitely many where only one is NaN, or where only the sign of a zero differs.
 */
function ulps(y: Float32Array, expected: Float32Array): { readonly most: number; readonly at: number } {
  const [p, q] = [new Int32Array(y.buffer), new Int32Array(expected.buffer)];
  let [most, at] = [0, 0];
  for (let i = 0; i < p.length; i++) {
    if (p[i] === q[i]) continue;
    const nans = Number(Number.isNaN(y[i])) + Number(Number.isNaN(expected[i]));
    const distance = nans === 2 ? 0 : nans === 1 || (p[i]! ^ q[i]!) < 0 ? Infinity : Math.abs(p[i]! - q[i]!);
    if (distance > most) [most, at] = [distance, i];
  }
  return { most, at };
}

test('every rule of scalar programs has a row', () => {
  expect(Object.keys(vectorRules).sort()).toEqual(Object.keys(rules).sort());
});

describe.each(functions)('%s', (name, reference, limit) => {
  const expected = inputs.map(reference);
  test.each(variants)(`is within ${limit} ULP for all numbers, with %s`, (variant) => {
    const y = compute(name, variant, inputs);
    const { most, at } = ulps(y, expected);
    expect(most, `${name}(${inputs[at]}) is ${expected[at]}, given ${y[at]}`).toBeLessThanOrEqual(limit);
  });
});

describe('tanh and erf', () => {
  test.each(variants)('never exceed 1, with %s', (variant) => {
    for (const name of ['tanh', 'erf'] as const) {
      const above = compute(name, variant, inputs).filter((y) => Math.abs(y) > 1);
      expect([...above]).toEqual([]);
    }
  });
});

describe('pow', () => {
  const power = (a: number, b: number): number => {
    const one = a === 1 || (a === -1 && Math.abs(b) === Infinity); // where JavaScript is not IEEE
    return one ? 1 : a ** b;
  };
  const check = (variant: string, a: Float32Array, b: Float32Array, limit: number): void => {
    const expected = a.map((x, i) => power(x, b[i]!));
    const y = compute('pow', variant, a, b);
    const { most, at } = ulps(y, expected);
    expect(most, `${a[at]} ** ${b[at]} is ${expected[at]}, given ${y[at]}`).toBeLessThanOrEqual(limit);
  };

  test.each(variants)('is within 1 ULP for pairs of special numbers, with %s', (variant) => {
    const values = [...specials, 1.5, -1.5, 1 / 3, 2 ** 24 - 1, 1 - 2 ** 24, 4_194_304.5, -7, 7].map(Math.fround);
    const pairs = values.flatMap((a) => values.map((b) => [a, b] as const));
    pairs.push(...pairs.slice(0, (4 - (pairs.length % 4)) % 4));
    check(
      variant,
      Float32Array.from(pairs, ([a]) => a),
      Float32Array.from(pairs, ([, b]) => b),
      1,
    );
  });

  test.each(variants)(
    'is within 1 ULP for bases of all sizes and powers that keep the result in range, with %s',
    (variant) => {
      const a = inputs.map(Math.abs);
      const b = a.map((x, i) => (((i * 7919) % 2048) / 1024 - 1) * Math.min(1e6, 100 / Math.abs(Math.log(x))));
      check(variant, a, b, 1);
    },
  );
});
