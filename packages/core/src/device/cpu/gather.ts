/** Gather and its transpose, scatterAdd. */

import type { Kernels, View } from '../device.ts';
import { arrayOf } from './buffer.ts';
import { forEachRow } from './walk.ts';

export const gather: Kernels['gather'] = (source, dim, indices, output) => {
  const [x, index, y] = [arrayOf(source), arrayOf(indices), arrayOf(output)];
  forEachRowOf(source, dim, indices, output, (xAt, iAt, yAt, n, xStep, iStep, yStep, along) => {
    for (let k = 0; k < n; k++) y[yAt + k * yStep] = x[xAt + k * xStep + index[iAt + k * iStep]! * along]!;
  });
};

export const scatterAdd: Kernels['scatterAdd'] = (source, dim, indices, output) => {
  const [x, index, y] = [arrayOf(source), arrayOf(indices), arrayOf(output)];
  forEachRowOf(output, dim, indices, source, (yAt, iAt, xAt, n, yStep, iStep, xStep, along) => {
    for (let k = 0; k < n; k++) {
      const to = yAt + k * yStep + index[iAt + k * iStep]! * along;
      y[to] = y[to]! + x[xAt + k * xStep]!;
    }
  });
};

/** Rows of `indices` (and of `like`, which has its shape); `table` is addressed with its position along `dim` left to the index. */
function forEachRowOf(
  table: View,
  dim: number,
  indices: View,
  like: View,
  row: (
    tableAt: number,
    indexAt: number,
    likeAt: number,
    n: number,
    tableStep: number,
    indexStep: number,
    likeStep: number,
    along: number,
  ) => void,
): void {
  const strides = table.strides.map((stride, d) => (d === dim ? 0 : stride));
  const step = (s: readonly number[]): number => s.at(-1) ?? 0;
  forEachRow(indices.shape, [{ offset: table.offset, strides }, indices, like], ([t, i, l], n) =>
    row(t!, i!, l!, n, step(strides), step(indices.strides), step(like.strides), table.strides[dim] ?? 0),
  );
}
