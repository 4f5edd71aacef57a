/** Random scalar programs of rules that are exact, and views to run them on. */

import { fc } from '@fast-check/vitest';
import { type Program, program } from '../../packages/core/src/scalar/program.ts';
import * as s from '../../packages/core/src/scalar/rules.ts';
import { constant, iota, type Kind, type Scalar, uniform } from '../../packages/core/src/scalar/scalar.ts';
import { type Layout, layouts, type twin } from './twins.ts';

const kinds: readonly Kind[] = ['number', 'number', 'number', 'index', 'bool'];
export const values: Record<'f32' | 'i32' | 'bool', readonly number[]> = {
  f32: [0, -0, 1, -1, 0.5, 2.5, -3.5, 1e-40, 3e38, -7.25, 1e10, NaN, Infinity, -Infinity, 3, 1 / 3],
  i32: [0, 1, -1, 2, 7, -13, 2 ** 31 - 1, -(2 ** 31), 65_536, 123_456_789],
  bool: [0, 1, 1],
};

// ---- exact rules: what they take, and what they give ----------------------------------------------------------------

type Rule = readonly [(...args: [Scalar, Scalar, Scalar]) => Scalar, (kind: Kind) => readonly Kind[], 'float'?];
const one = (kind: Kind): Kind[] => [kind];
const two = (kind: Kind): Kind[] => [kind, kind];
const truths = (): Kind[] => ['bool', 'bool'];
const rules: Record<string, Rule> = {
  add: [s.add, two],
  sub: [s.sub, two],
  mul: [s.mul, two],
  neg: [s.neg, one],
  abs: [s.abs, one],
  sign: [s.sign, one],
  maximum: [s.maximum, two],
  minimum: [s.minimum, two],
  floor: [s.floor, one],
  ceil: [s.ceil, one],
  trunc: [s.trunc, one],
  round: [s.round, one],
  lt: [s.lt, two],
  le: [s.le, two],
  gt: [s.gt, two],
  ge: [s.ge, two],
  eq: [s.eq, two],
  ne: [s.ne, two],
  isnan: [s.isnan, one],
  isfinite: [s.isfinite, one],
  where: [s.where, (kind) => ['bool', kind, kind]],
  not: [s.not, () => ['bool']],
  and: [s.and, truths],
  or: [s.or, truths],
  xor: [s.xor, truths],
  ltOfTruths: [s.lt, truths],
  leOfTruths: [s.le, truths],
  gtOfTruths: [s.gt, truths],
  geOfTruths: [s.ge, truths],
  eqOfTruths: [s.eq, truths],
  neOfTruths: [s.ne, truths],
  maximumOfTruths: [s.maximum, truths],
  minimumOfTruths: [s.minimum, truths],
  whereOfTruths: [s.where, () => ['bool', 'bool', 'bool']],
  numberOfIndex: [s.toNumber, () => ['index']],
  numberOfTruth: [s.toNumber, () => ['bool']],
  div: [s.div, two, 'float'],
  sqrt: [s.sqrt, one, 'float'],
};
export const ruleNames: readonly string[] = Object.keys(rules);

/** A program of random steps. Each step applies a rule to nodes that are there already. */
export interface Recipe {
  readonly numbers: 'f32' | 'i32';
  readonly slots: readonly { readonly kind: Kind; readonly lanes: number }[];
  readonly steps: readonly { readonly rule: string; readonly kind: Kind; readonly picks: readonly number[] }[];
  readonly outputs: readonly { readonly picks: readonly number[]; readonly inPlace: boolean }[];
}

const pick = fc.nat({ max: 1000 });
export const recipe = (withLanes: boolean, names = ruleNames): fc.Arbitrary<Recipe> => {
  const lanes = withLanes ? fc.constantFrom(1, 1, 1, 2, 3) : fc.constant(1);
  return fc.record({
    numbers: fc.constantFrom('f32', 'i32'),
    slots: fc.array(fc.record({ kind: fc.constantFrom(...kinds), lanes }), { maxLength: 4 }),
    steps: fc.array(
      fc.record({
        rule: fc.constantFrom(...names),
        kind: fc.constantFrom<Kind>('number', 'number', 'index'),
        picks: fc.tuple(pick, pick, pick),
      }),
      { minLength: 1, maxLength: 12 },
    ),
    outputs: fc.array(
      fc.record({
        picks: withLanes ? fc.array(pick, { minLength: 1, maxLength: 3 }) : fc.tuple(pick),
        inPlace: fc.boolean(),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  });
};

function cook({ numbers, slots, steps, outputs }: Recipe): Program {
  const into: (number | undefined)[] = [];
  return program(
    'random',
    (...leaves) => {
      const nodes = [...leaves, uniform(0), uniform(1, 'index'), uniform(2, 'bool'), iota(-1), iota(-2)];
      nodes.push(constant(2), constant(-0), constant(3, 'index'), constant(1, 'bool'));
      const choose = (kind: Kind, at: number): Scalar => {
        const fitting = nodes.filter((node) => node.kind === kind);
        return fitting[fitting.length - 1 - (at % fitting.length)]!; // the latest first
      };
      for (const { rule, kind, picks } of steps) {
        const [make, takes, float] = rules[rule]!;
        if (float && (numbers === 'i32' || kind === 'index')) continue;
        const args = takes(kind).map((k, i) => choose(k, picks[i]!));
        nodes.push(make(...(args as [Scalar, Scalar, Scalar])));
      }
      return outputs.map(({ picks, inPlace }) => {
        const first = nodes[nodes.length - 1 - (picks[0]! % nodes.length)]!;
        const lanes = [first, ...picks.slice(1).map((at) => choose(first.kind, at))];
        const free = slots.findIndex(
          (slot, k) => slot.kind === first.kind && slot.lanes === lanes.length && !into.includes(k),
        );
        into.push(inPlace && free >= 0 ? free : undefined);
        return lanes;
      });
    },
    { slots, into },
  );
}

/** `T`: the same view on two devices. */
export interface Case<T> {
  readonly body: Program;
  readonly inputs: readonly T[];
  readonly outputs: readonly T[];
}

/** Any program with any layouts of its views, which `make` makes. An output in place is the input's own view. */
export function cases<T>(
  recipes: fc.Arbitrary<Recipe>,
  shapes: fc.Arbitrary<readonly number[]>,
  make: (...args: Parameters<typeof twin>) => T,
): fc.Arbitrary<Case<T>> {
  return fc.tuple(recipes, shapes, fc.nat()).chain(([given, shape, seed]) => {
    const body = cook(given);
    const wide = (lanes: number): number[] => shape.map((n, d) => (d === shape.length - 1 ? n * lanes : n));
    const layoutOfInput = body.inputs.map(({ lanes }, k) =>
      layouts(wide(lanes), { expanded: body.outputs.every(({ into }) => into !== k) }),
    );
    const layoutOfOutput = body.outputs.map(({ lanes }) => layouts(wide(lanes.length)));
    const view = (kind: Kind, layout: Layout): T => {
      const dtype = kind === 'number' ? given.numbers : kind === 'index' ? 'i32' : 'bool';
      const pool = values[dtype];
      return make(dtype, layout, (i) => pool[(i * 7 + seed) % pool.length]!);
    };
    return fc.tuple(fc.tuple(...layoutOfInput), fc.tuple(...layoutOfOutput)).map(([read, written]) => {
      const inputs = read.map((layout, k) => view(body.inputs[k]!.kind, layout));
      const outputs = written.map((layout, k) => {
        const { kind, into } = body.outputs[k]!;
        return into === undefined ? view(kind, layout) : inputs[into]!;
      });
      return { body, inputs, outputs };
    });
  });
}

/** The last dimension is long enough for all loops of a kernel: over 16 elements, four and one. */
export const shapes: fc.Arbitrary<number[]> = fc
  .tuple(fc.array(fc.nat({ max: 3 }), { maxLength: 3 }), fc.nat({ max: 37 }))
  .map(([outer, last]) => [...outer, last]);
