/** Arithmetic on shapes. Strides and offsets count elements, never bytes. */

import { ArgumentError, IndexError, ShapeError } from './errors.ts';

/** The size of each dimension, outermost first; `[]` is a single number. */
export type Shape = readonly number[];
/** How many elements apart neighbours along each dimension are; 0 repeats, a negative stride walks back. */
export type Strides = readonly number[];

/** Number of elements; 1 for the shape `[]` of a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

/** Row-major strides: the last dimension is adjacent in memory. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = step;
    step *= shape[d]!;
  }
  return strides;
}

/** Whether the strides walk memory in row-major order without gaps (dimensions of size 1 may have any stride). */
export function isContiguous(shape: Shape, strides: Strides): boolean {
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] !== 1 && strides[d] !== step) return shape.includes(0);
    step *= shape[d]!;
  }
  return true;
}

/**
 * Whether two shapes (or two lists of strides) are equal.
 *
 * ```ts
 * import { sameShape } from '@tapegrad/core';
 *
 * console.log(sameShape([2, 3], [2, 3]), sameShape([2], [2, 1])); // true false
 * ```
 */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, d) => n === b[d]);
}

/**
 * A shape as errors print it.
 *
 * ```ts
 * import { showShape, zeros } from '@tapegrad/core';
 *
 * console.log(showShape(zeros([2, 3]).shape)); // [2, 3]
 * ```
 */
export function showShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** The shape that all broadcast to (NumPy's rules: align at the end, a size of 1 stretches). Throws: ShapeError. */
export function broadcastShapes(
  op: string,
  shapes: readonly Shape[],
  names: readonly string[] = ['a', 'b', 'c'],
): Shape {
  let result: Shape = shapes[0] ?? [];
  for (const shape of shapes) {
    if (sameShape(result, shape)) continue;
    const rank = Math.max(result.length, shape.length);
    const joined = new Array<number>(rank);
    for (let d = 1; d <= rank; d++) {
      const m = result[result.length - d] ?? 1;
      const n = shape[shape.length - d] ?? 1;
      if (m !== n && m !== 1 && n !== 1) {
        const given = shapes.map((s, i) => `${names[i] ?? `argument ${i}`} is ${showShape(s)}`).join(', ');
        throw new ShapeError(`${op}: shapes do not broadcast: ${given} (sizes ${m} and ${n} at dimension ${-d})`);
      }
      joined[rank - d] = m === 1 ? n : m;
    }
    result = joined;
  }
  return result;
}

/** Strides with which a view of `shape` reads as if it had `target`'s shape: 0 where it stretches. */
export function broadcastStrides(shape: Shape, strides: Strides, target: Shape): number[] {
  const lead = target.length - shape.length;
  return target.map((n, d) => (d < lead || (shape[d - lead] === 1 && n !== 1) ? 0 : strides[d - lead]!));
}

/** A dimension counted from the front: -1 is the last. Throws: IndexError. */
export function normalizeDim(op: string, dim: number, rank: number): number {
  const span = Math.max(rank, 1); // a scalar accepts 0 and -1, as in PyTorch
  if (!Number.isInteger(dim) || dim < -span || dim >= span) {
    throw new IndexError(
      `${op}: dimension ${dim} is out of range: expected ${-span} to ${span - 1} for a tensor of rank ${rank}`,
    );
  }
  return dim < 0 ? dim + span : dim;
}

/** Several dimensions, each once, ascending; all of them where none is given, or []. Throws: IndexError, ArgumentError. */
export function normalizeDims(op: string, dims: number | readonly number[] = [], rank: number): number[] {
  if (typeof dims !== 'number' && dims.length === 0) return Array.from({ length: rank }, (_, d) => d);
  const list = (typeof dims === 'number' ? [dims] : dims).map((d) => normalizeDim(op, d, rank));
  const unique = [...new Set(list)].sort((a, b) => a - b);
  if (unique.length !== list.length) throw new ArgumentError(`${op}: a dimension is named twice in [${String(dims)}]`);
  return rank === 0 ? [] : unique;
}

/** The shape that is left when `dims` are reduced. */
export function reducedShape(shape: Shape, dims: readonly number[], keepdim: boolean): number[] {
  return keepdim ? shape.map((n, d) => (dims.includes(d) ? 1 : n)) : shape.filter((_, d) => !dims.includes(d));
}

/** Throws ShapeError unless every size is a whole number of 0 or more. */
export function checkShape(op: string, shape: Shape): void {
  if (!Array.isArray(shape) || shape.some((n) => !Number.isInteger(n) || n < 0)) {
    const given = Array.isArray(shape) ? showShape(shape) : String(shape);
    throw new ShapeError(
      `${op}: expected a shape such as [2, 3], an array of whole numbers of 0 or more; given ${given}`,
    );
  }
}

/** The index of the element at a row-major position. */
export function unravel(position: number, shape: Shape): number[] {
  const at = new Array<number>(shape.length);
  for (let d = shape.length - 1, rest = position; d >= 0; d--) {
    at[d] = rest % shape[d]!;
    rest = Math.floor(rest / shape[d]!);
  }
  return at;
}
