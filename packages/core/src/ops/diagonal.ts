/** Diagonals: views along two dimensions at once, and their transpose. */

import { filled } from '../create.ts';
import type { DType, NumberDType } from '../dtype.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { normalizeDim, type Shape, showShape } from '../shape.ts';
import { apply, type Op } from '../tape.ts';
import type { AnyTensor, Tensor } from '../tensor.ts';
import { only, viewOf } from './view.ts';

/**
 * A view of the diagonal of two dimensions, which becomes the last dimension; `offset` counts to the right of the main
 * diagonal.
 *
 * Equation: y[..., i] = x[i, i + offset, ...] for dim1 = 0, dim2 = 1
 *
 * Throws: IndexError, ArgumentError where both dimensions are the same.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.diagonal.html
 *
 * ```ts
 * import { diagonal, tensor } from '@tapegrad/core';
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * console.log(diagonal(x), diagonal(x, 1)); // tensor([1., 4.]) tensor([2.])
 * ```
 */
export function diagonal<D extends DType>(x: Tensor<D>, offset = 0, dim1 = 0, dim2 = 1): Tensor<D> {
  const [a, b] = [normalizeDim('diagonal', dim1, x.rank), normalizeDim('diagonal', dim2, x.rank)];
  if (a === b || x.rank < 2)
    throw new ArgumentError(`diagonal: expected two dimensions; given ${dim1} and ${dim2} for ${showShape(x.shape)}`);
  return only(apply(DIAGONAL, [x], lineOf(x.shape, offset, a, b)));
}

/**
 * The diagonal of a matrix; of a vector, the matrix that has it as its diagonal and is 0 elsewhere.
 *
 * Shapes: [M, N] gives [min(M, N)], [N] gives [N, N]; smaller or larger by `offset`. Throws: ShapeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.diag.html
 *
 * ```ts
 * import { diag, tensor } from '@tapegrad/core';
 *
 * console.log(diag(tensor([1, 2]))); // tensor([[1., 0.],
 * //         [0., 2.]])
 * ```
 */
export function diag<D extends NumberDType>(x: Tensor<D>, offset = 0): Tensor<D> {
  if (x.rank === 2) return diagonal(x, offset);
  if (x.rank !== 1) throw new ShapeError(`diag: expected a vector or a matrix; given ${showShape(x.shape)}`);
  const size = x.size + Math.abs(offset);
  return only(apply(EMBED, [x], lineOf([size, size], offset, 0, 1)));
}

/** A diagonal of dimensions a and b of a tensor of this shape: where it starts, and its length. */
interface Line {
  readonly shape: Shape;
  readonly a: number;
  readonly b: number;
  readonly start: readonly [a: number, b: number];
  readonly length: number;
}

function lineOf(shape: Shape, offset: number, a: number, b: number): Line {
  if (!Number.isInteger(offset)) throw new ArgumentError(`diagonal: expected a whole offset; given ${offset}`);
  const start = [Math.max(0, -offset), Math.max(0, offset)] as const;
  const length = Math.max(0, Math.min(shape[a]! - start[0], shape[b]! - start[1]));
  return { shape, a, b, start, length };
}

const DIAGONAL: Op<Line> = {
  name: 'diagonal',
  forward: ([x], line) => [along(x!, line)],
  vjp: ([g], _, __, line) => [() => only(apply(EMBED, [g!], line))],
};

/** The transpose of a diagonal: the line's values where they were read, 0 elsewhere. */
const EMBED: Op<Line> = {
  name: 'diag',
  forward([x], line) {
    const y = filled(x!.device, x!.dtype, line.shape, 0);
    if (line.length > 0) x!.device.kernels.copy(x!, along(y, line));
    return [y];
  },
  vjp: ([g], _, __, line) => [() => only(apply(DIAGONAL, [g!], line))],
};

function along(x: AnyTensor, { a, b, start, length }: Line): AnyTensor {
  const rest = <T>(list: readonly T[]): T[] => list.filter((_, d) => d !== a && d !== b);
  const [stepA, stepB] = [x.strides[a]!, x.strides[b]!];
  return viewOf(
    x,
    [...rest(x.shape), length],
    [...rest(x.strides), stepA + stepB],
    x.offset + (length > 0 ? start[0] * stepA + start[1] * stepB : 0),
  );
}
