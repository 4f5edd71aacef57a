/** Runs scalar programs over views: an element an invocation. */

import type { DType } from '../../dtype.ts';
import type { Program } from '../../scalar/program.ts';
import { type Shape, sizeOf } from '../../shape.ts';
import type { Buffer, Kernels, View } from '../device.ts';
import type { Gpu } from './gpu.ts';
import { type Kernel, kernel, THREADS, type Word } from './kernel.ts';
import { type Walked, walkCode, walkOf, walkParameters, walkValues } from './walk.ts';
import { type Leaf, type Printed, printProgram } from './wgsl-program.ts';

export const map =
  (gpu: Gpu): Kernels['map'] =>
  (program, inputs, outputs, uniforms) => {
    const shape = laneShape(outputs[0]!.shape, program.outputs[0]!.lanes.length);
    const total = sizeOf(shape);
    if (total === 0) return;
    const numbers = numbersOf(program, inputs, outputs);
    const plan = planOf(program, numbers);
    const walk = walkOf(shape, walkedBy(plan, inputs, outputs, shape));
    const buffers = buffersOf(plan, inputs, outputs);
    const key = `${walk.key} ${buffers.of}`;
    let kernel = plan.kernels.get(key);
    if (!kernel) plan.kernels.set(key, (kernel = kernelOf(program, plan, walk.key, buffers)));
    const numbersOfCall = plan.uniforms.map((leaf) => uniforms[leaf.position]!);
    gpu.run(kernel, buffers.all, [...walkValues(walk), ...numbersOfCall], Math.ceil(total / THREADS));
  };

/** What can be known of a program before it runs. */
interface Plan {
  readonly numbers: 'f32' | 'i32';
  readonly printed: Printed;
  /** What the shader walks: the lanes of inputs that it reads, iotas, and the lanes of outputs, in this order. */
  readonly inputs: readonly Extract<Leaf, { from: 'input' }>[];
  readonly iotas: readonly Extract<Leaf, { from: 'iota' }>[];
  readonly uniforms: readonly Extract<Leaf, { from: 'uniform' }>[];
  /** The slots that it reads. */
  readonly slots: readonly number[];
  readonly kernels: Map<string, Kernel>;
}

const plans = new Map<string, Plan>();
/** Saves the look-up by a program's long key. */
const plansOf = { f32: new WeakMap<Program, Plan>(), i32: new WeakMap<Program, Plan>() };

function planOf(program: Program, numbers: 'f32' | 'i32'): Plan {
  let plan = plansOf[numbers].get(program);
  if (plan) return plan;
  const key = numbers + program.key;
  plan = plans.get(key) ?? makePlan(program, numbers);
  plans.set(key, plan);
  plansOf[numbers].set(program, plan);
  return plan;
}

function makePlan(program: Program, numbers: 'f32' | 'i32'): Plan {
  const printed = printProgram(program, numbers);
  const leaves = <F extends Leaf['from']>(from: F): Extract<Leaf, { from: F }>[] =>
    printed.leaves.filter((leaf): leaf is Extract<Leaf, { from: F }> => leaf.from === from);
  const inputs = leaves('input');
  return {
    numbers,
    printed,
    inputs,
    iotas: leaves('iota'),
    uniforms: leaves('uniform'),
    slots: [...new Set(inputs.map(({ slot }) => slot))],
    kernels: new Map(),
  };
}

/** The dtype of the program's numbers: that of its number outputs, or inputs where all outputs are bool. */
function numbersOf(program: Program, inputs: readonly View[], outputs: readonly View[]): 'f32' | 'i32' {
  const output = program.outputs.findIndex(({ kind }) => kind === 'number');
  const input = program.inputs.findIndex(({ kind }) => kind === 'number');
  const view = output >= 0 ? outputs[output] : inputs[input];
  return view?.dtype === 'i32' ? 'i32' : 'f32';
}

function laneShape(shape: Shape, lanes: number): Shape {
  return lanes === 1 ? shape : shape.with(-1, shape.at(-1)! / lanes);
}

function walkedBy(plan: Plan, inputs: readonly View[], outputs: readonly View[], shape: Shape): Walked[] {
  const laneOf = ({ offset, strides }: View, lane: number): Walked =>
    lane === 0 ? { offset, strides } : { offset: offset + lane * shape.at(-1)! * strides.at(-1)!, strides };
  return [
    ...plan.inputs.map(({ slot, lane }) => laneOf(inputs[slot]!, lane)),
    ...plan.iotas.map(({ dim }) => ({ offset: 0, strides: shape.map((_, d) => (d === shape.length + dim ? 1 : 0)) })),
    ...plan.printed.results.map(({ output, lane }) => laneOf(outputs[output]!, lane)),
  ];
}

interface Buffers {
  /** In the order of bindings: those that are only read come first. */
  readonly all: readonly Buffer[];
  readonly reads: number;
  /** The binding of each slot that is read, then of each output: what the shader depends on. */
  readonly of: string;
  readonly dtypes: readonly DType[];
}

/** A buffer is bound once, also where it is several inputs, or an output that goes into an input. */
function buffersOf(plan: Plan, inputs: readonly View[], outputs: readonly View[]): Buffers {
  const views = [...plan.slots.map((slot) => inputs[slot]!), ...outputs];
  const written = new Set(outputs.map(({ buffer }) => buffer));
  const read = new Set(views.map(({ buffer }) => buffer).filter((buffer) => !written.has(buffer)));
  const all = [...read, ...written];
  return {
    all,
    reads: read.size,
    of: `${read.size} ${views.map(({ buffer }) => all.indexOf(buffer)).join()}`,
    dtypes: all.map((buffer) => views.find((view) => view.buffer === buffer)!.dtype),
  };
}

function kernelOf(program: Program, plan: Plan, walkKey: string, buffers: Buffers): Kernel {
  const { printed, slots } = plan;
  const bindings = buffers.of.split(' ')[1]!.split(',');
  const types = buffers.dtypes.map((dtype, k) => [`b${k}`, dtype === 'bool' ? 'u32' : dtype] as const);
  const uniforms = plan.uniforms.map(({ position, form }) => [`u${position}`, form === 'bool' ? 'u32' : form] as const);
  const call = printed.call((leaf) => {
    if (leaf.from === 'uniform') return leaf.form === 'bool' ? `p.u${leaf.position} != 0` : `p.u${leaf.position}`;
    if (leaf.from === 'iota') return `at${plan.inputs.length + plan.iotas.indexOf(leaf)}`;
    const value = `b${bindings[slots.indexOf(leaf.slot)]}[at${plan.inputs.indexOf(leaf)}]`;
    return leaf.form === 'bool' ? `${value} != 0` : value;
  });
  const first = plan.inputs.length + plan.iotas.length;
  const stores = printed.results.map(({ output, field, form }, k) => {
    const target = `b${bindings[slots.length + output]}[at${first + k}]`;
    return `${target} = ${form === 'bool' ? `u32(r.${field})` : `r.${field}`};`;
  });
  return kernel({
    name: program.name,
    reads: Object.fromEntries(types.slice(0, buffers.reads)),
    writes: Object.fromEntries(types.slice(buffers.reads)),
    parameters: { ...walkParameters(walkKey), ...Object.fromEntries<Word>(uniforms) },
    code: `${printed.code}
fn kernel(group: u32, thread: u32) {
  let index = group * ${THREADS}u + thread;
  if (index >= p.count) { return; }
  ${walkCode(walkKey)}
  let r = ${call};
  ${stores.join('\n  ')}
}`,
  });
}
