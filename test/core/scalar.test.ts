/** The scalar floor: rules, the chain rule on them, programs, and their interpreter. */

import { scalar } from '@tapegrad/core';
import { describe, expect, test } from 'vitest';
import { erf } from '../../packages/core/src/scalar/erf.ts';
import * as rules from '../../packages/core/src/scalar/rules.ts';
import { machineOf } from '../../packages/core/src/scalar/to-js.ts';

const { add, constant, evaluate, gradients, input, iota, mul, nodesOf, program, sub, tanh, uniform, vjpProgram } =
  scalar;
type Scalar = scalar.Scalar;

/** Where each rule is differentiable: values of its arguments, away from kinks. */
const points: Readonly<Record<string, readonly number[]>> = {
  add: [0.3, -1.2],
  sub: [0.3, -1.2],
  mul: [0.3, -1.2],
  div: [0.3, -1.2],
  pow: [1.3, 2.2],
  maximum: [0.3, -1.2],
  minimum: [0.3, -1.2],
  neg: [0.7],
  abs: [-0.7],
  sign: [-0.7],
  floor: [0.7],
  ceil: [0.7],
  trunc: [0.7],
  round: [0.7],
  exp: [0.7],
  expm1: [0.7],
  log: [0.7],
  log1p: [0.7],
  log2: [0.7],
  log10: [0.7],
  sqrt: [0.7],
  rsqrt: [0.7],
  sin: [0.7],
  cos: [0.7],
  tan: [0.7],
  asin: [0.4],
  acos: [0.4],
  atan: [0.7],
  sinh: [0.7],
  cosh: [0.7],
  tanh: [0.7],
  asinh: [0.7],
  acosh: [1.7],
  atanh: [0.4],
  sigmoid: [0.7],
  erf: [0.7],
};

/** Rules without a gradient: answers are bool. Arguments, and the answer. */
const questions: Readonly<Record<string, readonly [args: readonly number[], answer: number][]>> = {
  lt: [
    [[1, 2], 1],
    [[2, 2], 0],
    [[NaN, 2], 0],
  ],
  le: [
    [[2, 2], 1],
    [[3, 2], 0],
    [[NaN, NaN], 0],
  ],
  gt: [
    [[3, 2], 1],
    [[2, 2], 0],
  ],
  ge: [
    [[2, 2], 1],
    [[1, 2], 0],
  ],
  eq: [
    [[2, 2], 1],
    [[0, -0], 1],
    [[NaN, NaN], 0],
  ],
  ne: [
    [[2, 2], 0],
    [[NaN, NaN], 1],
  ],
  isnan: [
    [[NaN], 1],
    [[Infinity], 0],
  ],
  isfinite: [
    [[NaN], 0],
    [[-Infinity], 0],
    [[0], 1],
  ],
  not: [
    [[1], 0],
    [[0], 1],
  ],
  and: [
    [[1, 0], 0],
    [[1, 1], 1],
  ],
  or: [
    [[1, 0], 1],
    [[0, 0], 0],
  ],
  xor: [
    [[1, 0], 1],
    [[1, 1], 0],
  ],
};

/** Tested below by themselves. */
const others = ['where', 'toNumber'];

type RuleFunction = (...args: Scalar[]) => Scalar;
const ruleNamed = (name: string): RuleFunction => (rules as unknown as Record<string, RuleFunction>)[name]!;

/** The derivatives of an expression with respect to inputs 0..n-1, as expressions. */
function derivatives(y: Scalar, inputs: readonly Scalar[]): Scalar[] {
  const grads = gradients([y], [constant(1)]);
  return inputs.map((x) => grads.get(x) ?? constant(0));
}

describe('rules', () => {
  test('all are tested', () => {
    const names = [...Object.keys(points), ...Object.keys(questions), ...others].sort();
    expect(Object.keys(rules).sort()).toEqual(names);
  });

  test.each(Object.entries(points))('%s: derivatives to order 3 agree with finite differences', (name, at) => {
    const inputs = at.map((_, k) => input(k));
    let level: Scalar[] = [ruleNamed(name)(...inputs)];
    for (let order = 1; order <= 3; order++) {
      const next = level.flatMap((y) => derivatives(y, inputs));
      const eps = 1e-5;
      const found = evaluate(next, at);
      const wanted = level.flatMap((y) =>
        at.map((_, k) => {
          const moved = (step: number): number => evaluate([y], at.with(k, at[k]! + step))[0]!;
          return (moved(eps) - moved(-eps)) / (2 * eps);
        }),
      );
      found.forEach((value, i) => {
        expect(Math.abs(value - wanted[i]!), `order ${order}, derivative ${i}`).toBeLessThan(
          1e-7 * (1 + Math.abs(value)),
        );
      });
      level = next;
    }
  });

  test.each(Object.entries(questions))('%s answers, and has no gradient', (name, answers) => {
    const kind = ['not', 'and', 'or', 'xor'].includes(name) ? 'bool' : 'number';
    for (const [args, answer] of answers) {
      const inputs = args.map((_, k) => input(k, 0, kind));
      const y = ruleNamed(name)(...inputs);
      expect(evaluate([y], args)).toEqual([answer]);
      expect(y.kind).toBe('bool');
      expect(gradients([y], [constant(1)]).size).toBe(0);
    }
  });

  test('where chooses, and sends the gradient to what was chosen', () => {
    const [x, a, b] = [input(0), input(1), input(2)];
    const y = rules.where(rules.gt(x, constant(0)), a, b);
    const all = [y, ...derivatives(y, [a, b])];
    expect(evaluate(all, [1, 5, 7])).toEqual([5, 1, 0]);
    expect(evaluate(all, [-1, 5, 7])).toEqual([7, 0, 1]);
    expect(evaluate(all, [-1, NaN, 7])).toEqual([7, 0, 1]);
  });

  test('equal arguments of maximum and minimum share the gradient in halves', () => {
    const [a, b] = [input(0), input(1)];
    for (const rule of [rules.maximum, rules.minimum]) {
      expect(evaluate(derivatives(rule(a, b), [a, b]), [2, 2])).toEqual([0.5, 0.5]);
    }
  });

  // Source: mpmath 1.3, 40 digits
  test.each([
    [1e-300, 1.1283791670955126e-300],
    [1e-8, 1.1283791670955126e-8],
    [0.1, 0.1124629160182849],
    [0.25, 0.27632639016823696],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [1.25, 0.9229001282564583],
    [1.524, 0.968858620842959],
    [1.547, 0.9713149793729529],
    [1.749, 0.986618803776804],
    [1.75, 0.9866716712191824],
    [1.751, 0.986724353948979],
    [1.963, 0.9944984922554893],
    [2.13, 0.9974070232507334],
    [2.5, 0.999593047982555],
    [3, 0.9999779095030014],
    [4, 0.9999999845827421],
    [5, 0.9999999999984626],
    [6, 1],
    [30, 1],
  ])('erf(%d) is right to the last digits', (x, wanted) => {
    expect(Math.abs(erf(x) - wanted)).toBeLessThanOrEqual(5e-16 * wanted);
    expect(erf(-x)).toBe(-erf(x));
  });
});

describe('the chain rule', () => {
  test('adds up what comes along several paths', () => {
    const x = input(0);
    const y = mul(mul(x, x), add(x, constant(1))); // x^3 + x^2
    expect(evaluate([y, ...derivatives(y, [x])], [2])).toEqual([12, 16]);
  });

  test('weighs several outputs by their cotangents', () => {
    const [x, v] = [input(0), input(1)];
    const grads = gradients([mul(x, x), tanh(x)], [constant(1), v]);
    expect(evaluate([grads.get(x)!], [0.5, 3])[0]).toBeCloseTo(1 + 3 * (1 - Math.tanh(0.5) ** 2), 14);
  });

  test('visits each node once, however many paths lead there', () => {
    let y = input(0);
    const x = y;
    for (let k = 0; k < 200; k++) y = mul(add(y, y), constant(0.5));
    expect(evaluate(derivatives(y, [x]), [3])).toEqual([1]);
  });

  test('reaches no input that plays no part', () => {
    expect(gradients([input(0)], [constant(1)]).size).toBe(1);
    expect(gradients([constant(3)], [constant(1)]).size).toBe(0);
  });
});

describe('programs', () => {
  const names = (of: scalar.Program): string[] => of.nodes.map((node) => node.rule.name);

  test('merge equal expressions and fold what derivation leaves behind', () => {
    const p = program('p', (x) => [add(mul(x, constant(1)), constant(0)), add(mul(x, x), mul(x, x))]);
    expect(names(p)).toEqual(['input', 'mul', 'add']);
    expect(names(program('zero', (x) => [mul(x, constant(0))]))).toContain('mul'); // NaN times 0 is NaN
  });

  test('have equal keys where they compute the same', () => {
    const key = (body: (x: Scalar, y: Scalar) => Scalar[]): string => program('p', body).key;
    expect(key((x, y) => [add(x, y)])).toBe(key((x, y) => [add(x, y)]));
    const different = [
      key((x, y) => [add(x, y)]),
      key((x, y) => [add(y, x)]),
      key((x, y) => [sub(x, y)]),
      key((x, y) => [add(x, y), x]),
      key((x) => [add(x, constant(2))]),
      key((x) => [add(x, constant(-0.5))]),
      key((x) => [add(x, uniform(0))]),
      program('p', (x, y) => [add(x, y)], { into: [0] }).key,
      program('p', (x, y) => [add(x, y)], { slots: [2] }).key,
    ];
    expect(new Set(different).size).toBe(different.length);
  });

  test('derive a vjp that reads saved outputs in place of computing them again', () => {
    const forward = program('p', (x) => [mul(tanh(x), constant(3)), tanh(x)]);
    const { program: vjp, sources } = vjpProgram(forward, [0], [true, false]);
    expect(names(vjp)).not.toContain('tanh');
    expect(sources).toContainEqual({ from: 'output', index: 1 });
    expect(sources.some(({ from }) => from === 'input')).toBe(false);
  });

  test('take from a vjp what no given cotangent needs', () => {
    const forward = program('p', (x, y) => [mul(x, y), tanh(y)]);
    expect(vjpProgram(forward, [0], [false, true]).sources).toEqual([]);
    expect(
      vjpProgram(forward, [0], [true, false])
        .sources.map(({ from, index }) => `${from} ${index}`)
        .sort(),
    ).toEqual(['cotangent 0', 'input 1']);
  });

  test('know whether only floats will do', () => {
    expect(program('p', (x) => [add(x, constant(1))]).floatOnly).toBe(false);
    expect(program('p', (x) => [tanh(x)]).floatOnly).toBe(true);
  });

  test('run strip by strip, with lanes, constants, uniforms and positions', () => {
    const p = program('p', (a, b) => [[add(a, uniform(0)), mul(b, constant(2))], rules.toNumber(iota(-1))], {
      slots: [2],
    });
    const machine = machineOf(p, 'f64');
    machine.inputs[0]![0]!.set([1, 2]);
    machine.inputs[0]![1]!.set([3, 4]);
    for (const { register } of machine.uniforms) register.fill(10);
    for (const { register } of machine.iotas) register.set([0, 1]);
    machine.run(2);
    expect(machine.outputs.map((lanes) => lanes.map((lane) => [...lane.subarray(0, 2)]))).toEqual([
      [
        [11, 12],
        [6, 8],
      ],
      [[0, 1]],
    ]);
    expect(machineOf(p, 'f64')).toBe(machine);
    expect(machine.iotas[0]!.dim).toBe(-1);
  });

  test('list their nodes with arguments before users', () => {
    const x = input(0);
    const y = tanh(mul(x, x));
    expect(nodesOf([y])).toEqual([x, y.args[0], y]);
  });
});
