/** Walking strided views: by rows for kernels that go over several views at once, by strips for those that gather first. */

import type { TypedArray } from '../../dtype.ts';
import { type Shape, type Strides, sizeOf } from '../../shape.ts';
import type { View } from '../device.ts';
import { arrayOf } from './buffer.ts';

/**
 * Calls `row(at, n)` for each row of the innermost dimension: `at[k]` is view k's element index where the row starts.
 * The array is reused between calls.
 */
export function forEachRow(
  shape: Shape,
  views: readonly { readonly offset: number; readonly strides: Strides }[],
  row: (at: readonly number[], n: number) => void,
): void {
  if (sizeOf(shape) === 0) return;
  const last = shape.length - 1;
  const at = views.map((view) => view.offset);
  const index = shape.map(() => 0);
  for (;;) {
    row(at, last < 0 ? 1 : shape[last]!);
    let d = last - 1; // an odometer over the outer dimensions
    for (; d >= 0; d--) {
      const wraps = ++index[d]! === shape[d];
      views.forEach((view, k) => {
        at[k] = at[k]! + view.strides[d]! * (wraps ? 1 - shape[d]! : 1);
      });
      if (!wraps) break;
      index[d] = 0;
    }
    if (d < 0) return;
  }
}

/** A view with adjacent dimensions merged where its strides allow: fewer, longer runs. */
export interface Runs {
  readonly array: TypedArray;
  readonly offset: number;
  readonly shape: Shape;
  readonly strides: Strides;
}

export function runsOf(view: View): Runs {
  const shape: number[] = [];
  const strides: number[] = [];
  view.shape.forEach((n, d) => {
    const top = shape.length - 1;
    const stride = view.strides[d]!;
    if (n === 1) return;
    if (top >= 0 && strides[top] === stride * n) {
      shape[top] = shape[top]! * n;
      strides[top] = stride;
    } else {
      shape.push(n);
      strides.push(stride);
    }
  });
  return {
    array: arrayOf(view),
    offset: view.offset,
    shape: shape.length > 0 ? shape : [1],
    strides: shape.length > 0 ? strides : [0],
  };
}

/** Copies elements start...start + n of the view, in row-major order, to the front of `strip`. */
export function load(strip: TypedArray, runs: Runs, start: number, n: number): void {
  const { array } = runs;
  eachRun(runs, start, n, (from, stride, at, count) => {
    if (stride === 1) for (let i = 0; i < count; i++) strip[at + i] = array[from + i]!;
    else if (stride === 0) strip.fill(array[from]!, at, at + count);
    else for (let i = 0; i < count; i++) strip[at + i] = array[from + i * stride]!;
  });
}

/** The other way round: writes the front of `strip` to elements start...start + n of the view. */
export function store(strip: TypedArray, runs: Runs, start: number, n: number): void {
  const { array } = runs;
  eachRun(runs, start, n, (to, stride, at, count) => {
    for (let i = 0; i < count; i++) array[to + i * stride] = strip[at + i]!;
  });
}

function eachRun(
  { offset, shape, strides }: Runs,
  start: number,
  n: number,
  run: (element: number, stride: number, at: number, count: number) => void,
): void {
  const last = shape.length - 1;
  const length = shape[last]!;
  const stride = strides[last]!;
  let column = start % length;
  let row = (start - column) / length;
  for (let at = 0; at < n; ) {
    let element = offset + column * stride;
    for (let d = last - 1, rest = row; d >= 0; d--) {
      const size = shape[d]!;
      element += (rest % size) * strides[d]!;
      rest = Math.floor(rest / size);
    }
    const count = Math.min(length - column, n - at);
    run(element, stride, at, count);
    at += count;
    column = 0;
    row++;
  }
}
