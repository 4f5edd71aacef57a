/**
 * Runs scalar programs over views. A kernel is compiled for each program and each way in which its views walk along a
 * row; what is left to do in each call is to find the rows and to pass the arguments on.
 */

import type { Program } from '../../scalar/program.ts';
import { type Kind, UNIFORM } from '../../scalar/scalar.ts';
import type { View } from '../device.ts';
import { isColumns, withRows } from './map-columns.ts';
import { ROW_LENGTH, SEGMENT, SEGMENTS, UNIFORMS } from './map-items.ts';
import { emitMap, iotasOf } from './map-kernel.ts';
import type { Mode } from './map-ports.ts';
import { type NumberForm, truth } from './map-program.ts';
import { bytesOf, findRows, type RowShape, sizes, steps, viewAt } from './map-rows.ts';
import { addressOf } from './memory.ts';
import { compileKernels, floatBits, type Kernel, run } from './runtime.ts';

export function map(
  program: Program,
  inputs: readonly View[],
  outputs: readonly View[],
  uniforms: readonly number[],
): void {
  const plan = planOf(program);
  const dims = findRows(plan, inputs, outputs);
  if (dims === 0) return;
  for (let slot = 0; slot < inputs.length && dims > 1; slot++) {
    if (isColumns(program, inputs[slot]!, slot)) {
      withRows(program, inputs, (rows) => map(program, rows, outputs, uniforms));
      return;
    }
  }
  const numbers = numbersOf(plan, inputs, outputs);
  const kernel = kernelOf(plan, numbers, inputs, outputs);
  const length = sizes[0]!;
  let rows = 1;
  for (let d = 1; d < dims; d++) rows *= sizes[d]!;
  setArguments(plan, numbers, inputs, outputs, uniforms, dims);
  run(kernel, args, rows * args[SEGMENTS]!, Math.ceil(plan.grain / Math.min(length, SEGMENT)));
}

/** What can be known of a program before it runs. */
export interface Plan extends RowShape {
  readonly program: Program;
  /** The kind of each uniform. */
  readonly uniforms: readonly (Kind | undefined)[];
  /** The view that tells the dtype of the program's numbers; -1 if it has none. */
  readonly numberView: number;
  /** Elements that a thread takes at a time, at least. */
  readonly grain: number;
  /** By the modes of the views and the form of numbers. */
  readonly kernels: Map<number, Kernel>;
}

const plans = new WeakMap<Program, Plan>();
const plansByKey = new Map<string, Plan>();

export function planOf(program: Program): Plan {
  let plan = plans.get(program);
  if (plan) return plan;
  plan = plansByKey.get(program.key) ?? makePlan(program);
  plansByKey.set(program.key, plan);
  plans.set(program, plan);
  return plan;
}

/** Instructions, times elements, that make a thread worth calling. */
const GRAIN_WORK = 2 ** 17;
/** Instructions of a function such as exp. */
const FLOAT_WORK = 10;

function makePlan(program: Program): Plan {
  const { inputs, outputs, nodes } = program;
  const iotas = iotasOf(program).map(({ value }) => value);
  const uniforms: Kind[] = [];
  for (const { rule, value, kind } of nodes) if (rule === UNIFORM) uniforms[value] = kind;
  const numberOutput = outputs.findIndex(({ kind }) => kind === 'number');
  const lanes = [...inputs.map((slot) => slot.lanes), ...outputs.map((output) => output.lanes.length)];
  return {
    program,
    lanes: outputs[0]!.lanes.length,
    views: inputs.length + outputs.length + iotas.length,
    iotas,
    uniforms,
    plain: iotas.length === 0 && lanes.every((n) => n === 1),
    numberView: numberOutput < 0 ? inputs.findIndex(({ kind }) => kind === 'number') : inputs.length + numberOutput,
    grain: GRAIN_WORK / nodes.reduce((work, { rule }) => work + (rule.float ? FLOAT_WORK : 1), lanes.length),
    kernels: new Map(),
  };
}

export function numbersOf({ numberView }: Plan, inputs: readonly View[], outputs: readonly View[]): NumberForm {
  return numberView >= 0 && viewAt(numberView, inputs, outputs)!.dtype === 'i32' ? 'i32' : 'f32';
}

/** Modes are the digits of a number, so views beyond these count as strided, which any are. */
const MOST_VIEWS = 32;
const MODES: readonly Mode[] = ['adjacent', 'repeated', 'strided'];

function kernelOf(plan: Plan, numbers: NumberForm, inputs: readonly View[], outputs: readonly View[]): Kernel {
  let key = numbers === 'i32' ? 1 : 0;
  for (let k = 0; k < plan.views && k < MOST_VIEWS; k++) key = key * 3 + modeOf(k, inputs, outputs);
  const known = plan.kernels.get(key);
  if (known) return known;
  const modes = Array.from({ length: plan.views }, (_, k) => MODES[k < MOST_VIEWS ? modeOf(k, inputs, outputs) : 2]!);
  const kernel = compileKernels(['map'], (m) =>
    m.kernel('map', (f, args, from, to) => emitMap(m, f, args, from, to, { program: plan.program, numbers, modes })),
  ).map;
  plan.kernels.set(key, kernel);
  return kernel;
}

function modeOf(k: number, inputs: readonly View[], outputs: readonly View[]): number {
  const step = steps[k]!;
  return step === bytesOf(k, inputs, outputs) ? 0 : step === 0 ? 1 : 2;
}

/** Used again and again; as `map-items.ts` lists them. */
const args: number[] = [];

function setArguments(
  plan: Plan,
  numbers: NumberForm,
  inputs: readonly View[],
  outputs: readonly View[],
  uniforms: readonly number[],
  dims: number,
): void {
  const { program, views } = plan;
  args[ROW_LENGTH] = sizes[0]!;
  args[SEGMENTS] = Math.ceil(sizes[0]! / SEGMENT);
  let n = setUniforms(plan, numbers, uniforms, args);
  for (let k = 0; k < views; k++) {
    const view = viewAt(k, inputs, outputs);
    const lanes =
      k < inputs.length ? program.inputs[k]!.lanes : (program.outputs[k - inputs.length]?.lanes.length ?? 1);
    args[n++] = view ? addressOf(view) : 0;
    args[n++] = steps[k]!;
    args[n++] = lanes === 1 ? 0 : (view!.shape.at(-1)! / lanes) * view!.strides.at(-1)! * bytesOf(k, inputs, outputs);
  }
  args[n++] = 4 * (dims - 1) * (1 + views);
  for (let d = dims - 1; d > 0; d--) {
    args[n++] = sizes[d]!;
    for (let k = 0; k < views; k++) args[n++] = steps[d * views + k]!;
  }
  if (args.length !== n) args.length = n;
}

/** Writes the uniforms into a kernel's arguments; returns the place behind them. */
export function setUniforms(
  { uniforms: kinds }: Pick<Plan, 'uniforms'>,
  numbers: NumberForm,
  uniforms: readonly number[],
  args: number[],
): number {
  for (let k = 0; k < kinds.length; k++) {
    const value = uniforms[k]!;
    args[UNIFORMS + k] =
      kinds[k] === 'bool' ? truth(value) : kinds[k] === 'number' && numbers === 'f32' ? floatBits(value) : value;
  }
  return UNIFORMS + kinds.length;
}
