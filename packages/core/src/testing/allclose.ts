/** Comparing tensors. */

import { ShapeError } from '../errors.ts';
import { sameShape, showShape } from '../shape.ts';
import type { AnyTensor } from '../tensor.ts';

/** How far apart two numbers may be. */
export interface CloseOptions {
  /** Relative to |b|. Default: 1e-5. */
  readonly rtol?: number | undefined;
  /** Absolute. Default: 1e-8. */
  readonly atol?: number | undefined;
  /** Whether NaN equals NaN. Default: false. */
  readonly equalNan?: boolean | undefined;
}

/**
 * Whether two tensors are equal up to a tolerance; infinities equal themselves. Dtypes and devices may differ.
 *
 * Equation: |a - b| <= atol + rtol |b| everywhere
 *
 * Throws: ShapeError. Source: https://docs.pytorch.org/docs/stable/generated/torch.allclose.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { allclose } from '@tapegrad/core/testing';
 *
 * console.log(await allclose(tensor([1, 2]), tensor([1, 2.001]), { rtol: 1e-3 })); // true
 * ```
 */
export async function allclose(a: AnyTensor, b: AnyTensor, options: CloseOptions = {}): Promise<boolean> {
  if (!sameShape(a.shape, b.shape))
    throw new ShapeError(`allclose: shapes differ: a is ${showShape(a.shape)}, b is ${showShape(b.shape)}`);
  return worstDifference(await a.data(), await b.data(), options).excess <= 0;
}

/**
 * Where two arrays of one length differ most: `excess` is |a - b| beyond the tolerance, above 0 where it is not met;
 * `index` is -1 for empty arrays.
 *
 * ```ts
 * import { worstDifference } from '@tapegrad/core/testing';
 *
 * const { index, difference, excess } = worstDifference([1, 2], [1, 2.5]);
 * console.log(index, difference, excess > 0); // 1 0.5 true
 * ```
 */
export function worstDifference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { rtol = 1e-5, atol = 1e-8, equalNan = false }: CloseOptions = {},
): { readonly index: number; readonly difference: number; readonly excess: number } {
  let worst = { index: -1, difference: 0, excess: -Infinity };
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    const equal = x === y || (equalNan && Number.isNaN(x) && Number.isNaN(y));
    const difference = equal ? 0 : Number.isFinite(x) && Number.isFinite(y) ? Math.abs(x - y) : Infinity;
    const excess = difference === Infinity ? Infinity : difference - (equal ? atol : atol + rtol * Math.abs(y));
    if (excess > worst.excess) worst = { index: i, difference, excess };
  }
  return worst;
}
