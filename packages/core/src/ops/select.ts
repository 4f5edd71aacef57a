/** Reading at indices of several kinds, and where a mask is true. */

import { filled, tensor } from '../create.ts';
import type { DType, NumberDType } from '../dtype.ts';
import { ArgumentError, DeviceError, DTypeError, IndexError, ShapeError } from '../errors.ts';
import { broadcastShapes, normalizeDim, type Shape, showShape } from '../shape.ts';
import type { AnyTensor, BoolTensor, IntTensor, Tensor } from '../tensor.ts';
import { expand } from './broadcast.ts';
import { cast } from './cast.ts';
import { add, lt, maximum, mul, sub, where } from './elementwise.ts';
import { gather, indexSelect } from './indexing.ts';
import { cumsum } from './reduce.ts';
import { permute, reshape } from './view.ts';

/**
 * The elements at positions in the flattened tensor; negative ones count from its end.
 *
 * Shapes: indices (i32) any; result as indices. Throws: IndexError with index, position and range, DTypeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.take.html
 *
 * ```ts
 * import { take, tensor } from '@tapegrad/core';
 *
 * console.log(take(tensor([[1, 2], [3, 4]]), tensor(Int32Array.of(3, 0)))); // tensor([4., 1.])
 * ```
 */
export function take<D extends DType>(x: Tensor<D>, indices: IntTensor): Tensor<D> {
  return reshape(
    gather(reshape(x, [x.size]), 0, reshape(fromStart('take', indices, x.size, 0), [indices.size])),
    indices.shape,
  );
}

/**
 * Reads one element per index along `dim`; other dimensions broadcast.
 *
 * Equation: y[..., i, ...] = x[..., indices[..., i, ...], ...]
 *
 * Shapes: x and indices (i32) of one rank, broadcast outside of `dim`. Throws: IndexError, ShapeError, DTypeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.take_along_dim.html
 *
 * ```ts
 * import { argsort, takeAlongDim, tensor } from '@tapegrad/core';
 *
 * const x = tensor([[3, 1, 2]]);
 * console.log(takeAlongDim(x, argsort(x), 1)); // tensor([[1., 2., 3.]])
 * ```
 */
export function takeAlongDim<D extends DType>(x: Tensor<D>, indices: IntTensor, dim?: number): Tensor<D> {
  if (dim === undefined) return take(x, reshape(indices, [indices.size]));
  const d = normalizeDim('takeAlongDim', dim, x.rank);
  if (x.rank !== indices.rank) {
    throw new ShapeError(
      `takeAlongDim: expected indices of x's rank: x is ${showShape(x.shape)}, indices is ${showShape(indices.shape)}`,
    );
  }
  if (x.rank === 0) return gather(x, 0, indices);
  const shape = broadcastShapes('takeAlongDim', [x.shape.with(d, 1), indices.shape.with(d, 1)]);
  return gather(expand(x, shape.with(d, x.shape[d]!)), d, expand(indices, shape.with(d, indices.shape[d]!)));
}

/**
 * Indexing by several tensors at once, as x[i, :, j] in Python: `null` takes a dimension whole. Negative indices count
 * from the end.
 *
 * Equation: y[p...] = x[indices[0][p...], indices[1][p...], ...]
 *
 * Shapes: indices broadcast to [P...], which takes the place of the indexed dimensions if they stand side by side, and
 * comes first otherwise. Throws: IndexError, ShapeError, DTypeError, ArgumentError.
 * Source: https://numpy.org/doc/stable/user/basics.indexing.html#advanced-indexing
 *
 * ```ts
 * import { index, tensor } from '@tapegrad/core';
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * console.log(index(x, [tensor(Int32Array.of(0, 1)), tensor(Int32Array.of(1, -1))])); // tensor([2., 4.])
 * ```
 */
export function index<D extends DType>(x: Tensor<D>, indices: readonly (IntTensor | null)[]): Tensor<D> {
  const dims = indices.flatMap((at, d) => (at ? [d] : []));
  if (dims.length === 0 || indices.length > x.rank) {
    throw new ArgumentError(
      `index: expected one to ${x.rank} tensors of indices for ${showShape(x.shape)}; given ${dims.length} in ${indices.length} places`,
    );
  }
  const shape = broadcastShapes(
    'index',
    dims.map((d) => indices[d]!.shape),
  );
  const rest = x.shape.map((_, d) => d).filter((d) => !dims.includes(d));
  // the indexed dimensions first and as one; positions in it from the last index to the first
  const sizes = dims.map((d) => x.shape[d]!);
  const flat = reshape(permute(x, [...dims, ...rest]), [product(sizes), ...rest.map((d) => x.shape[d]!)]);
  const position = dims.reduce<IntTensor | undefined>((sum, d) => {
    const at = fromStart('index', indices[d]!, x.shape[d]!, d);
    return sum ? add(mul(sum, x.shape[d]!), at) : at;
  }, undefined)!;
  const read = indexSelect(flat, 0, reshape(expand(position, shape), [product(shape)]));
  const y = reshape(read, [...shape, ...rest.map((d) => x.shape[d]!)]);
  const before = dims.at(-1)! - dims[0]! === dims.length - 1 ? dims[0]! : 0;
  const order = y.shape.map((_, k) => k);
  const moved = [
    ...order.slice(shape.length, shape.length + before),
    ...order.slice(0, shape.length),
    ...order.slice(shape.length + before),
  ];
  return permute(y, moved);
}

/** Indices from the end become indices from the start; those that are out of range stay so. */
function fromStart(op: string, at: IntTensor, size: number, dim: number): IntTensor {
  if (at.dtype !== 'i32') {
    throw new DTypeError(
      `${op}: expected i32 indices for dimension ${dim}; given ${at.dtype as DType}: use maskedSelect for a mask, .cast('i32') for numbers`,
    );
  }
  at.device.kernels.checkIndices(
    at,
    -size,
    size,
    (_, value) =>
      new IndexError(`${op}: index ${value} is out of range: expected ${-size} to ${size - 1} in dimension ${dim}`),
  );
  return where(lt(at, 0), add(at, size), at);
}

/**
 * The elements where the mask is true, in row-major order. How many there are depends on values, so the mask is read at
 * once.
 *
 * Shapes: x and mask broadcast; result [K]. Throws: ShapeError, DTypeError; DeviceError on a device that cannot read
 * without waiting.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.masked_select.html
 *
 * ```ts
 * import { maskedSelect, tensor } from '@tapegrad/core';
 *
 * const x = tensor([1, -2, 3]);
 * console.log(maskedSelect(x, x.gt(0))); // tensor([1., 3.])
 * ```
 */
export function maskedSelect<D extends DType>(x: Tensor<D>, mask: BoolTensor): Tensor<D> {
  const shape = broadcastShapes('maskedSelect', [x.shape, mask.shape]);
  const positions = positionsIn('maskedSelect', expand(mask, shape), 'where() or maskedFill() keep the shape');
  return gather(reshape(expand(x, shape), [product(shape)]), 0, positions);
}

/**
 * The positions of elements that are not 0, a row each, in row-major order.
 *
 * Shapes: x [...]; result [K, rank], i32. Throws: DeviceError on a device that cannot read without waiting.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nonzero.html
 *
 * ```ts
 * import { nonzero, tensor } from '@tapegrad/core';
 *
 * console.log(nonzero(tensor([[0, 5], [7, 0]]))); // tensor([[0, 1],
 * //         [1, 0]])
 * ```
 */
export function nonzero(x: AnyTensor): IntTensor {
  const flat = positionsIn('nonzero', cast(x, 'bool'), 'comparisons give a mask that keeps the shape').dataSync();
  const rows = new Int32Array(flat.length * x.rank);
  flat.forEach((position, row) => {
    let rest = Number(position);
    for (let d = x.rank - 1; d >= 0; d--) {
      rows[row * x.rank + d] = rest % x.shape[d]!;
      rest = Math.floor(rest / x.shape[d]!);
    }
  });
  return reshape(tensor(rows, { device: x.device.name }) as IntTensor, [flat.length, x.rank]);
}

/**
 * x with elements of `source`, in their order, where the mask is true.
 *
 * Shapes: x and mask broadcast to the result; source has at least as many elements as places are true.
 * Throws: ShapeError, DTypeError, IndexError where the source is too short.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.masked_scatter_.html
 *
 * ```ts
 * import { maskedScatter, tensor, zeros } from '@tapegrad/core';
 *
 * console.log(maskedScatter(zeros([3]), tensor([true, false, true]), tensor([5, 6]))); // tensor([5., 0., 6.])
 * ```
 */
export function maskedScatter<D extends NumberDType>(x: Tensor<D>, mask: BoolTensor, source: Tensor<D>): Tensor<D> {
  const shape = broadcastShapes('maskedScatter', [x.shape, mask.shape]);
  const places = reshape(expand(mask, shape), [product(shape)]);
  if (places.size === 0) return expand(x, shape);
  const order = maximum(sub(cumsum(cast(places, 'i32'), 0), 1), 0);
  const values = source.size > 0 ? reshape(source, [source.size]) : filled<D>(x.device, x.dtype, [1], 0);
  return where(expand(mask, shape), reshape(gather(values, 0, order), shape), x);
}

/** Positions in the flattened mask. */
function positionsIn(op: string, mask: BoolTensor, instead: string): IntTensor {
  if (!mask.device.readSync) {
    throw new DeviceError(
      `${op}: the shape of the result depends on values, which ${mask.device.name} cannot give at once: ${instead}; or ask the cpu: (await mask.to('cpu')).nonzero()`,
    );
  }
  const found: number[] = [];
  reshape(mask, [mask.size])
    .dataSync()
    .forEach((value, k) => {
      if (value) found.push(k);
    });
  return tensor(Int32Array.from(found), { device: mask.device.name }) as IntTensor;
}

function product(shape: Shape): number {
  return shape.reduce((m, n) => m * n, 1);
}
