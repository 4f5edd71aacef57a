/** Looking up where values belong in a sorted line. */

import { filled } from '../create.ts';
import type { NumberDType } from '../dtype.ts';
import { ShapeError } from '../errors.ts';
import { scope } from '../scope.ts';
import { showShape } from '../shape.ts';
import { apply, type Op } from '../tape.ts';
import type { IntTensor, Tensor } from '../tensor.ts';
import { add, le, logicalAnd, lt, minimum, sub, where } from './elementwise.ts';
import { gather } from './indexing.ts';
import { only, reshape } from './view.ts';

/** On which side of equal elements a value belongs. */
export interface SearchOptions {
  /** After equal elements, not before them. Default: false. */
  readonly right?: boolean | undefined;
}

/**
 * Where each value would be inserted to keep its line sorted.
 *
 * Equation: sorted[y - 1] < value <= sorted[y], or sorted[y - 1] <= value < sorted[y] with `right`
 *
 * Shapes: sorted [N] with values [...], or sorted [..., N] with values [..., K]; result (i32) as values.
 * Throws: ShapeError, DTypeError. Source: https://docs.pytorch.org/docs/stable/generated/torch.searchsorted.html
 *
 * ```ts
 * import { searchSorted, tensor } from '@tapegrad/core';
 *
 * console.log(searchSorted(tensor([1, 3, 5]), tensor([0, 3, 9]))); // tensor([0, 1, 3])
 * ```
 */
export function searchSorted<D extends NumberDType>(
  sorted: Tensor<D>,
  values: Tensor<D>,
  { right = false }: SearchOptions = {},
): IntTensor {
  const lines = sorted.rank === 1 ? reshape(values, [values.size]) : values;
  const fits = sorted.rank === lines.rank && sorted.shape.slice(0, -1).join() === lines.shape.slice(0, -1).join();
  if (sorted.rank === 0 || !fits) {
    throw new ShapeError(
      `searchSorted: expected sorted [N], or leading dimensions as those of values: sorted is ${showShape(sorted.shape)}, values is ${showShape(values.shape)}`,
    );
  }
  return reshape(only<'i32'>(apply(SEARCH, [sorted, lines], right)), values.shape);
}

const SEARCH: Op<boolean> = {
  name: 'searchSorted',
  // binary search: how many elements lie before the value, bit by bit
  forward: ([sorted, values], right) =>
    scope(() => {
      const [line, value] = [sorted as Tensor, values as Tensor];
      const n = line.shape.at(-1)!;
      let count: IntTensor = filled<'i32'>(value.device, 'i32', value.shape, 0);
      for (let bit = 2 ** Math.floor(Math.log2(Math.max(n, 1))); bit >= 1 && n > 0; bit /= 2) {
        const next = add(count, bit);
        const element = gather(line, -1, minimum(sub(next, 1), n - 1));
        const before = right ? le(element, value) : lt(element, value);
        count = where(logicalAnd(before, le(next, n)), next, count);
      }
      return [count];
    }),
};

/**
 * The bucket between sorted boundaries that each value lies in.
 *
 * Equation: boundaries[y - 1] < x <= boundaries[y], or boundaries[y - 1] <= x < boundaries[y] with `right`
 *
 * Shapes: x any, boundaries [N]; result (i32) as x. Throws: ShapeError, DTypeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.bucketize.html
 *
 * ```ts
 * import { bucketize, tensor } from '@tapegrad/core';
 *
 * console.log(bucketize(tensor([0.5, 2]), tensor([1, 2, 3]))); // tensor([0, 1])
 * ```
 */
export function bucketize<D extends NumberDType>(
  x: Tensor<D>,
  boundaries: Tensor<D>,
  options: SearchOptions = {},
): IntTensor {
  if (boundaries.rank !== 1)
    throw new ShapeError(`bucketize: expected boundaries of one dimension; given ${showShape(boundaries.shape)}`);
  return searchSorted(boundaries, x, options);
}
