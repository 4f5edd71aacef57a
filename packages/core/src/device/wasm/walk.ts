/**
 * Walking strided views: dimensions that all views walk alike are merged, and kernels find where a row begins.
 *
 * Kernels get the outer dimensions as a table of entries [size, step of view 0, step of view 1...], steps in bytes.
 */

import type { Shape, Strides } from '../../shape.ts';
import type { FunctionBuilder, I32, Local } from './assembler.ts';
import { i32 } from './instructions.ts';
import type { Arguments } from './runtime.ts';

export interface Dim {
  readonly size: number;
  /** Of each view, in bytes. */
  readonly steps: readonly number[];
}

/** The dimensions without those of size 1, adjacent ones merged where every view steps from one into the other. */
export function mergeDims(shape: Shape, strides: readonly Strides[], elementBytes: readonly number[]): Dim[] {
  const dims: Dim[] = [];
  for (let d = 0; d < shape.length; d++) {
    if (shape[d] === 1) continue;
    const steps = new Array<number>(strides.length);
    for (let k = 0; k < steps.length; k++) steps[k] = strides[k]![d]! * elementBytes[k]!;
    addDim(dims, shape[d]!, steps);
  }
  return dims;
}

/** Appends a dimension, or merges it with the last one. */
export function addDim(dims: Dim[], size: number, steps: readonly number[]): void {
  const last = dims.at(-1);
  const runsOn = last?.steps.every((step, k) => step === steps[k]! * size);
  if (last && runsOn) dims[dims.length - 1] = { size: last.size * size, steps };
  else dims.push({ size, steps });
}

/** The table's words: its length in bytes, then an entry each dimension. */
export function tableOf(dims: readonly Dim[]): number[] {
  const words = [0];
  for (const { size, steps } of dims) words.push(size, ...steps);
  words[0] = 4 * (words.length - 1);
  return words;
}

/** Number of positions in the dimensions together. */
export function countOf(dims: readonly Dim[]): number {
  let count = 1;
  for (const { size } of dims) count *= size;
  return count;
}

/** The address of the table that begins at argument `word`. */
export function tableAt(args: Arguments, word: number): I32 {
  return i32.add(args.address, i32.const(4 * word));
}

/** The address of the table behind another one. */
export function nextTable(table: I32): I32 {
  return i32.add(i32.add(table, i32.const(4)), i32.load(table));
}

/** Adds to each address the offset of position `index` (row-major) in the dimensions of a table. */
export function emitOffsets(f: FunctionBuilder, table: I32, index: I32, addresses: readonly Local<'i32'>[]): void {
  const entryBytes = 4 * (1 + addresses.length);
  const rest = f.local('i32', index);
  const start = f.local('i32', i32.add(table, i32.const(4)));
  const entry = f.local('i32', i32.add(start, i32.load(table)));
  const position = f.local('i32');
  f.while(
    () => i32.ne(entry, start),
    () => {
      f.increment(entry, -entryBytes);
      const size = i32.load(entry);
      f.set(position, i32.remU(rest, size));
      f.set(rest, i32.divU(rest, size));
      addresses.forEach((address, k) => {
        f.increment(address, i32.mul(position, i32.load(entry, 4 * (k + 1))));
      });
    },
  );
}
