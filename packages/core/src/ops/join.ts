/** Splitting and joining along a dimension: each is the other's transpose. */

import type { DType } from '../dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { normalizeDim, sameShape, showShape } from '../shape.ts';
import { apply, type Op } from '../tape.ts';
import { type AnyTensor, empty, type Tensor } from '../tensor.ts';
import { only, reshape, unsqueeze, viewOf } from './view.ts';

/**
 * Tensors end to end along `dim`; all other sizes agree.
 *
 * Throws: ShapeError, DTypeError, DeviceError, IndexError, ArgumentError for an empty list.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.cat.html
 *
 * ```ts
 * import { cat, tensor } from '@tapegrad/core';
 *
 * console.log(cat([tensor([1, 2]), tensor([3])])); // tensor([1., 2., 3.])
 * ```
 */
export function cat<D extends DType>(tensors: readonly Tensor<D>[], dim = 0): Tensor<D> {
  const [first] = tensors;
  if (!first) throw new ArgumentError('cat: expected at least one tensor; given none');
  const d = normalizeDim('cat', dim, first.rank);
  for (const x of tensors) {
    if (x.rank === 0) throw new ShapeError('cat: a tensor of rank 0 has no dimension to join along; use stack');
    if (x.rank !== first.rank || x.shape.some((n, k) => k !== d && n !== first.shape[k])) {
      throw new ShapeError(
        `cat: sizes differ outside of dimension ${dim}: given ${tensors.map((t) => showShape(t.shape)).join(', ')}`,
      );
    }
    if (x.dtype !== first.dtype)
      throw new DTypeError(
        `cat: dtypes do not mix: given ${tensors.map((t) => t.dtype).join(', ')}; use .cast('${first.dtype}')`,
      );
  }
  return only(apply(CAT, tensors, d));
}

const CAT: Op<number> = {
  name: 'cat',
  forward(inputs, dim) {
    const sizes = inputs.map((x) => x.shape[dim]!);
    const [{ device, dtype, shape }] = inputs as readonly [AnyTensor];
    const y = empty(
      device,
      dtype,
      shape.with(
        dim,
        sizes.reduce((a, b) => a + b),
      ),
    );
    pieces(y, sizes, dim).forEach((piece, k) => {
      device.kernels.copy(inputs[k]!, piece);
    });
    return [y];
  },
  vjp([g], inputs, _, dim) {
    let parts: readonly Tensor[] | undefined;
    return inputs.map(
      (_, k) => () =>
        (parts ??= split(
          g!,
          inputs.map((x) => x.shape[dim]!),
          dim,
        ))[k]!,
    );
  },
};

/**
 * Pieces of the given sizes along `dim`, as views; one number gives pieces of that size, the last maybe smaller.
 *
 * Throws: ShapeError where the sizes do not add up, IndexError, ArgumentError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.split.html
 *
 * ```ts
 * import { split, tensor } from '@tapegrad/core';
 *
 * console.log(split(tensor([1, 2, 3, 4, 5]), [2, 3])); // [ tensor([1., 2.]), tensor([3., 4., 5.]) ]
 * ```
 */
export function split<D extends DType>(x: Tensor<D>, sizes: number | readonly number[], dim = 0): Tensor<D>[] {
  const d = normalizeDim('split', dim, x.rank);
  const n = x.shape[d];
  if (n === undefined) throw new ShapeError('split: a tensor of rank 0 has no dimension to split');
  if (typeof sizes === 'number' && !(Number.isInteger(sizes) && sizes > 0))
    throw new ArgumentError(`split: expected a size of 1 or more; given ${sizes}`);
  const list =
    typeof sizes === 'number'
      ? Array.from({ length: Math.ceil(n / sizes) }, (_, k) => Math.min(sizes, n - k * sizes))
      : sizes;
  if (!list.every((size) => Number.isInteger(size) && size >= 0))
    throw new ArgumentError(`split: expected sizes of 0 or more; given [${list.join(', ')}]`);
  if (list.reduce((a, b) => a + b, 0) !== n) {
    throw new ShapeError(
      `split: sizes [${list.join(', ')}] do not add up to ${n}, dimension ${dim} of ${showShape(x.shape)}`,
    );
  }
  return [...apply(SPLIT, [x], { sizes: list, dim: d })] as unknown as Tensor<D>[];
}

const SPLIT: Op<{ readonly sizes: readonly number[]; readonly dim: number }> = {
  name: 'split',
  forward: ([x], { sizes, dim }) => pieces(x!, sizes, dim),
  vjp: (grads, _, __, { dim }) => [() => cat(grads, dim)],
};

/**
 * At most `chunks` pieces of equal size along `dim`, the last maybe smaller, as views.
 *
 * Throws: ShapeError, IndexError, ArgumentError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.chunk.html
 *
 * ```ts
 * import { chunk, tensor } from '@tapegrad/core';
 *
 * console.log(chunk(tensor([1, 2, 3, 4, 5]), 2)); // [ tensor([1., 2., 3.]), tensor([4., 5.]) ]
 * ```
 */
export function chunk<D extends DType>(x: Tensor<D>, chunks: number, dim = 0): Tensor<D>[] {
  const n = x.shape[normalizeDim('chunk', dim, x.rank)] ?? 0;
  if (!Number.isInteger(chunks) || chunks < 1)
    throw new ArgumentError(`chunk: expected 1 or more chunks; given ${chunks}`);
  return split(x, Math.max(1, Math.ceil(n / chunks)), dim);
}

/**
 * Tensors of one shape side by side along a new dimension `dim`.
 *
 * Throws: ShapeError, DTypeError, DeviceError, IndexError, ArgumentError for an empty list.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.stack.html
 *
 * ```ts
 * import { stack, tensor } from '@tapegrad/core';
 *
 * console.log(stack([tensor([1, 2]), tensor([3, 4])])); // tensor([[1., 2.],
 * //         [3., 4.]])
 * ```
 */
export function stack<D extends DType>(tensors: readonly Tensor<D>[], dim = 0): Tensor<D> {
  if (tensors.length === 0) throw new ArgumentError('stack: expected at least one tensor; given none');
  const differs = tensors.find((x) => !sameShape(x.shape, tensors[0]!.shape));
  if (differs) throw new ShapeError(`stack: shapes differ: given ${tensors.map((x) => showShape(x.shape)).join(', ')}`);
  return cat(
    tensors.map((x) => unsqueeze(x, dim)),
    dim,
  );
}

/**
 * The slices along `dim`, without the dimension, as views; `stack` puts them together again.
 *
 * Throws: ShapeError, IndexError. Source: https://docs.pytorch.org/docs/stable/generated/torch.unbind.html
 *
 * ```ts
 * import { tensor, unbind } from '@tapegrad/core';
 *
 * console.log(unbind(tensor([[1, 2], [3, 4]]), 1)); // [ tensor([1., 3.]), tensor([2., 4.]) ]
 * ```
 */
export function unbind<D extends DType>(x: Tensor<D>, dim = 0): Tensor<D>[] {
  const d = normalizeDim('unbind', dim, x.rank);
  return split(x, 1, d).map((part) => reshape(part, x.shape.toSpliced(d, 1)));
}

function pieces(x: AnyTensor, sizes: readonly number[], dim: number): AnyTensor[] {
  let at = x.offset;
  return sizes.map((size) => {
    const piece = viewOf(x, x.shape.with(dim, size), x.strides, at);
    at += size * x.strides[dim]!;
    return piece;
  });
}
