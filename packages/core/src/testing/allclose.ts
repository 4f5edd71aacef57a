/** Comparing tensors. */

import { ShapeError } from '../errors.ts';
import { sameShape, showShape } from '../shape.ts';
import type { AnyTensor } from '../tensor.ts';

export interface CloseOptions {
  /** Relative to |b|. */
  readonly rtol?: number | undefined;
  readonly atol?: number | undefined;
  readonly equalNan?: boolean | undefined;
}

/** Whether |a - b| <= atol + rtol |b| everywhere; infinities equal themselves. Dtypes and devices may differ. Throws: ShapeError. */
export async function allclose(a: AnyTensor, b: AnyTensor, options: CloseOptions = {}): Promise<boolean> {
  if (!sameShape(a.shape, b.shape))
    throw new ShapeError(`allclose: shapes differ: a is ${showShape(a.shape)}, b is ${showShape(b.shape)}`);
  return worstDifference(await a.data(), await b.data(), options).excess <= 0;
}

/** Where two arrays differ most: `excess` is |a - b| beyond the tolerance, above 0 where it is not met. */
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
