/**
 * Prints scalar programs in WGSL: a function of the values of a program's leaves that returns those of its outputs. It
 * touches no memory, so any kernel can call it.
 */

import { DTypeError } from '../../errors.ts';
import type { Program } from '../../scalar/program.ts';
import { CONSTANT, INPUT, IOTA, type Kind, type Scalar, UNIFORM } from '../../scalar/scalar.ts';
import { type Form, type Row, type Write, wgslRules } from './wgsl-rules.ts';

/** What the numbers of a program can be on this device. */
export type NumberForm = 'f32' | 'i32';

/** An argument of the function. */
export type Leaf =
  | { readonly from: 'input'; readonly slot: number; readonly lane: number; readonly form: Form }
  | { readonly from: 'uniform'; readonly position: number; readonly form: Form }
  | { readonly from: 'iota'; readonly dim: number; readonly form: 'i32' };

/** A member of the struct that the function returns. */
export interface Result {
  readonly output: number;
  readonly lane: number;
  readonly form: Form;
  readonly field: string;
}

/** A program as WGSL. */
export interface Printed {
  /** The function and the struct that it returns, without what they need of the library (`link` finds that). */
  readonly code: string;
  /** What the function takes, in order: only what the program reads. */
  readonly leaves: readonly Leaf[];
  /** What it returns, in order. */
  readonly results: readonly Result[];
  /** An expression that calls the function. */
  readonly call: (argumentOf: (leaf: Leaf) => string) => string;
}

/** `name` is the function's, for shaders of several programs. */
export function printProgram(program: Program, numbers: NumberForm, name = 'program'): Printed {
  const names = new Map<Scalar, string>();
  const parameters: string[] = [];
  const leaves: Leaf[] = [];
  const lines: string[] = [];
  program.nodes.forEach((node, i) => {
    const leaf = leafOf(node, numbers);
    names.set(node, `v${i}`);
    if (leaf) {
      leaves.push(leaf);
      parameters.push(`v${i}: ${leaf.form}`);
    } else {
      // `let`: WGSL computes constants when it compiles, and refuses infinities.
      const value = node.rule === CONSTANT ? constant(node, numbers) : expression(program, node, numbers, names);
      lines.push(`  let v${i} = ${value};`);
    }
  });
  const results = program.outputs.flatMap(({ lanes, kind }, output) =>
    lanes.map((_, lane): Result => ({ output, lane, form: formOf(kind, numbers), field: `y${output}_${lane}` })),
  );
  const values = program.outputs.flatMap(({ lanes }) => lanes.map((node) => names.get(node)!));
  const struct = `${name}Results`;
  const code = [
    `struct ${struct} { ${results.map(({ field, form }) => `${field}: ${form}`).join(', ')} }`,
    `fn ${name}(${parameters.join(', ')}) -> ${struct} {`,
    ...lines,
    `  return ${struct}(${values.join(', ')});`,
    '}',
  ].join('\n');
  return { code, leaves, results, call: (argumentOf) => `${name}(${leaves.map(argumentOf).join(', ')})` };
}

export function formOf(kind: Kind, numbers: NumberForm): Form {
  return kind === 'number' ? numbers : kind === 'index' ? 'i32' : 'bool';
}

function leafOf({ rule, kind, value, lane }: Scalar, numbers: NumberForm): Leaf | undefined {
  const form = formOf(kind, numbers);
  if (rule === INPUT) return { from: 'input', slot: value, lane, form };
  if (rule === UNIFORM) return { from: 'uniform', position: value, form };
  return rule === IOTA ? { from: 'iota', dim: value, form: 'i32' } : undefined;
}

const SMALLEST_NORMAL = 2 ** -126;
const bits = new DataView(new ArrayBuffer(4));

function constant({ value, kind }: Scalar, numbers: NumberForm): string {
  const form = formOf(kind, numbers);
  if (form === 'bool') return String(value !== 0);
  if (form === 'i32') return `i32(${value | 0})`; // -2147483648 is no i32 literal
  const number = Math.fround(value);
  const plain = Number.isFinite(number) && (Math.abs(number) >= SMALLEST_NORMAL || Object.is(number, 0));
  if (plain) return `${number}f`;
  bits.setFloat32(0, number);
  return `float_(${bits.getUint32(0)}u)`;
}

function expression(
  program: Program,
  { rule, args, kind }: Scalar,
  numbers: NumberForm,
  names: ReadonlyMap<Scalar, string>,
): string {
  const forms = args.map((arg) => formOf(arg.kind, numbers));
  const row = (wgslRules as Readonly<Record<string, Row>>)[rule.name];
  const write: Write | undefined = row?.[forms.at(-1)!];
  const alike = row?.chooses ? forms.slice(1) : forms;
  const mixed = alike.some((form) => form !== alike[0]) || (row?.chooses && forms[0] !== 'bool');
  if (!write || mixed) {
    const given = args.map((arg) => (arg.kind === 'number' ? numbers : arg.kind)).join(', ');
    throw new DTypeError(`${program.name}: webgpu has no ${rule.name} of ${given}: use toNumber`);
  }
  const [a, b = a, c = a] = args.map((arg) => names.get(arg)!);
  return write(a!, b!, c!, formOf(kind, numbers));
}
