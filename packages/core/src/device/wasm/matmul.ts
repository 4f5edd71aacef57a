/**
 * The matrix product of the wasm device: any strides of a, b and the output, by way of the product kernels.
 *
 * M: rows of a, K: inner size, N: columns of b.
 */

import { contiguousStrides, sizeOf } from '../../shape.ts';
import type { Kernels, View } from '../device.ts';
import { copy } from './copy.ts';
import { lastTwo, matrixOf } from './gemm-matrix.ts';
import { multiply } from './gemm-run.ts';
import { allocate, release } from './memory.ts';
import { mergeDims } from './walk.ts';

/** P is added where its rows are contiguous; what has other strides is put into the output before. */
export const matmul: Kernels['matmul'] = (a, b, output, { plus } = {}) => {
  if (sizeOf(output.shape) === 0) return;
  const [M, N] = lastTwo(output.shape);
  const [strideRow, strideColumn] = lastTwo(output.strides);
  const byRows = strideColumn === 1 || N === 1;
  if (byRows && plus && N > 1 && plus.strides.at(-1) !== 1) {
    copy(plus, output);
    multiplyBatch(a, b, output, output);
  } else if (byRows) multiplyBatch(a, b, output, plus);
  else if (strideRow === 1 || M === 1) {
    matmul(transposed(b), transposed(a), transposed(output), { plus: plus && transposed(plus) }); // c^T = b^T a^T
  } else multiplyElsewhere(a, b, output, plus);
};

function multiplyBatch(a: View, b: View, output: View, plus: View | undefined): void {
  const views = [a, b, output, plus ?? output];
  const batch = mergeDims(output.shape.slice(0, -2), views.map(outerStrides), [4, 4, 4, 4]);
  multiply({ a: matrixOf(a), b: matrixOf(b), c: matrixOf(output), plus: plus && matrixOf(plus), batch });
}

/** For an output whose rows and columns both have gaps. */
function multiplyElsewhere(a: View, b: View, output: View, plus: View | undefined): void {
  const buffer = allocate('f32', sizeOf(output.shape));
  const result = { ...output, buffer, offset: 0, strides: contiguousStrides(output.shape) };
  matmul(a, b, result, { plus });
  copy(result, output);
  release(buffer);
}

function outerStrides(view: View): readonly number[] {
  return view.strides.slice(0, -2);
}

function transposed(view: View): View {
  const swap = (values: readonly number[]): number[] => [...values.slice(0, -2), values.at(-1)!, values.at(-2)!];
  return { ...view, shape: swap(view.shape), strides: swap(view.strides) };
}
