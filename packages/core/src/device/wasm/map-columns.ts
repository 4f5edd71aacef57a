/**
 * Inputs whose rows lie along columns, as transposes do: reading them element by element fetches a cache line for each.
 * It is faster to transpose them first, in blocks.
 */

import type { Program } from '../../scalar/program.ts';
import { sizeOf } from '../../shape.ts';
import type { View } from '../device.ts';
import { copy } from './copy.ts';
import { allocateView, release } from './memory.ts';

/** Elements from which on a copy is worth its call. */
const LEAST = 2048;

/** Whether an input should be copied into rows. */
export function isColumns({ outputs }: Program, input: View, slot: number): boolean {
  const { shape, strides, dtype } = input;
  const last = strides.at(-1);
  if (last === 1 || last === 0 || dtype === 'bool' || sizeOf(shape) < LEAST) return false;
  for (let k = 0; k < outputs.length; k++) if (outputs[k]!.into === slot) return false;
  return (
    strides.every((stride, d) => stride !== 0 || shape[d] === 1) && strides.some((s, d) => s === 1 && shape[d]! > 1)
  );
}

/** Calls `use` with copies of the inputs for which `isColumns` holds. */
export function withRows(program: Program, inputs: readonly View[], use: (inputs: readonly View[]) => void): void {
  const views = inputs.map((input, slot) => {
    if (!isColumns(program, input, slot)) return input;
    const { dtype, shape } = input;
    const view = allocateView(dtype, shape);
    copy(input, view);
    return view;
  });
  use(views);
  views.forEach(({ buffer }, slot) => {
    if (buffer !== inputs[slot]!.buffer) release(buffer);
  });
}
