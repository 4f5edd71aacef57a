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
import * as rules from '../../packages/core/src/scalar/rules.ts';
import { everySize, functions, power, powers, ulps } from '../support/f32.ts';

/** With a * b + c in one rounding and, as engines without relaxed SIMD compute it, in two. */
const variants = features().relaxedSimd ? ['fma', 'mul + add'] : ['mul + add'];

/** The largest errors that the files of the functions state, in ULP. */
const limits: Record<keyof typeof functions, number> = {
  exp: 2,
  expm1: 2,
  log: 1,
  log1p: 2,
  log2: 2,
  log10: 3,
  sqrt: 0,
  rsqrt: 1,
  sin: 2,
  cos: 2,
  tan: 3,
  asin: 2,
  acos: 2,
  atan: 2,
  sinh: 3,
  cosh: 2,
  tanh: 2,
  asinh: 2,
  acosh: 2,
  atanh: 2,
  sigmoid: 3,
  erf: 3,
  abs: 0,
  sign: 0,
  floor: 0,
  ceil: 0,
  trunc: 0,
  round: 0,
  neg: 0,
};

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

test('every rule of scalar programs has a row', () => {
  expect(Object.keys(vectorRules).sort()).toEqual(Object.keys(rules).sort());
});

describe.each(Object.entries(limits) as [keyof typeof functions, number][])('%s', (name, limit) => {
  const expected = everySize.map(functions[name]);
  test.each(variants)(`is within ${limit} ULP for all numbers, with %s`, (variant) => {
    const y = compute(name, variant, everySize);
    const { most, at } = ulps(y, expected);
    expect(most, `${name}(${everySize[at]}) is ${expected[at]}, given ${y[at]}`).toBeLessThanOrEqual(limit);
  });
});

describe('tanh and erf', () => {
  test.each(variants)('never exceed 1, with %s', (variant) => {
    for (const name of ['tanh', 'erf'] as const) {
      const above = compute(name, variant, everySize).filter((y) => Math.abs(y) > 1);
      expect([...above]).toEqual([]);
    }
  });
});

describe('pow', () => {
  const check = (variant: string, a: Float32Array, b: Float32Array, limit: number): void => {
    const expected = a.map((x, i) => power(x, b[i]!));
    const y = compute('pow', variant, a, b);
    const { most, at } = ulps(y, expected);
    expect(most, `${a[at]} ** ${b[at]} is ${expected[at]}, given ${y[at]}`).toBeLessThanOrEqual(limit);
  };

  test.each(variants)('is within 1 ULP for pairs of special numbers, with %s', (variant) => {
    check(variant, ...powers.special, 1);
  });

  test.each(variants)(
    'is within 1 ULP for bases of all sizes and powers that keep the result in range, with %s',
    (variant) => {
      check(variant, ...powers.inRange, 1);
    },
  );
});
