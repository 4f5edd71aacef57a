/**
 * The rows of a map: its dimensions, innermost first, without those of size 1, and merged where all views run on from
 * one into the next. Found anew in each call, so nothing is allocated.
 */

import { isContiguous, sizeOf } from '../../shape.ts';
import type { View } from '../device.ts';

/** What `findRows` found: the size of each dimension, and for each dimension the step of each view, in bytes. */
export const sizes: number[] = [];
export const steps: number[] = [];

export interface RowShape {
  /** Lanes of the first output; those of the last dimension lie side by side in all views that have several. */
  readonly lanes: number;
  /** Of inputs, outputs and iotas together. */
  readonly views: number;
  /** The dimension each iota counts along, from the end. An iota steps by one there, and by none elsewhere. */
  readonly iotas: readonly number[];
  /** No lanes and no iotas: contiguous views are one row. */
  readonly plain: boolean;
}

/** How many dimensions there are, at least one; 0 if there are no elements. */
export function findRows(rows: RowShape, inputs: readonly View[], outputs: readonly View[]): number {
  const { shape } = outputs[0]!;
  const total = sizeOf(shape);
  if (total === 0) return 0;
  let dims = 0;
  if (!(rows.plain && areContiguous(inputs) && areContiguous(outputs))) {
    const last = shape.length - 1;
    for (let d = last; d >= 0; d--) {
      const size = d === last ? shape[d]! / rows.lanes : shape[d]!;
      if (size > 1) dims = addDim(rows, inputs, outputs, d, size, dims);
    }
  }
  if (dims > 1 && sizes[0]! < NARROW && sizes[1]! > sizes[0]!) swapRows(rows.views);
  if (dims > 0) return dims;
  sizes[0] = total / rows.lanes;
  for (let k = 0; k < rows.views; k++) steps[k] = bytesOf(k, inputs, outputs);
  return 1;
}

/** Bytes of an element of view k; 1 for an iota, whose address is its value. */
export function bytesOf(k: number, inputs: readonly View[], outputs: readonly View[]): number {
  const view = viewAt(k, inputs, outputs);
  return view && view.dtype !== 'bool' ? 4 : 1;
}

/** Undefined for an iota. */
export function viewAt(k: number, inputs: readonly View[], outputs: readonly View[]): View | undefined {
  return k < inputs.length ? inputs[k] : outputs[k - inputs.length];
}

/** Rows of fewer elements take longer to begin than to go through: then the dimension around them makes the rows. */
const NARROW = 8;

function swapRows(views: number): void {
  const size = sizes[0]!;
  sizes[0] = sizes[1]!;
  sizes[1] = size;
  for (let k = 0; k < views; k++) {
    const step = steps[k]!;
    steps[k] = steps[views + k]!;
    steps[views + k] = step;
  }
}

function areContiguous(views: readonly View[]): boolean {
  for (let k = 0; k < views.length; k++) if (!isContiguous(views[k]!.shape, views[k]!.strides)) return false;
  return true;
}

/** Joins dimension d with the one inside of it, or puts it around; returns how many there are then. */
function addDim(
  { views, iotas }: RowShape,
  inputs: readonly View[],
  outputs: readonly View[],
  d: number,
  size: number,
  dims: number,
): number {
  const tensors = inputs.length + outputs.length;
  const fromEnd = d - outputs[0]!.shape.length;
  const [inner, outer] = [(dims - 1) * views, dims * views];
  let runsOn = dims > 0;
  for (let k = 0; k < views; k++) {
    const view = viewAt(k, inputs, outputs);
    const step = view ? view.strides[d]! * bytesOf(k, inputs, outputs) : iotas[k - tensors] === fromEnd ? 1 : 0;
    steps[outer + k] = step;
    runsOn &&= step === steps[inner + k]! * sizes[dims - 1]!;
  }
  if (!runsOn) sizes[dims] = size;
  else sizes[dims - 1]! *= size;
  return runsOn ? dims : dims + 1;
}
