/** Runs scalar programs over views: an element an invocation. */

import type { DType } from '../../dtype.ts';
import type { Program } from '../../scalar/program.ts';
import { type Shape, sizeOf } from '../../shape.ts';
import type { Buffer, FusedKernels, Kernels, View } from '../device.ts';
import type { Gpu } from './gpu.ts';
import { type Kernel, kernel, THREADS, type Word } from './kernel.ts';
import { type Walk, type Walked, walkCode, walkOf, walkParameters, walkSize, walkValues } from './walk.ts';
import { type Leaf, type Printed, printProgram } from './wgsl-program.ts';

export const map =
  (gpu: Gpu): Kernels['map'] =>
  (program, inputs, outputs, uniforms) => {
    if (sizeOf(outputs[0]!.shape) > 0) run(gpu, program, [{ inputs, outputs }], uniforms);
  };

/** As many items in one dispatch as there can be buffers in a kernel. */
export const updateAll =
  (gpu: Gpu): NonNullable<FusedKernels['updateAll']> =>
  (program, items, uniforms) => {
    let together: Item[] = [];
    let bound = new Set<Buffer>();
    for (const inputs of items) {
      if (sizeOf(inputs[0]!.shape) === 0) continue;
      const own = inputs.map(({ buffer }) => buffer);
      let all = new Set([...bound, ...own]);
      if (all.size > gpu.mostBuffers) {
        run(gpu, program, together, uniforms);
        together = [];
        all = new Set(own);
      }
      together.push({ inputs, outputs: program.outputs.map(({ into }) => inputs[into!]!) });
      bound = all;
    }
    run(gpu, program, together, uniforms);
  };

/** What a program is run on. */
interface Item {
  readonly inputs: readonly View[];
  readonly outputs: readonly View[];
}

/** Items of equal dtypes in one dispatch, each in workgroups of its own. */
function run(gpu: Gpu, program: Program, items: readonly Item[], uniforms: readonly number[]): void {
  if (items.length === 0) return;
  const plan = planOf(program, numbersOf(program, items[0]!));
  const walks = items.map((item) => {
    const shape = laneShape(item.outputs[0]!.shape, program.outputs[0]!.lanes.length);
    return walkOf(shape, walkedBy(plan, item, shape));
  });
  const buffers = buffersOf(plan, items);
  const key = `${walks.map((walk) => walk.key).join()} ${buffers.of}`;
  let kernel = plan.kernels.get(key);
  if (!kernel) plan.kernels.set(key, (kernel = kernelOf(program, plan, walks, buffers)));
  const numbersOfCall = plan.uniforms.map((leaf) => uniforms[leaf.position]!);
  const groups = walks.reduce((sum, walk) => sum + Math.ceil(walkSize(walk) / THREADS), 0);
  gpu.run(kernel, buffers.all, [...walks.flatMap(walkValues), ...numbersOfCall], groups);
}

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
function numbersOf(program: Program, { inputs, outputs }: Item): 'f32' | 'i32' {
  const output = program.outputs.findIndex(({ kind }) => kind === 'number');
  const input = program.inputs.findIndex(({ kind }) => kind === 'number');
  const view = output >= 0 ? outputs[output] : inputs[input];
  return view?.dtype === 'i32' ? 'i32' : 'f32';
}

function laneShape(shape: Shape, lanes: number): Shape {
  return lanes === 1 ? shape : shape.with(-1, shape.at(-1)! / lanes);
}

function walkedBy(plan: Plan, { inputs, outputs }: Item, shape: Shape): Walked[] {
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
  /** Of each item, the binding of each slot that is read, then of each output: what the shader depends on. */
  readonly of: string;
  readonly dtypes: readonly DType[];
}

/** A buffer is bound once, also where it is several inputs, or an output that goes into an input. */
function buffersOf(plan: Plan, items: readonly Item[]): Buffers {
  const views = items.map(({ inputs, outputs }) => [...plan.slots.map((slot) => inputs[slot]!), ...outputs]);
  const written = new Set(items.flatMap(({ outputs }) => outputs.map(({ buffer }) => buffer)));
  const read = new Set(
    views
      .flat()
      .map(({ buffer }) => buffer)
      .filter((buffer) => !written.has(buffer)),
  );
  const all = [...read, ...written];
  return {
    all,
    reads: read.size,
    of: `${read.size} ${views.map((ofItem) => ofItem.map(({ buffer }) => all.indexOf(buffer)).join()).join(' ')}`,
    dtypes: all.map((buffer) => views.flat().find((view) => view.buffer === buffer)!.dtype),
  };
}

function kernelOf(program: Program, plan: Plan, walks: readonly Walk[], buffers: Buffers): Kernel {
  const bindings = buffers.of.split(' ').slice(1);
  const types = buffers.dtypes.map((dtype, k) => [`b${k}`, dtype === 'bool' ? 'u32' : dtype] as const);
  const uniforms = plan.uniforms.map(({ position, form }) => [`u${position}`, form === 'bool' ? 'u32' : form] as const);
  const prefix = (k: number): string => `item${k}_`;
  const places = walks.map(({ key }, k) => walkParameters(key, prefix(k)));
  const turns = walks.map((_, k) => {
    const groups = `(p.${prefix(k)}count + ${THREADS - 1}u) / ${THREADS}u`;
    return `if (left < ${groups}) { item${k}(left * ${THREADS}u + thread); return; }
  left -= ${groups};`;
  });
  return kernel({
    name: program.name,
    reads: Object.fromEntries(types.slice(0, buffers.reads)),
    writes: Object.fromEntries(types.slice(buffers.reads)),
    parameters: Object.assign({}, ...places, Object.fromEntries<Word>(uniforms)),
    code: `${plan.printed.code}
${walks.map(({ key }, k) => elementCode(plan, k, walkCode(key, prefix(k)), bindings[k]!.split(','))).join('\n')}
fn kernel(group: u32, thread: u32) {
  var left = group;
  ${turns.join('\n  ')}
}`,
  });
}

/** The function that computes an element of an item. */
function elementCode(plan: Plan, item: number, places: string, bindings: readonly string[]): string {
  const { printed, slots } = plan;
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
  return `fn item${item}(index: u32) {
  if (index >= p.item${item}_count) { return; }
  ${places}
  let r = ${call};
  ${stores.join('\n  ')}
}`;
}
