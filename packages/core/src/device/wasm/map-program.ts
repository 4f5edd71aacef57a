/** Scalar programs as vector arithmetic: which nodes to compute when, and how. */

import { DTypeError } from '../../errors.ts';
import type { Program } from '../../scalar/program.ts';
import { CONSTANT, type Kind, type Scalar, UNIFORM } from '../../scalar/scalar.ts';
import type { V128 } from './assembler.ts';
import type { VectorBuilder } from './vector-builder.ts';
import { type Emit, type Form, type Row, vectorRules } from './vector-rules.ts';

/** What numbers can be on this device. */
export type NumberForm = 'f32' | 'i32';

export function formOf(kind: Kind, numbers: NumberForm): Form {
  return kind === 'number' ? numbers : kind === 'index' ? 'i32' : 'bool';
}

/** A program's nodes, arguments before users, by how often they must be computed. */
export interface Stages {
  /** What follows from constants and uniforms. */
  readonly once: readonly Scalar[];
  /** What follows from these and from values that a row repeats. */
  readonly perRow: readonly Scalar[];
  readonly perElement: readonly Scalar[];
}

export function stagesOf({ nodes }: Program, isRepeated: (leaf: Scalar) => boolean): Stages {
  const stages: [Scalar[], Scalar[], Scalar[]] = [[], [], []];
  const stageOf = new Map<Scalar, number>();
  const stageOfLeaf = (leaf: Scalar): number => {
    if (leaf.rule === CONSTANT || leaf.rule === UNIFORM) return 0;
    return isRepeated(leaf) ? 1 : 2;
  };
  for (const node of nodes) {
    const stage = node.args.length > 0 ? Math.max(...node.args.map((arg) => stageOf.get(arg)!)) : stageOfLeaf(node);
    stageOf.set(node, stage);
    stages[stage]!.push(node);
  }
  const [once, perRow, perElement] = stages;
  return { once, perRow, perElement };
}

/** The values of a program's nodes, as vectors; several of a node that is computed for several vectors of elements. */
export class Evaluation {
  readonly #v: VectorBuilder;
  readonly #program: Program;
  readonly #numbers: NumberForm;
  readonly #values = new Map<Scalar, readonly V128[]>();

  constructor(v: VectorBuilder, program: Program, numbers: NumberForm) {
    this.#v = v;
    this.#program = program;
    this.#numbers = numbers;
  }

  set(node: Scalar, values: readonly V128[]): void {
    this.#values.set(node, values);
  }

  /** The u-th vector; the only one of a node that does not depend on the element. */
  get(node: Scalar, u: number): V128 {
    const values = this.#values.get(node)!;
    return values[u] ?? values[0]!;
  }

  /** Computes a node from its arguments, for so many vectors of elements. */
  compute(node: Scalar, vectors: number): void {
    const v = this.#v;
    const forms = node.args.map(({ kind }) => formOf(kind, this.#numbers));
    const emit = this.#emitterOf(node, forms);
    const to = formOf(node.kind, this.#numbers);
    const results = Array.from({ length: vectors }, () => v.fresh());
    v.together(
      results.map((result, u) => () => {
        const [a, b = a, c = a] = node.args.map((arg) => this.get(arg, u));
        v.set(result, emit(v, a!, b!, c!, to));
      }),
    );
    this.set(node, results);
  }

  constant({ value, kind }: Scalar): V128 {
    const form = formOf(kind, this.#numbers);
    return form === 'f32' ? this.#v.float(value) : this.#v.int(form === 'i32' ? value : truth(value));
  }

  #emitterOf({ rule, args }: Scalar, forms: readonly Form[]): Emit {
    const row = (vectorRules as Readonly<Record<string, Row>>)[rule.name];
    const emit = row?.[forms.at(-1)!];
    const alike = row?.chooses ? forms.slice(1) : forms;
    const mixed = alike.some((form) => form !== alike[0]) || (row?.chooses && forms[0] !== 'bool');
    if (!emit || mixed) {
      const given = args.map(({ kind }) => (kind === 'number' ? this.#numbers : kind)).join(', ');
      throw new DTypeError(`${this.#program.name}: wasm has no ${rule.name} of ${given}: use toNumber`);
    }
    return emit;
  }
}

/** The mask of a truth value. */
export function truth(value: number): number {
  return value ? -1 : 0;
}
