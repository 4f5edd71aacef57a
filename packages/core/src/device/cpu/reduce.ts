/** Reductions and running sums. f32 accumulates in f64, so the reference is more exact than any fast kernel. */

import type { TypedArray } from '../../dtype.ts';
import { sizeOf } from '../../shape.ts';
import type { ReduceOp, View } from '../device.ts';
import { arrayOf } from './buffer.ts';
import { forEachRow } from './walk.ts';

export function reduce(op: ReduceOp, input: View, dims: readonly number[], output: View): void {
  if (op === 'argmax' || op === 'argmin') argReduce(op, input, dims[0]!, output);
  else fold(FOLDS[op], input, dims, output);
}

export function cumsum(input: View, dim: number, output: View): void {
  const [x, y] = [arrayOf(input), arrayOf(output)];
  forEachLine(input, output, dim, (from, to, n, step, stepOut) => {
    let sum = 0;
    for (let k = 0; k < n; k++) y[to + k * stepOut] = sum += x[from + k * step]!;
  });
}

interface Fold {
  readonly start: number;
  /** acc[o + k so] takes in x[i + k si], for k < n. */
  readonly row: (acc: Float64Array, o: number, so: number, x: TypedArray, i: number, si: number, n: number) => void;
}

const FOLDS: Record<'sum' | 'max' | 'min', Fold> = {
  sum: {
    start: 0,
    row: (acc, o, so, x, i, si, n) => {
      for (let k = 0; k < n; k++) acc[o + k * so] = acc[o + k * so]! + x[i + k * si]!;
    },
  },
  max: {
    start: -Infinity,
    row: (acc, o, so, x, i, si, n) => {
      for (let k = 0; k < n; k++) acc[o + k * so] = Math.max(acc[o + k * so]!, x[i + k * si]!);
    },
  },
  min: {
    start: Infinity,
    row: (acc, o, so, x, i, si, n) => {
      for (let k = 0; k < n; k++) acc[o + k * so] = Math.min(acc[o + k * so]!, x[i + k * si]!);
    },
  },
};

/** The output is contiguous; a reduced dimension has stride 0 in the accumulator, so all its elements meet there. */
function fold({ start, row }: Fold, input: View, dims: readonly number[], output: View): void {
  const acc = new Float64Array(sizeOf(output.shape)).fill(start);
  const x = arrayOf(input);
  const into = { offset: 0, strides: output.strides.map((stride, d) => (dims.includes(d) ? 0 : stride)) };
  const last = input.shape.length - 1;
  forEachRow(input.shape, [input, into], ([i, o], n) =>
    row(acc, o!, into.strides[last] ?? 0, x, i!, input.strides[last] ?? 0, n),
  );
  arrayOf(output).set(acc, output.offset);
}

/** The first position of the largest (smallest) element; NaN counts as the extreme, as in PyTorch. */
function argReduce(op: 'argmax' | 'argmin', input: View, dim: number, output: View): void {
  const [x, y] = [arrayOf(input), arrayOf(output)];
  const sign = op === 'argmax' ? 1 : -1;
  forEachLine(input, output, dim, (from, to, n, step) => {
    let best = 0;
    for (let k = 1; k < n; k++) {
      const [held, next] = [x[from + best * step]!, x[from + k * step]!];
      if (Number.isNaN(held)) break;
      if (sign * next > sign * held || Number.isNaN(next)) best = k;
    }
    y[to] = best;
  });
}

/** Visits each line along `dim`: element indices of its start in both views, its length, and the steps along it. */
function forEachLine(
  input: View,
  output: View,
  dim: number,
  line: (from: number, to: number, n: number, step: number, stepOut: number) => void,
): void {
  if (input.shape.length === 0) {
    line(input.offset, output.offset, 1, 0, 0);
    return;
  }
  const [step, stepOut] = [input.strides[dim]!, output.strides[dim]!];
  const shape = [...input.shape.toSpliced(dim, 1), 1]; // a last dimension of 1: each row is one line
  const without = (view: View): { offset: number; strides: number[] } => ({
    offset: view.offset,
    strides: [...view.strides.toSpliced(dim, 1), 0],
  });
  forEachRow(shape, [without(input), without(output)], ([from, to]) =>
    line(from!, to!, input.shape[dim]!, step, stepOut),
  );
}
