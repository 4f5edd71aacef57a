/** Matrices as the product kernels take them: addresses and strides in bytes. */

import type { View } from '../device.ts';
import type { I32 } from './assembler.ts';
import { addressOf } from './memory.ts';
import type { Arguments } from './runtime.ts';
import type { Dim } from './walk.ts';

export interface Matrix {
  /** Of the first element. */
  readonly address: number;
  readonly rows: number;
  readonly columns: number;
  readonly strideRow: number;
  readonly strideColumn: number;
}

/** C = A B, or C = A B + P, for each position of the batch dimensions (steps of a, b, c and p). */
export interface Product {
  readonly a: Matrix;
  readonly b: Matrix;
  /** Its rows are contiguous. */
  readonly c: Matrix;
  /** So are its rows. It may be C itself, or repeat one row (a stride of 0). */
  readonly plus?: Matrix | undefined;
  readonly batch: readonly Dim[];
}

/** The last two dimensions of a view. */
export function matrixOf(view: View): Matrix {
  const [rows, columns] = lastTwo(view.shape);
  const [strideRow, strideColumn] = lastTwo(view.strides);
  return { address: addressOf(view), rows, columns, strideRow: 4 * strideRow, strideColumn: 4 * strideColumn };
}

/** The same elements, with rows for columns. */
export function transposed({ address, rows, columns, strideRow, strideColumn }: Matrix): Matrix {
  return { address, rows: columns, columns: rows, strideRow: strideColumn, strideColumn: strideRow };
}

export function lastTwo(values: readonly number[]): [number, number] {
  return [values.at(-2)!, values.at(-1)!];
}

/** Whether `count` elements lie side by side. */
export function isAdjacent(stride: number, count: number): boolean {
  return stride === 4 || count === 1;
}

/** Adjacent arguments of a kernel. */
export function words(args: Arguments, first: number, count: number): I32[] {
  return Array.from({ length: count }, (_, k) => args.i32(first + k));
}
