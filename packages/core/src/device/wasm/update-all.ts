/**
 * One program on many tensors, each of a size of its own: an optimizer's step. Most parameters are so small that to start
 * a kernel for each would take longer than to run it, so all are one kernel: its items are segments of tensors.
 *
 * Arguments: nothing in the first two words; the uniforms; the table, an entry for each tensor: the number of the first
 * segment behind it, its elements, and the addresses of its views.
 */

import type { Program } from '../../scalar/program.ts';
import { isContiguous, sizeOf } from '../../shape.ts';
import type { FusedKernels, View } from '../device.ts';
import { CONTROL } from './control.ts';
import { i32 } from './instructions.ts';
import { map, numbersOf, type Plan, planOf, setUniforms } from './map.ts';
import { type EmitItems, SEGMENT, UNIFORMS } from './map-items.ts';
import { emitMap } from './map-kernel.ts';
import { elementStep, type Mode } from './map-ports.ts';
import type { NumberForm } from './map-program.ts';
import { addressOf } from './memory.ts';
import { compileKernels, type Kernel, run } from './runtime.ts';
import { tableAt } from './walk.ts';

export const updateAll: NonNullable<FusedKernels['updateAll']> = (program, items, uniforms) => {
  const plan = planOf(program);
  const [first] = items as [readonly View[]];
  const modes = first.map((_, slot) => commonMode(items.map((views) => views[slot]!)));
  if (!plan.plain || modes.includes(undefined)) {
    for (const views of items) map(program, views, outputsOf(program, views), uniforms);
    return;
  }
  const numbers = numbersOf(plan, first, outputsOf(program, first));
  const kernel = kernelOf(plan, numbers, modes as Mode[]);
  const args = [0, 0];
  setUniforms(plan, numbers, uniforms, args);
  const atOnce = Math.floor((MOST_ARGUMENTS - UNIFORMS - plan.uniforms.length) / (2 + plan.views));
  for (let start = 0; start < items.length; start += atOnce) {
    runSome(plan, kernel, items.slice(start, start + atOnce), args);
  }
};

/** Words that the arguments of a kernel may have. */
const MOST_ARGUMENTS = (CONTROL.failure - CONTROL.arguments) / 4;

/** `head`: the arguments before the table. */
function runSome(plan: Plan, kernel: Kernel, items: readonly (readonly View[])[], head: readonly number[]): void {
  const { program } = plan;
  const args = [...head];
  let [segments, elements] = [0, 0];
  for (const views of items) {
    const size = sizeOf(views[program.outputs[0]!.into!]!.shape);
    segments += Math.ceil(size / SEGMENT);
    elements += size;
    args.push(segments, size, ...[...views, ...outputsOf(program, views)].map(addressOf));
  }
  if (elements > 0) run(kernel, args, segments, Math.ceil((plan.grain * segments) / elements));
}

function outputsOf({ outputs }: Program, views: readonly View[]): View[] {
  return outputs.map(({ into }) => views[into!]!);
}

/** How all views of a slot walk along their elements, if in one way; a single element walks in any. */
function commonMode(views: readonly View[]): Mode | undefined {
  const many = views.filter(({ shape }) => sizeOf(shape) > 1);
  if (many.every(({ shape, strides }) => isContiguous(shape, strides))) return 'adjacent';
  return many.every(({ strides, shape }) => strides.every((stride, d) => stride === 0 || shape[d] === 1))
    ? 'repeated'
    : undefined;
}

const kernels = new WeakMap<Plan, Map<string, Kernel>>();

function kernelOf(plan: Plan, numbers: NumberForm, slots: readonly Mode[]): Kernel {
  const { program } = plan;
  const modes = [...slots, ...program.outputs.map(({ into }) => slots[into!]!)];
  const known = kernels.get(plan) ?? new Map<string, Kernel>();
  kernels.set(plan, known);
  const key = [numbers, ...modes].join();
  let kernel = known.get(key);
  if (!kernel) {
    kernel = compileKernels(['all'], (m) =>
      m.kernel('all', (f, args, from, to) => emitMap(m, f, args, from, to, { program, numbers, modes }, emitSegments)),
    ).all;
    known.set(key, kernel);
  }
  return kernel;
}

/** Items go through the table in order, so the entry is looked for from the last one on. */
const emitSegments: EmitItems = (f, args, { modes, uniforms }) => {
  const entryBytes = 4 * (2 + modes.length);
  const entry = f.local('i32', tableAt(args, UNIFORMS + uniforms));
  const before = f.local('i32', i32.const(0));
  return (index) => {
    f.while(
      () => i32.geS(index, i32.load(entry)),
      () => {
        f.set(before, i32.load(entry));
        f.increment(entry, entryBytes);
      },
    );
    const column = f.local('i32', i32.mul(i32.sub(index, before), i32.const(SEGMENT)));
    const length = f.local('i32', i32.sub(i32.load(entry, 4), column));
    f.if(i32.gtS(length, i32.const(SEGMENT)), () => f.set(length, i32.const(SEGMENT)));
    return {
      length,
      portOf(view, _lane, kind) {
        const mode = modes[view]!;
        const pointer = f.local('i32', i32.load(entry, 8 + 4 * view));
        if (mode === 'adjacent') f.increment(pointer, i32.mul(column, i32.const(elementStep(kind))));
        return { ...kind, mode, pointer, step: i32.const(0) };
      },
    };
  };
};
