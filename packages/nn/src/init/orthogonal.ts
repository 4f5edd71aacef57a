/** Orthogonal matrices. */

import { randn, type Tensor, tensor } from '@tapegrad/core';
import { checkRank, overwrite, placeOf } from './overwrite.ts';
import type { GainOptions } from './scaled.ts';

/**
 * Makes the rows of a matrix orthonormal (the columns, if there are more rows), times `gain`: the Q of a random normal
 * matrix whose R has a positive diagonal, so that all orthogonal matrices are equally probable.
 *
 * Equation: W W^T = gain^2 I, or W^T W = gain^2 I
 *
 * Shapes: x [M, N], or [M, ...] where dimensions after the first count as one.
 *
 * Throws: ShapeError, GradientError where an operation made `x`.
 *
 * Source: Saxe et al. 2013; https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.orthogonal_
 *
 * ```ts
 * import { Linear, init } from '@tapegrad/nn';
 *
 * const { weight } = new Linear(4, 2);
 * init.orthogonal(weight);
 * const product = weight.matmul(weight.T); // [2, 2]
 * console.log(product.sub(init.eye(new Linear(2, 2).weight)).abs().max().itemSync() < 1e-6); // true
 * ```
 */
export function orthogonal<T extends Tensor>(x: T, { gain = 1, generator }: GainOptions = {}): T {
  checkRank('orthogonal', x, 2);
  const rows = x.shape[0]!;
  const columns = rows > 0 ? x.size / rows : 0;
  const [count, length] = rows < columns ? [rows, columns] : [columns, rows];
  // On the host: the values of random numbers are the same everywhere, and no device has a QR decomposition.
  const vectors = randn([count, length], { dtype: 'f64', device: 'cpu', generator }).dataSync();
  orthonormalize(vectors, count, length);
  return overwrite(x, () => {
    const q = tensor(vectors, placeOf(x)).reshape([count, length]).mul(gain);
    return (rows < columns ? q : q.T).reshape(x.shape);
  });
}

/** Gram-Schmidt on rows, in place; twice, since once leaves rounding errors. Lengths are positive: so is R's diagonal. */
function orthonormalize(vectors: { [i: number]: number }, count: number, length: number): void {
  const dot = (a: number, b: number): number => {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += vectors[a * length + i]! * vectors[b * length + i]!;
    return sum;
  };
  for (let row = 0; row < count; row++) {
    for (let pass = 0; pass < 2; pass++) {
      for (let earlier = 0; earlier < row; earlier++) {
        const along = dot(row, earlier);
        for (let i = 0; i < length; i++) vectors[row * length + i]! -= along * vectors[earlier * length + i]!;
      }
    }
    const norm = Math.sqrt(dot(row, row));
    for (let i = 0; i < length; i++) vectors[row * length + i]! /= norm;
  }
}
