/** One dimension as several. */

import type { DType } from '../dtype.ts';
import { ShapeError } from '../errors.ts';
import { normalizeDim, type Shape, showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { reshape } from './view.ts';

/**
 * A dimension as several, of which one size may be -1: the reverse of `flatten`.
 *
 * Throws: IndexError; ShapeError where the sizes do not fit the dimension.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.unflatten.html
 *
 * ```ts
 * import { unflatten, zeros } from '@tapegrad/core';
 *
 * console.log(unflatten(zeros([2, 12, 5]), 1, [3, -1]).shape); // [ 2, 3, 4, 5 ]
 * ```
 */
export function unflatten<D extends DType>(x: Tensor<D>, dim: number, sizes: Shape): Tensor<D> {
  const d = normalizeDim('unflatten', dim, x.rank);
  const n = x.shape[d];
  const known = sizes.filter((size) => size !== -1).reduce((a, b) => a * b, 1);
  const isOpen = sizes.includes(-1);
  if (n === undefined || !(isOpen ? Number.isInteger(n / known) : n === known)) {
    throw new ShapeError(
      `unflatten: dimension ${dim} of ${showShape(x.shape)} does not split into ${showShape(sizes)}`,
    );
  }
  const filled = sizes.map((size) => (size === -1 ? n / known : size));
  return reshape(x, x.shape.toSpliced(d, 1, ...filled));
}
