/**
 * Ground floor: one number at a time.
 *
 * A `Scalar` is a node of an expression: a rule (what to compute) applied to other nodes. Expressions are the bodies of
 * all elementwise kernels: written once, they are run as JavaScript (`to-js.ts`) and differentiated (`vjp.ts`), by the
 * same chain rule that the tape applies to whole tensors four floors up.
 */

import type { Rule } from './rules.ts';

/** What a node computes: a number of the program's dtype, an i32 that counts positions or classes, or a truth value. */
export type Kind = 'number' | 'index' | 'bool';

/** One node. Ids grow with creation and arguments exist before their users, so sorting by id is a topological order. */
export class Scalar {
  static #created = 0;
  readonly id: number = Scalar.#created++;
  /** What it computes. */
  readonly rule: Rule;
  /** What it computes it from; none for a leaf. */
  readonly args: readonly Scalar[];
  /** What kind of value it has. */
  readonly kind: Kind;
  /** Of a leaf: the input slot, the constant, the uniform's number, or the dimension that an iota counts along. */
  readonly value: number;
  /** Of an input: which of the slot's lanes (equal slices of the last dimension). */
  readonly lane: number;

  constructor(rule: Rule, args: readonly Scalar[], kind: Kind, value = 0, lane = 0) {
    this.rule = rule;
    this.args = args;
    this.kind = kind;
    this.value = value;
    this.lane = lane;
  }
}

/** Element of an input tensor. A slot with several lanes packs that many tensors side by side in the last dimension. */
export function input(slot: number, lane = 0, kind: Kind = 'number'): Scalar {
  return new Scalar(INPUT, [], kind, slot, lane);
}

/** A number that is part of the program. */
export function constant(value: number, kind: Kind = 'number'): Scalar {
  return new Scalar(CONSTANT, [], kind, value);
}

/** A number handed over at each call (a learning rate, the 2 in `x.mul(2)`), so that programs do not multiply. */
export function uniform(position: number, kind: Kind = 'number'): Scalar {
  return new Scalar(UNIFORM, [], kind, position);
}

/** The index of the element along a dimension of the output, counted from the end: `iota(-1)` is the column. */
export function iota(dim: number): Scalar {
  return new Scalar(IOTA, [], 'index', dim);
}

/** All nodes that `outputs` depend on, arguments before users. */
export function nodesOf(outputs: readonly Scalar[]): Scalar[] {
  const seen = new Set<Scalar>(outputs);
  for (const node of seen) for (const arg of node.args) seen.add(arg); // a Set iterates over what is added meanwhile
  return [...seen].sort((a, b) => a.id - b.id);
}

/** The rule of a leaf. It computes nothing: whoever runs the program puts the value in place. */
export function leaf(name: string): Rule {
  return { name, js: () => {}, grad: () => [] };
}

export const INPUT: Rule = leaf('input');
export const CONSTANT: Rule = leaf('constant');
export const UNIFORM: Rule = leaf('uniform');
export const IOTA: Rule = leaf('iota');
