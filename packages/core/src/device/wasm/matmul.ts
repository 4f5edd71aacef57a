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
import { multiplyIntegers } from './matmul-i32.ts';
import { allocate, release } from './memory.ts';
import { mergeDims } from './walk.ts';

export const matmul: Kernels['matmul'] = (a, b, output, { accumulate = false } = {}) => {
  if (sizeOf(output.shape) === 0) return;
  const [M, N] = lastTwo(output.shape);
  const [strideRow, strideColumn] = lastTwo(output.strides);
  if (output.dtype === 'i32') multiplyIntegers(a, b, output);
  else if (strideColumn === 1 || N === 1) multiplyBatch(a, b, output, accumulate);
  else if (strideRow === 1 || M === 1)
    multiplyBatch(transposed(b), transposed(a), transposed(output), accumulate); // c^T = b^T a^T
  else multiplyElsewhere(a, b, output, accumulate);
};

function multiplyBatch(a: View, b: View, output: View, accumulate: boolean): void {
  const batch = mergeDims(output.shape.slice(0, -2), [a, b, output].map(outerStrides), [4, 4, 4]);
  multiply({ a: matrixOf(a), b: matrixOf(b), c: matrixOf(output), batch, accumulate });
}

/** For an output whose rows and columns both have gaps. */
function multiplyElsewhere(a: View, b: View, output: View, accumulate: boolean): void {
  const buffer = allocate('f32', sizeOf(output.shape));
  const result = { ...output, buffer, offset: 0, strides: contiguousStrides(output.shape) };
  if (accumulate) copy(output, result);
  multiplyBatch(a, b, result, accumulate);
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
