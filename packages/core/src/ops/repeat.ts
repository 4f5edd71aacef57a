/** The same elements several times, moved along, or in overlapping windows. */

import { tensor } from '../create.ts';
import type { DType, NumberDType } from '../dtype.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { normalizeDim, type Shape, showShape } from '../shape.ts';
import type { IntTensor, Tensor } from '../tensor.ts';
import { expand } from './broadcast.ts';
import { indexSelect } from './indexing.ts';
import { cat } from './join.ts';
import { narrow, permute, reshape } from './view.ts';

/**
 * x laid out `times[d]` times along each dimension d; more times than dimensions add leading ones.
 *
 * Shapes: result [times[0] x.shape[0], ...]. Throws: ShapeError, ArgumentError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.repeat.html
 *
 * ```ts
 * import { repeat, tensor } from '@tapegrad/core';
 *
 * console.log(repeat(tensor([1, 2]), [2, 2])); // tensor([[1., 2., 1., 2.],
 * //         [1., 2., 1., 2.]])
 * ```
 */
export function repeat<D extends DType>(x: Tensor<D>, times: Shape): Tensor<D> {
  if (!times.every((n) => Number.isInteger(n) && n >= 0))
    throw new ArgumentError(`repeat: expected times of 0 or more; given [${times.join(', ')}]`);
  if (times.length < x.rank) {
    throw new ShapeError(
      `repeat: expected a number for each of the ${x.rank} dimensions; given [${times.join(', ')}] for ${showShape(x.shape)}`,
    );
  }
  const shape = [...new Array<number>(times.length - x.rank).fill(1), ...x.shape];
  // [n, m] becomes [1, n, 1, m], is stretched to [t, n, u, m], and read as [t n, u m]
  const apart = reshape(
    x,
    shape.flatMap((n) => [1, n]),
  );
  const stretched = expand(
    apart,
    shape.flatMap((n, d) => [times[d]!, n]),
  );
  return reshape(
    stretched,
    shape.map((n, d) => n * times[d]!),
  );
}

/**
 * x laid out `times[d]` times along each dimension d, counted from the last; missing ones count as 1.
 *
 * Throws: ArgumentError. Source: https://docs.pytorch.org/docs/stable/generated/torch.tile.html
 *
 * ```ts
 * import { tensor, tile } from '@tapegrad/core';
 *
 * console.log(tile(tensor([[1], [2]]), [2])); // tensor([[1., 1.],
 * //         [2., 2.]])
 * ```
 */
export function tile<D extends DType>(x: Tensor<D>, times: Shape): Tensor<D> {
  return repeat(x, [...new Array<number>(Math.max(0, x.rank - times.length)).fill(1), ...times]);
}

/**
 * Each element along `dim` several times in a row: `times` is a number, or one for each element. Without `dim`, of the
 * flattened tensor.
 *
 * Throws: IndexError, ShapeError, ArgumentError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.repeat_interleave.html
 *
 * ```ts
 * import { repeatInterleave, tensor } from '@tapegrad/core';
 *
 * console.log(repeatInterleave(tensor([1, 2]), 2), repeatInterleave(tensor([1, 2]), [0, 3])); // tensor([1., 1., 2., 2.]) tensor([2., 2., 2.])
 * ```
 */
export function repeatInterleave<D extends DType>(
  x: Tensor<D>,
  times: number | readonly number[],
  dim?: number,
): Tensor<D> {
  if (dim === undefined) return repeatInterleave(reshape(x, [x.size]), times, 0);
  const d = normalizeDim('repeatInterleave', dim, x.rank);
  const n = x.shape[d] ?? 1;
  const each = typeof times === 'number' ? new Array<number>(n).fill(times) : times;
  if (!each.every((count) => Number.isInteger(count) && count >= 0))
    throw new ArgumentError(`repeatInterleave: expected times of 0 or more; given ${String(times)}`);
  if (each.length !== n) {
    throw new ShapeError(
      `repeatInterleave: expected ${n} times, one for each element along dimension ${dim} of ${showShape(x.shape)}; given ${each.length}`,
    );
  }
  const indices = Int32Array.from(each.flatMap((count, k) => new Array<number>(count).fill(k)));
  return indexSelect(x, d, tensor(indices, { device: x.device.name }) as IntTensor);
}

/**
 * x moved along dimensions by `shifts`; what leaves at one end comes in at the other. Without `dims`, the flattened
 * tensor moves.
 *
 * Equation: y[i] = x[(i - shift) mod n]
 *
 * Shapes: result as x. Throws: IndexError, ArgumentError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.roll.html
 *
 * ```ts
 * import { roll, tensor } from '@tapegrad/core';
 *
 * console.log(roll(tensor([1, 2, 3]), 1)); // tensor([3., 1., 2.])
 * ```
 */
export function roll<D extends NumberDType>(
  x: Tensor<D>,
  shifts: number | readonly number[],
  dims?: number | readonly number[],
): Tensor<D> {
  const by = typeof shifts === 'number' ? [shifts] : shifts;
  if (!by.every(Number.isInteger)) throw new ArgumentError(`roll: expected whole shifts; given ${by.join(', ')}`);
  if (dims === undefined) {
    if (by.length !== 1) throw new ArgumentError(`roll: without dims, expected one shift; given ${by.length}`);
    return reshape(roll(reshape(x, [x.size]), by, 0), x.shape);
  }
  const along = typeof dims === 'number' ? [dims] : dims;
  if (along.length !== by.length) {
    throw new ArgumentError(
      `roll: expected a shift for each dimension; given ${by.length} shifts and ${along.length} dims`,
    );
  }
  return along.reduce((y, dim, k) => {
    const d = normalizeDim('roll', dim, x.rank);
    const n = x.shape[d] ?? 1;
    const shift = n === 0 ? 0 : ((by[k]! % n) + n) % n;
    return shift === 0 ? y : cat([narrow(y, d, n - shift, shift), narrow(y, d, 0, n - shift)], d);
  }, x);
}

/**
 * Windows of `size` elements along `dim`, every `step` elements; the window becomes the last dimension. Windows overlap
 * where step is below size: their gradients add up.
 *
 * Equation: y[..., w, ..., k] = x[..., w step + k, ...]
 *
 * Shapes: [..., N, ...] gives [..., (N - size) / step + 1, ..., size]. Throws: IndexError, ArgumentError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.unfold.html
 *
 * ```ts
 * import { tensor, unfold } from '@tapegrad/core';
 *
 * console.log(unfold(tensor([1, 2, 3, 4]), 0, 2, 1)); // tensor([[1., 2.],
 * //         [2., 3.],
 * //         [3., 4.]])
 * ```
 */
export function unfold<D extends NumberDType>(x: Tensor<D>, dim: number, size: number, step: number): Tensor<D> {
  const d = normalizeDim('unfold', dim, x.rank);
  const n = x.shape[d] ?? 1;
  const whole = [size, step].every(Number.isInteger);
  if (!whole || size < 0 || size > n || step < 1) {
    throw new ArgumentError(
      `unfold: expected a size of at most ${n} and a step of 1 or more; given size ${size} and step ${step}`,
    );
  }
  const line = x.rank === 0 ? reshape(x, [1]) : x;
  const windows = Math.floor((n - size) / step) + 1;
  const starts = Int32Array.from({ length: windows * size }, (_, i) => Math.floor(i / size) * step + (i % size));
  const read = indexSelect(line, d, tensor(starts, { device: x.device.name }) as IntTensor);
  const apart = reshape(read, line.shape.toSpliced(d, 1, windows, size));
  const order = apart.shape.map((_, k) => k).filter((k) => k !== d + 1);
  return x.rank === 0 ? reshape(apart, [size]) : permute(apart, [...order, d + 1]);
}
