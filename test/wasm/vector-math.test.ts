/**
 * The vector functions of the wasm device over the whole range of f32: every exponent, and in each many values.
 *
 * Errors are counted in ULP: how many f32 numbers lie between the result and the correctly rounded one.
 */

import { describe, expect, test } from 'vitest';
import { ModuleBuilder } from '../../packages/core/src/device/wasm/assembler.ts';
import { i32, v128 } from '../../packages/core/src/device/wasm/instructions.ts';
import { features, KernelBuilder } from '../../packages/core/src/device/wasm/runtime.ts';
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

/** Zeros, infinities, NaN, the ends of the subnormal and of the normal numbers, and where functions change their ways. */
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

const memory = new WebAssembly.Memory({ initial: 256, maximum: 256 });

/** A rule of one or two arguments on many numbers. */
function compute(name: RuleName, variant: string, a: Float32Array, b = a): Float32Array {
  const n = a.length;
  const module = new ModuleBuilder({ initialPages: 1, maximumPages: 256, shared: false });
  const m = new KernelBuilder(module, { ...features(), relaxedSimd: variant === 'fma' });
  m.kernel('rule', (f, _, from, to) => {
    const v = new VectorBuilder(m, f);
    const [x, z, y] = [f.local('v128'), f.local('v128'), f.local('v128')];
    f.for(from, to, 4, (i) => {
      const at = f.local('i32', i32.shl(i, i32.const(2)));
      f.set(x, v128.load(at));
      f.set(z, v128.load(at, b === a ? 0 : 4 * n));
      v.into(y, () => vectorRules[name].f32!(v, x, z, z, 'f32'));
      f.do(v128.store(at, y, 8 * n));
    });
  });
  const data = new Float32Array(memory.buffer, 0, 3 * n);
  data.set(a);
  data.set(b, n);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.bytes()), { env: { memory } });
  (exports.rule as (args: number, from: number, to: number) => void)(0, 0, n);
  return data.slice(2 * n);
}

/** f32 numbers from one to the other; infinitely many where only one is NaN, or where only the sign of a zero differs. */
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
      const largest = compute(name, variant, inputs).reduce((most, y) => (Math.abs(y) > most ? Math.abs(y) : most), 0);
      expect(largest).toBe(1);
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
