/** Views: other shapes, orders and windows of the same memory. Only `reshape` of a view with gaps copies. */

import { filled } from '../create.ts';
import type { DType } from '../dtype.ts';
import { ArgumentError, IndexError, ShapeError } from '../errors.ts';
import {
  checkShape,
  contiguousStrides,
  normalizeDim,
  normalizeDims,
  type Shape,
  type Strides,
  showShape,
  sizeOf,
} from '../shape.ts';
import { apply, type Op } from '../tape.ts';
import { type AnyTensor, packed, Tensor } from '../tensor.ts';

/**
 * The same elements in row-major order under another shape, as a view where that is possible; one size may be -1 and is
 * worked out.
 *
 * Throws: ShapeError where the number of elements differs.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.reshape.html
 *
 * ```ts
 * import { reshape, tensor } from '@tapegrad/core';
 *
 * console.log(reshape(tensor([1, 2, 3, 4]), [2, -1])); // tensor([[1., 2.],
 * //         [3., 4.]])
 * ```
 */
export function reshape<D extends DType>(x: Tensor<D>, shape: Shape): Tensor<D> {
  return only(apply(RESHAPE, [x], resolveShape(x, shape)));
}

const RESHAPE: Op<Shape> = {
  name: 'reshape',
  forward([x], shape) {
    const strides = reshapedStrides(x!, shape);
    return [strides ? viewOf(x!, shape, strides) : viewOf(packed(x!), shape, contiguousStrides(shape))];
  },
  vjp: ([g], [x]) => [() => reshape(g!, x!.shape)],
};

/**
 * The same elements, row-major without gaps; a copy unless they lie so already.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.contiguous.html
 *
 * ```ts
 * import { contiguous, zeros } from '@tapegrad/core';
 *
 * const x = zeros([2, 3]).T;
 * console.log(x.strides, contiguous(x).strides); // [ 1, 3 ] [ 2, 1 ]
 * ```
 */
export function contiguous<D extends DType>(x: Tensor<D>): Tensor<D> {
  return only(apply(CONTIGUOUS, [x], undefined));
}

const CONTIGUOUS: Op = {
  name: 'contiguous',
  forward([x]) {
    const y = packed(x!);
    return [viewOf(y, y.shape, y.strides)];
  },
  vjp: ([g]) => [() => g!],
};

/**
 * A view with the dimensions in another order: `permute(x, [1, 0])` is the transpose of a matrix.
 *
 * Throws: IndexError, ArgumentError unless each dimension is named once.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.permute.html
 *
 * ```ts
 * import { permute, zeros } from '@tapegrad/core';
 *
 * console.log(permute(zeros([2, 3, 4]), [2, 0, 1]).shape); // [ 4, 2, 3 ]
 * ```
 */
export function permute<D extends DType>(x: Tensor<D>, dims: readonly number[]): Tensor<D> {
  const order = dims.map((d) => normalizeDim('permute', d, x.rank));
  if (order.length !== x.rank || new Set(order).size !== x.rank) {
    throw new ArgumentError(
      `permute: expected each of the ${x.rank} dimensions once; given [${dims.join(', ')}] for ${showShape(x.shape)}`,
    );
  }
  return only(apply(PERMUTE, [x], order));
}

const PERMUTE: Op<readonly number[]> = {
  name: 'permute',
  forward: ([x], order) => [
    viewOf(
      x!,
      order.map((d) => x!.shape[d]!),
      order.map((d) => x!.strides[d]!),
    ),
  ],
  vjp: ([g], _, __, order) => [
    () =>
      permute(
        g!,
        order.map((_, d) => order.indexOf(d)),
      ),
  ],
};

/**
 * A view with two dimensions swapped: the last two where none are given.
 *
 * Throws: IndexError. Source: https://docs.pytorch.org/docs/stable/generated/torch.transpose.html
 *
 * ```ts
 * import { tensor, transpose } from '@tapegrad/core';
 *
 * console.log(transpose(tensor([[1, 2], [3, 4]]))); // tensor([[1., 3.],
 * //         [2., 4.]])
 * ```
 */
export function transpose<D extends DType>(x: Tensor<D>, dim0 = -2, dim1 = -1): Tensor<D> {
  const [a, b] = [normalizeDim('transpose', dim0, x.rank), normalizeDim('transpose', dim1, x.rank)];
  return permute(
    x,
    x.shape.map((_, d) => (d === a ? b : d === b ? a : d)),
  );
}

/**
 * Without the dimensions of size 1, or without `dim` if its size is 1.
 *
 * Throws: IndexError. Source: https://docs.pytorch.org/docs/stable/generated/torch.squeeze.html
 *
 * ```ts
 * import { squeeze, zeros } from '@tapegrad/core';
 *
 * console.log(squeeze(zeros([1, 3, 1])).shape, squeeze(zeros([1, 3, 1]), -1).shape); // [ 3 ] [ 1, 3 ]
 * ```
 */
export function squeeze<D extends DType>(x: Tensor<D>, dim?: number): Tensor<D> {
  const only = dim === undefined ? undefined : normalizeDim('squeeze', dim, x.rank);
  return reshape(
    x,
    x.shape.filter((n, d) => n !== 1 || (only !== undefined && d !== only)),
  );
}

/**
 * With a new dimension of size 1 at `dim`; -1 puts it last.
 *
 * Throws: IndexError. Source: https://docs.pytorch.org/docs/stable/generated/torch.unsqueeze.html
 *
 * ```ts
 * import { unsqueeze, zeros } from '@tapegrad/core';
 *
 * console.log(unsqueeze(zeros([3]), 0).shape, unsqueeze(zeros([3]), -1).shape); // [ 1, 3 ] [ 3, 1 ]
 * ```
 */
export function unsqueeze<D extends DType>(x: Tensor<D>, dim: number): Tensor<D> {
  const at = normalizeDim('unsqueeze', dim, x.rank + 1);
  return reshape(x, x.shape.toSpliced(at, 0, 1));
}

/**
 * Dimensions from `start` to `end` (included) as one; all of them where none are given.
 *
 * Throws: IndexError, ArgumentError where start lies behind end.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.flatten.html
 *
 * ```ts
 * import { flatten, zeros } from '@tapegrad/core';
 *
 * console.log(flatten(zeros([2, 3, 4]), 1).shape); // [ 2, 12 ]
 * ```
 */
export function flatten<D extends DType>(x: Tensor<D>, start = 0, end = -1): Tensor<D> {
  if (x.rank === 0) return reshape(x, [1]);
  const [from, to] = [normalizeDim('flatten', start, x.rank), normalizeDim('flatten', end, x.rank)];
  if (from > to)
    throw new ArgumentError(`flatten: start ${start} lies behind end ${end} in a tensor of rank ${x.rank}`);
  return reshape(x, x.shape.toSpliced(from, to - from + 1, sizeOf(x.shape.slice(from, to + 1))));
}

/**
 * In reverse order along the given dimensions: a view with negative strides.
 *
 * Throws: IndexError, ArgumentError. Source: https://docs.pytorch.org/docs/stable/generated/torch.flip.html
 *
 * ```ts
 * import { flip, tensor } from '@tapegrad/core';
 *
 * console.log(flip(tensor([1, 2, 3]), [0])); // tensor([3., 2., 1.])
 * ```
 */
export function flip<D extends DType>(x: Tensor<D>, dims: readonly number[]): Tensor<D> {
  return dims.length === 0 ? x : only(apply(FLIP, [x], normalizeDims('flip', dims, x.rank)));
}

const FLIP: Op<readonly number[]> = {
  name: 'flip',
  forward([x], dims) {
    const { shape, strides, offset } = x!;
    const start = dims.reduce((at, d) => at + Math.max(shape[d]! - 1, 0) * strides[d]!, offset);
    return [
      viewOf(
        x!,
        shape,
        strides.map((stride, d) => (dims.includes(d) ? -stride : stride)),
        start,
      ),
    ];
  },
  vjp: ([g], _, __, dims) => [() => flip(g!, dims)],
};

/**
 * A view of the elements start, start + step, ... before `end` along `dim`. Negative positions count from the end; they
 * are clamped, as in Python.
 *
 * Throws: IndexError, ArgumentError for a step below 1 or a position that is not whole.
 *
 * ```ts
 * import { arange, slice } from '@tapegrad/core';
 *
 * const x = arange(10);
 * console.log(slice(x, 0, 1, 8, 3), slice(x, 0, -2)); // tensor([1, 4, 7]) tensor([8, 9])
 * ```
 */
export function slice<D extends DType>(
  x: Tensor<D>,
  dim: number,
  start = 0,
  end: number = Infinity,
  step = 1,
): Tensor<D> {
  const d = normalizeDim('slice', dim, x.rank);
  if (x.rank === 0) throw new IndexError('slice: a tensor of rank 0 has no dimension to slice');
  if (!Number.isInteger(step) || step < 1)
    throw new ArgumentError(`slice: expected a step of 1 or more; given ${step} (flip() reverses)`);
  for (const at of [start, end]) {
    if (!Number.isInteger(at) && Math.abs(at) !== Infinity)
      throw new ArgumentError(`slice: expected whole positions; given ${at}`);
  }
  const n = x.shape[d]!;
  const clamp = (at: number): number => Math.min(Math.max(at < 0 ? at + n : at, 0), n);
  const from = clamp(start);
  return windowOf(x, { dim: d, start: from, size: Math.max(0, Math.ceil((clamp(end) - from) / step)), step });
}

/**
 * A view of `length` elements along `dim` from `start` on; -1 is the last.
 *
 * Throws: IndexError where they are not all there.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.narrow.html
 *
 * ```ts
 * import { arange, narrow } from '@tapegrad/core';
 *
 * console.log(narrow(arange(10), 0, 2, 3)); // tensor([2, 3, 4])
 * ```
 */
export function narrow<D extends DType>(x: Tensor<D>, dim: number, start: number, length: number): Tensor<D> {
  const d = normalizeDim('narrow', dim, x.rank);
  const n = x.shape[d]!;
  const from = start < 0 ? start + n : start;
  const whole = Number.isInteger(start) && Number.isInteger(length);
  if (!whole || from < 0 || length < 0 || !(from + length <= n)) {
    throw new IndexError(
      `narrow: elements ${start} to ${start + length} are not all in dimension ${dim} of ${showShape(x.shape)}`,
    );
  }
  return windowOf(x, { dim: d, start: from, size: length, step: 1 });
}

/**
 * A view of the slice at one position along `dim`, without the dimension; -1 is the last.
 *
 * Throws: IndexError. Source: https://docs.pytorch.org/docs/stable/generated/torch.select.html
 *
 * ```ts
 * import { select, tensor } from '@tapegrad/core';
 *
 * console.log(select(tensor([[1, 2], [3, 4]]), 0, -1)); // tensor([3., 4.])
 * ```
 */
export function select<D extends DType>(x: Tensor<D>, dim: number, index: number): Tensor<D> {
  const d = normalizeDim('select', dim, x.rank);
  const n = x.shape[d] ?? 0;
  if (!Number.isInteger(index) || index < -n || index >= n) {
    throw new IndexError(
      `select: index ${index} is out of range: expected ${-n} to ${n - 1} in dimension ${dim} of ${showShape(x.shape)}`,
    );
  }
  return reshape(
    windowOf(x, { dim: d, start: index < 0 ? index + n : index, size: 1, step: 1 }),
    x.shape.toSpliced(d, 1),
  );
}

interface Window {
  readonly dim: number;
  readonly start: number;
  readonly size: number;
  readonly step: number;
}

function windowOf<D extends DType>(x: Tensor<D>, window: Window): Tensor<D> {
  return only(apply(WINDOW, [x], window));
}

/** A window and `place` are each other's transpose. */
const WINDOW: Op<Window> = {
  name: 'slice',
  forward: ([x], window) => [cut(x!, window)],
  vjp: ([g], [x], _, window) => [() => place(g!, x!.shape[window.dim]!, window, 0)],
};

/** Puts x at a window of a dimension of size `size`, and `value` everywhere else. */
function place<D extends DType>(x: Tensor<D>, size: number, window: Window, value: number): Tensor<D> {
  return only(apply(PLACE, [x], { size, window, value }));
}

const PLACE: Op<{ readonly size: number; readonly window: Window; readonly value: number }> = {
  name: 'pad',
  forward([x], { size, window, value }) {
    const y = filled(x!.device, x!.dtype, x!.shape.with(window.dim, size), value);
    x!.device.kernels.copy(x!, cut(y, window));
    return [y];
  },
  vjp: ([g], _, __, { window }) => [() => windowOf(g!, window)],
};

/**
 * x with `value` around it. `padding` is [before, after] of the last dimension, then of the one before it, and so on
 * (PyTorch's order); negative padding cuts.
 *
 * Throws: ArgumentError. Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pad.html
 *
 * ```ts
 * import { pad, tensor } from '@tapegrad/core';
 *
 * console.log(pad(tensor([1, 2]), [1, 2])); // tensor([0., 1., 2., 0., 0.])
 * ```
 */
export function pad<D extends DType>(x: Tensor<D>, padding: readonly number[], value = 0): Tensor<D> {
  if (padding.length % 2 !== 0 || padding.length > 2 * x.rank || !padding.every(Number.isInteger)) {
    throw new ArgumentError(
      `pad: expected pairs [before, after] for at most ${x.rank} dimensions; given [${padding.join(', ')}] for ${showShape(x.shape)}`,
    );
  }
  let y = x;
  for (let k = 0; k < padding.length / 2; k++) {
    const dim = x.rank - 1 - k;
    const [before, after] = [padding[2 * k]!, padding[2 * k + 1]!];
    if (Math.min(0, before) + Math.min(0, after) + x.shape[dim]! < 0)
      throw new ArgumentError(`pad: [${before}, ${after}] cuts more than there is of ${showShape(x.shape)}`);
    y = slice(y, dim, Math.max(0, -before), y.shape[dim]! - Math.max(0, -after));
    const [start, size] = [Math.max(0, before), y.shape[dim]!];
    if (before > 0 || after > 0) y = place(y, size + start + Math.max(0, after), { dim, start, size, step: 1 }, value);
  }
  return y;
}

/**
 * The same values, cut off from the tape. Shares memory and version, and outlives the graph.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.detach.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 *
 * const y = tensor([1, 2], { requiresGrad: true }).mul(2);
 * console.log(y, y.detach()); // tensor([2., 4.], gradFn=<mul>) tensor([2., 4.])
 * ```
 */
export function detach<D extends DType>(x: Tensor<D>): Tensor<D> {
  if (x.node) x.storage.owner = undefined;
  return viewOf(x, x.shape, x.strides);
}

/** The same tensor as another node of the tape. */
export function alias<D extends DType>(x: Tensor<D>): Tensor<D> {
  return only(apply(ALIAS, [x], undefined));
}

const ALIAS: Op = {
  name: 'alias',
  forward: ([x]) => [viewOf(x!, x!.shape, x!.strides)],
  vjp: ([g]) => [() => g!],
};

/** A tensor on the same storage. */
export function viewOf<D extends DType>(
  x: Tensor<D>,
  shape: Shape,
  strides: Strides,
  offset: number = x.offset,
): Tensor<D> {
  return new Tensor<D>(x.storage, shape, strides, offset);
}

/** The single output of an op whose output has its input's dtype. */
export function only<D extends DType>(outputs: readonly AnyTensor[]): Tensor<D> {
  return outputs[0] as unknown as Tensor<D>;
}

function cut(x: AnyTensor, { dim, start, size, step }: Window): AnyTensor {
  const stride = x.strides[dim]!;
  return viewOf(
    x,
    x.shape.with(dim, size),
    x.strides.with(dim, stride * step),
    x.offset + (size > 0 ? start * stride : 0),
  );
}

function resolveShape(x: AnyTensor, shape: Shape): Shape {
  const unknown = shape.indexOf(-1);
  const known = sizeOf(shape.filter((n) => n !== -1));
  const resolved = unknown < 0 ? shape : shape.with(unknown, known === 0 ? 0 : x.size / known);
  checkShape(
    'reshape',
    resolved.map((n) => (Number.isInteger(n) ? n : 0)),
  );
  if (sizeOf(resolved) !== x.size || !resolved.every(Number.isInteger)) {
    throw new ShapeError(
      `reshape: ${showShape(x.shape)} has ${x.size} elements, which do not fill ${showShape(shape)}`,
    );
  }
  return resolved;
}

/** Strides that read x's elements in order under the new shape, or undefined where only a copy can. */
function reshapedStrides(x: AnyTensor, shape: Shape): number[] | undefined {
  if (x.size === 0) return contiguousStrides(shape);
  const old = x.shape.map((n, d) => ({ n, stride: x.strides[d]! })).filter(({ n }) => n !== 1);
  const strides = new Array<number>(shape.length).fill(0);
  let d = 0;
  for (let o = 0; o < old.length; ) {
    // Match a group of old dimensions with a group of new ones of the same size.
    let [oldSize, newSize] = [old[o]!.n, 1];
    const [firstOld, firstNew] = [o++, d];
    while (newSize !== oldSize || (d < shape.length && newSize === 1)) {
      if (newSize < oldSize || newSize === 1) newSize *= shape[d++]!;
      else oldSize *= old[o++]!.n;
    }
    for (let k = firstOld; k < o - 1; k++) if (old[k]!.stride !== old[k + 1]!.n * old[k + 1]!.stride) return undefined;
    for (let k = d - 1, step = old[o - 1]!.stride; k >= firstNew; k--) {
      strides[k] = step;
      step *= shape[k]!;
    }
  }
  return strides;
}
