/**
 * Scalar programs in WGSL: each rule over the whole range of its operands against the cpu's f64, and programs of any
 * rules that are exact, on any layouts.
 *
 * WGSL lets a driver treat subnormal numbers as 0 in arithmetic, and compute products and sums at once: where that makes
 * a difference, either result is right.
 */

import { fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { cpu } from '../../packages/core/src/device/cpu/device.ts';
import type { View } from '../../packages/core/src/device/device.ts';
import { library, link } from '../../packages/core/src/device/webgpu/wgsl-library.ts';
import { printProgram } from '../../packages/core/src/device/webgpu/wgsl-program.ts';
import { wgslRules } from '../../packages/core/src/device/webgpu/wgsl-rules.ts';
import type { TypedArray } from '../../packages/core/src/dtype.ts';
import { type Program, program } from '../../packages/core/src/scalar/program.ts';
import * as rules from '../../packages/core/src/scalar/rules.ts';
import { CONSTANT, constant, iota, type Kind, type Scalar, uniform } from '../../packages/core/src/scalar/scalar.ts';
import { everySize, functions, power, powers, specials, ulps } from '../support/f32.ts';
import { type Case, cases, recipe, ruleNames, shapes, values } from '../wasm/programs.ts';
import { contiguous } from '../wasm/twins.ts';
import { allOf, type Pair, pair, webgpu } from './mirror.ts';

type Name = keyof typeof rules;
const SMALLEST_NORMAL = 2 ** -126;
const isTiny = (x: number): boolean => x !== 0 && Math.abs(x) < SMALLEST_NORMAL;

/** Runs a program on both devices; gives all elements of the outputs. */
async function run(
  body: Program,
  inputs: readonly Pair[],
  outputs: readonly Pair[],
  uniforms: readonly number[] = [],
): Promise<Awaited<ReturnType<typeof allOf>>[]> {
  const views = (device: keyof Pair): [View[], View[]] => [inputs.map((x) => x[device]), outputs.map((y) => y[device])];
  cpu.kernels.map(body, ...views('cpu'), uniforms);
  webgpu().kernels.map(body, ...views('webgpu'), uniforms);
  return Promise.all(outputs.map(allOf));
}

/** A rule on many numbers, on the webgpu device. */
async function compute(name: Name, kind: Kind, ...operands: readonly ArrayLike<number>[]): Promise<TypedArray> {
  const of = rules[name] as (...args: Scalar[]) => Scalar;
  const body = program(name, (...args) => [of(...args)], { slots: operands.map(() => kind) });
  const dtype = kind === 'number' ? 'f32' : kind === 'index' ? 'i32' : 'bool';
  const length = operands[0]!.length;
  const inputs = operands.map((values) => pair(dtype, contiguous([length]), (i) => values[i]!));
  const answer = body.outputs[0]!.kind === 'bool' ? 'bool' : dtype;
  const y = pair(answer, contiguous([length]), () => 0);
  webgpu().kernels.map(
    body,
    inputs.map((x) => x.webgpu),
    [y.webgpu],
    [],
  );
  return (await allOf(y)).webgpu;
}

/** All pairs of the values, as two arrays. */
function pairsOf(values: readonly number[]): [number[], number[]] {
  const pairs = values.flatMap((a) => values.map((b) => [a, b] as const));
  return [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
}

describe('the table of rules', () => {
  test('has a row for each', () => {
    expect(Object.keys(wgslRules).sort()).toEqual(Object.keys(rules).sort());
  });

  test('says which rule makes no sense of what it is given', () => {
    const mixed = program('mixed', () => [rules.mul(iota(-1), constant(2))]);
    expect(() => printProgram(mixed, 'f32')).toThrow('mixed: webgpu has no mul of index, f32: use toNumber');
    const chosen = program('chosen', (a) => [rules.where(a!, a!, a!)]);
    expect(() => printProgram(chosen, 'i32')).toThrow('chosen: webgpu has no where of i32, i32, i32: use toNumber');
  });
});

describe('the library', () => {
  test('declares each function under its name', () => {
    for (const [name, code] of Object.entries(library))
      expect(code).toMatch(new RegExp(`^(fn|const|struct|var<private>) ${name}\\b`));
  });

  test('gives a shader what it needs, also of what that needs, and nothing else', () => {
    const declared = (code: string): string[] =>
      [...code.matchAll(/^(?:fn|const|struct) (\w+)/gm)].map(([, name]) => name!);
    expect(link('let y = 1;')).toBe('let y = 1;');
    expect(declared(link('let y = log_(x);')).sort()).toEqual(
      ['float_', 'logEdges_', 'logParts_', 'log_', 'restOfLog_', 'sumOfLog_'].sort(),
    );
  });
});

/**
 * The largest errors in ULP. `divides`: by more with quotients and square roots that are not rounded to the nearest,
 * which WGSL allows. `flushes`: subnormal arguments and results may count as 0.
 */
const limits: Record<keyof typeof functions, { ulp: number; divides?: true; flushes?: true }> = {
  exp: { ulp: 2, flushes: true },
  expm1: { ulp: 2 },
  log: { ulp: 1 },
  log1p: { ulp: 2 },
  log2: { ulp: 2 },
  log10: { ulp: 2 },
  sqrt: { ulp: 0, divides: true, flushes: true },
  rsqrt: { ulp: 1, divides: true, flushes: true },
  sin: { ulp: 3 },
  cos: { ulp: 3 },
  tan: { ulp: 3, divides: true },
  asin: { ulp: 2, divides: true },
  acos: { ulp: 1, divides: true },
  atan: { ulp: 2, divides: true },
  sinh: { ulp: 2, divides: true },
  cosh: { ulp: 1, divides: true },
  tanh: { ulp: 2, divides: true },
  asinh: { ulp: 2, divides: true },
  acosh: { ulp: 2, divides: true },
  atanh: { ulp: 2, divides: true },
  sigmoid: { ulp: 2, divides: true, flushes: true },
  erf: { ulp: 3, divides: true, flushes: true },
  abs: { ulp: 0 },
  sign: { ulp: 0 },
  floor: { ulp: 0 },
  ceil: { ulp: 0 },
  trunc: { ulp: 0 },
  round: { ulp: 0 },
  neg: { ulp: 0 },
};
/** What `divides` is worth: SwiftShader rounds to the nearest. */
const slackOf = (divides = false): number =>
  divides && !String(webgpu().details!().adapter).includes('SwiftShader') ? 4 : 0;

describe.each(Object.keys(limits) as (keyof typeof functions)[])('%s', (name) => {
  const { ulp, divides, flushes } = limits[name];
  const of: (x: number) => number = functions[name];

  test(`is within ${ulp} ULP for all numbers`, async () => {
    const y = (await compute(name, 'number', everySize)) as Float32Array;
    const expected = everySize.map((x, i) => {
      const exact = of(x);
      if (!flushes) return exact;
      const isZero =
        y[i] === 0 && Math.abs(exact) <= SMALLEST_NORMAL && Object.is(Math.sign(y[i]), Math.sign(0 * exact));
      return isZero || (isTiny(x) && Object.is(y[i], of(0 * x))) ? y[i]! : exact;
    });
    const { most, at } = ulps(y, expected);
    expect(most, `${name}(${everySize[at]}) is ${expected[at]}, given ${y[at]}`).toBeLessThanOrEqual(
      ulp + slackOf(divides),
    );
    if (name === 'tanh' || name === 'erf') expect([...y].filter((x) => Math.abs(x) > 1)).toEqual([]);
  });
});

describe('pow', () => {
  test.each(Object.entries(powers))('is within 2 ULP for pairs of numbers: %s', async (_, [a, b]) => {
    const y = (await compute('pow', 'number', a, b)) as Float32Array;
    const expected = a.map((x, i) => {
      const exact = power(x, b[i]!);
      return y[i] === 0 * Math.sign(exact) && Math.abs(exact) <= SMALLEST_NORMAL ? y[i]! : exact;
    });
    const { most, at } = ulps(y, expected);
    expect(most, `${a[at]} ** ${b[at]} is ${expected[at]}, given ${y[at]}`).toBeLessThanOrEqual(2 + slackOf(true));
  });

  test('is exact where the result is a number of f32', async () => {
    const pairs = Array.from({ length: 300 }, (_, k) => k + 1).flatMap((a) => [
      ...[-4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7].map((b) => [a, b] as const),
      [a * a, 0.5] as const,
    ]);
    const exact = pairs.filter(([a, b]) => Math.fround(a ** b) === a ** b);
    expect(exact.length).toBeGreaterThan(1500);
    const [a, b] = [exact.map(([a]) => a), exact.map(([, b]) => b)];
    expect([...(await compute('pow', 'number', a, b))]).toEqual(exact.map(([a, b]) => a ** b));
  });
});

describe('of pairs of special numbers', () => {
  const [a, b] = pairsOf([...specials, 1 / 3, -2.5].map(Math.fround));
  const f32 = Float32Array.from(a);

  test.each(['lt', 'le', 'gt', 'ge', 'eq', 'ne', 'maximum', 'minimum'] as const)('%s is exact', async (name) => {
    const y = await compute(name, 'number', a, b);
    const expected = y.slice();
    rules[name](constant(0), constant(0)).rule.js(expected, a.length, f32, Float32Array.from(b), f32);
    expect(y).toEqual(expected);
  });

  const exact: Partial<Record<Name, (a: number, b: number) => number>> = {
    add: (a, b) => a + b,
    sub: (a, b) => a - b,
    mul: (a, b) => a * b,
    div: (a, b) => a / b,
  };
  test.each(Object.entries(exact) as [Name, (a: number, b: number) => number][])(
    '%s is exact, but for subnormal numbers',
    async (name, of) => {
      const y = (await compute(name, 'number', a, b)) as Float32Array;
      const expected = f32.map((x, i) => of(x, b[i]!));
      const counts = y.map((value, i) =>
        isTiny(a[i]!) || isTiny(b[i]!) || isTiny(of(f32[i]!, b[i]!)) ? expected[i]! : value,
      );
      const { most, at } = ulps(counts, expected);
      expect(most, `${name} of ${a[at]} and ${b[at]} is ${expected[at]}, given ${y[at]}`).toBeLessThanOrEqual(
        slackOf(name === 'div'),
      );
    },
  );
});

describe('of whole numbers and truths', () => {
  const operands = { index: values.i32, bool: [0, 1] } as const;
  const rows = (Object.keys(wgslRules) as Name[]).flatMap((name) =>
    (['index', 'bool'] as const)
      .filter((kind) => wgslRules[name][kind === 'index' ? 'i32' : 'bool'] && name !== 'where' && name !== 'toNumber')
      .map((kind) => [name, kind] as const),
  );

  test.each(rows)('%s of %s is exact', async (name, kind) => {
    const [a, b] = pairsOf(operands[kind]);
    const y = await compute(name, kind, ...[a, b].slice(0, rules[name].length === 1 ? 1 : 2));
    const strip = (list: readonly number[]) => (kind === 'index' ? Int32Array.from(list) : Uint8Array.from(list));
    const expected = y.slice();
    const of = rules[name] as (...args: Scalar[]) => Scalar;
    of(constant(0, kind), constant(0, kind)).rule.js(expected, a.length, strip(a), strip(b), strip(a));
    expect(y).toEqual(expected);
  });
});

test('constants are what they are, also those that WGSL cannot write', async () => {
  const numbers = [...specials, 0.1, -1e-40, 1e21, 5e-7].map(Math.fround);
  const whole = [...values.i32, 3];
  const body = program('constants', () => [
    numbers.map((x) => constant(x)),
    whole.map((x) => constant(x, 'index')),
    [constant(1, 'bool'), constant(0, 'bool')],
  ]);
  const lanes = [numbers, whole, [1, 0]];
  const outputs = (['f32', 'i32', 'bool'] as const).map((dtype, k) =>
    pair(dtype, contiguous([lanes[k]!.length]), () => 9),
  );
  const found = await run(body, [], outputs);
  expect(found.map(({ webgpu: all }) => [...all])).toEqual(lanes);
});

test('what is too large for a constant is computed all the same', async () => {
  const huge = constant(3e38);
  const body = program('overflow', () => [rules.mul(huge, huge), rules.sub(rules.add(huge, huge), rules.exp(huge))]);
  const outputs = [0, 1].map(() => pair('f32', contiguous([1]), () => 0));
  const [product, difference] = await run(body, [], outputs);
  expect([product!.webgpu[0], difference!.webgpu[0]]).toEqual([Infinity, NaN]);
});

/** What drivers may transform, as if numbers were neither rounded nor infinite. */
const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
};

/**
 * The logical positions where a GPU may compute something else than the cpu: arithmetic meets subnormal numbers, a
 * product is rounded, or so is a sum with a constant, or what a constant is combined with is not finite.
 */
function loosePositions({ nodes, ...body }: Program, inputs: readonly Pair[], shape: readonly number[]): Set<number> {
  const isNumber = (node: Scalar): boolean => node.kind === 'number';
  const all = nodes.filter(isNumber);
  if (all.length === 0) return new Set();
  const results = all.map(() => pair('f32', contiguous(shape), () => 0).cpu);
  const outputs = all.map((node) => ({ lanes: [node], kind: node.kind }));
  cpu.kernels.map(
    { ...body, nodes, outputs },
    inputs.map((x) => x.cpu),
    results,
    uniforms,
  );
  const valuesOf = new Map(
    all.map((node, k) => [node, (results[k]!.buffer as unknown as { array: Float32Array }).array]),
  );
  const loose = new Set<number>();
  for (const node of all) {
    const exact = arithmetic[node.rule.name];
    if (!exact) continue;
    const hasConstant = node.args.some(({ rule }) => rule === CONSTANT);
    const mayRound = node.rule.name !== 'mul' && !hasConstant;
    const y = valuesOf.get(node)!;
    const [a, b] = node.args.map((arg) => valuesOf.get(arg)!) as [Float32Array, Float32Array];
    for (let i = 0; i < y.length; i++) {
      const isRounded = !Object.is(exact(a[i]!, b[i]!), y[i]);
      const isEndless = !Number.isFinite(a[i]) || !Number.isFinite(b[i]);
      const isLoose = [y[i]!, a[i]!, b[i]!].some(isTiny) || (isRounded && !mayRound) || (isEndless && hasConstant);
      if (isLoose) loose.add(i);
    }
  }
  return loose;
}

/** 0 for -0: drivers transform sums and products of constants, which may turn a zero's sign. */
const unsigned = (x: number): number => x + 0;

/** The programs' uniforms: a number, an index and a truth value. */
const uniforms = [1.5, -3, 1];

describe('programs of exact rules', () => {
  const inexact = ['div', 'sqrt'];
  const exact = ruleNames.filter((name) => !inexact.includes(name));
  let [compared, left] = [0, 0];

  async function expectSame({ body, inputs, outputs }: Case<Pair>): Promise<void> {
    const lanes = body.outputs[0]!.lanes.length;
    const whole = outputs[0]!.cpu.shape;
    const shape = lanes === 1 ? whole : whole.with(-1, whole.at(-1)! / lanes);
    const kinds = [...body.inputs, ...body.outputs].map(({ kind }) => kind);
    const number = [...inputs, ...outputs][kinds.indexOf('number')];
    const loose = number?.cpu.dtype === 'i32' ? new Set<number>() : loosePositions(body, inputs, shape);
    const found = await run(body, inputs, outputs, uniforms);
    found.forEach((all, k) => {
      const { cpu: view } = outputs[k]!;
      const n = body.outputs[k]!.lanes.length;
      for (const position of loose) {
        for (let lane = 0; lane < n; lane++) {
          const at = elementAt(view, shape, position, lane);
          all.webgpu[at] = all.cpu[at]!;
        }
      }
      expect(all.webgpu.map(unsigned)).toEqual(all.cpu.map(unsigned));
    });
    compared += shape.reduce((total, n) => total * n, 1);
    left += loose.size;
  }

  test('give what they give on the cpu, bit by bit, on any layouts', async () => {
    const anyShape = fc.oneof(shapes, fc.constant([]));
    await fc.assert(fc.asyncProperty(cases(recipe(false, exact), anyShape, pair), expectSame), { numRuns: 200 });
  });

  test('and with lanes, which lie side by side in the last dimension', async () => {
    await fc.assert(fc.asyncProperty(cases(recipe(true, exact), shapes, pair), expectSame), { numRuns: 200 });
  });

  test('of these elements, few had to be left out', () => {
    expect(compared).toBeGreaterThan(1000);
    expect(left / compared).toBeLessThan(0.2);
  });
});

/** Where in its buffer a lane of the element at a row-major position lies. */
function elementAt({ offset, strides }: View, shape: readonly number[], position: number, lane: number): number {
  let at = offset;
  let rest = position;
  for (let d = shape.length - 1; d >= 0; d--) {
    at += (rest % shape[d]!) * strides[d]!;
    rest = Math.floor(rest / shape[d]!);
  }
  return at + lane * (shape.at(-1) ?? 0) * (strides.at(-1) ?? 0);
}

test('uniforms of each kind reach the program', async () => {
  const body = program('uniforms', () => [
    rules.where(uniform(2, 'bool'), uniform(0), constant(0)),
    rules.neg(uniform(1, 'index')),
  ]);
  const outputs = (['f32', 'i32'] as const).map((dtype) => pair(dtype, contiguous([3]), () => 0));
  const found = await run(body, [], outputs, uniforms);
  for (const all of found) expect(all.webgpu).toEqual(all.cpu);
});
