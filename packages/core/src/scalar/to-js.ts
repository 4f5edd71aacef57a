/**
 * Runs programs as JavaScript: a strip interpreter.
 *
 * Every node owns a register, a typed array of up to 512 elements; running the program is one loop per node over the
 * strip. No code is generated, so a strict content security policy is fine, and no call per element, so it is quick.
 */

import { arrayTypes, type DType } from '../dtype.ts';
import { type Program, program } from './program.ts';
import type { Strip } from './rules.ts';
import { CONSTANT, INPUT, IOTA, type Kind, type Scalar, UNIFORM } from './scalar.ts';

/** Elements a strip: registers stay in the first-level cache, and the loop's overhead is spread. */
export const STRIP = 512;

/** A program with its registers. Load the inputs' registers, `run(n)`, and read the outputs'. */
export interface Machine {
  /** The register of each slot's lanes; undefined where the program does not read the lane. */
  readonly inputs: readonly (readonly (Strip | undefined)[])[];
  readonly outputs: readonly (readonly Strip[])[];
  readonly uniforms: readonly { readonly register: Strip; readonly position: number }[];
  readonly iotas: readonly { readonly register: Strip; readonly dim: number }[];
  run(n: number): void;
}

const machines = new WeakMap<Program, Partial<Record<DType, Machine>>>();

/** The machine of a program, with registers of `dtype` for its numbers. There is one a program and dtype. */
export function machineOf(source: Program, dtype: DType): Machine {
  let byDtype = machines.get(source);
  if (!byDtype) machines.set(source, (byDtype = {}));
  return (byDtype[dtype] ??= build(source, dtype));
}

/**
 * The values of scalar expressions, in f64. `inputs[k]` is the value of `input(k)`. For teaching and tests.
 *
 * ```ts
 * import { scalar } from '@tapegrad/core';
 *
 * const { add, evaluate, exp, input } = scalar;
 * console.log(evaluate([add(input(0), exp(input(1)))], [1, 0])); // [ 2 ]
 * ```
 */
export function evaluate(outputs: readonly Scalar[], inputs: readonly number[]): number[] {
  const {
    inputs: registers,
    outputs: results,
    run,
  } = build(
    program('evaluate', () => outputs, { slots: inputs.map(() => 1) }),
    'f64',
  );
  registers.forEach(([register], slot) => {
    if (register) register[0] = inputs[slot]!;
  });
  run(1);
  return results.map(([register]) => register![0]!);
}

function build(source: Program, dtype: DType): Machine {
  const typeOf = (kind: Kind): DType => (kind === 'number' ? dtype : kind === 'index' ? 'i32' : 'bool');
  const registers = new Map<Scalar, Strip>();
  for (const node of source.nodes) {
    const register = new arrayTypes[typeOf(node.kind)](STRIP);
    if (node.rule === CONSTANT) register.fill(node.value);
    registers.set(node, register);
  }
  const of = (node: Scalar): Strip => registers.get(node)!;
  const leaves = (rule: Scalar['rule']): Scalar[] => source.nodes.filter((node) => node.rule === rule);
  const steps = source.nodes
    .filter((node) => node.args.length > 0)
    .map((node) => {
      const [a, b = a, c = a] = node.args.map(of);
      return { loop: node.rule.js, y: of(node), a: a!, b: b!, c: c! };
    });
  return {
    inputs: source.inputs.map(({ lanes }, slot) =>
      Array.from({ length: lanes }, (_, lane) => {
        const node = leaves(INPUT).find((n) => n.value === slot && n.lane === lane);
        return node && of(node);
      }),
    ),
    outputs: source.outputs.map(({ lanes }) => lanes.map(of)),
    uniforms: leaves(UNIFORM).map((node) => ({ register: of(node), position: node.value })),
    iotas: leaves(IOTA).map((node) => ({ register: of(node), dim: node.value })),
    run(n) {
      for (const { loop, y, a, b, c } of steps) loop(y, n, a, b, c);
    },
  };
}
