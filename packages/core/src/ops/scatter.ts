/**
 * Writing at indices. Where several elements go to one place, the order of the source decides, so that the result is the
 * same on every device and in every run: indices are sorted (equals keep their order), a scan folds each run of equal
 * ones, and the last of a run goes to its place alone.
 */

import { filled, onesLike } from '../create.ts';
import type { NumberDType } from '../dtype.ts';
import { ArgumentError, DTypeError, GradientError, ShapeError } from '../errors.ts';
import { scope } from '../scope.ts';
import { broadcastStrides, normalizeDim, sameShape, showShape } from '../shape.ts';
import { apply, type Op } from '../tape.ts';
import { type AnyTensor, type IntTensor, Tensor } from '../tensor.ts';
import { cast } from './cast.ts';
import { checkFloat, checkIndices } from './check.ts';
import { add, div, eq, gt, maximum, minimum, mul, ne, where } from './elementwise.ts';
import { gather, scatterAdd } from './indexing.ts';
import { cat } from './join.ts';
import { doubled } from './scan.ts';
import { argsort } from './sort.ts';
import { narrow, only, reshape, viewOf } from './view.ts';

/**
 * x with `source` written at indices along `dim`; of several that go to one place the last stays.
 *
 * Equation: y = x; then y[..., indices[..., i, ...], ...] = source[..., i, ...]
 *
 * Shapes: x any, indices (i32) of x's rank, source a number or at least as large as indices; result as x.
 * Throws: IndexError with index, position and range, ShapeError, DTypeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.scatter.html
 *
 * ```ts
 * import { scatter, tensor, zeros } from '@tapegrad/core';
 *
 * console.log(scatter(zeros([3]), 0, tensor(Int32Array.of(2, 0)), tensor([5, 6]))); // tensor([6., 0., 5.])
 * ```
 */
export function scatter<D extends NumberDType>(
  x: Tensor<D>,
  dim: number,
  indices: IntTensor,
  source: Tensor<D> | number,
): Tensor<D> {
  const target = targetOf('scatter', x, dim, indices, source);
  if (indices.size === 0) return scatterAdd(x, dim, indices, target.source);
  return where(gt(target.counts, 0), placed(target, sorted(target)), x);
}

/** How elements that meet are combined. */
export type ScatterReduction = 'sum' | 'prod' | 'mean' | 'amax' | 'amin';

/** Whether what was there before takes part. */
export interface ScatterReduceOptions {
  /** Default: true. */
  readonly includeSelf?: boolean | undefined;
}

/**
 * x with `source` combined into it at indices along `dim`; places that no index names keep x. Of 'amax' and 'amin', equal
 * elements share the gradient evenly.
 *
 * Equation: y[j] = reduce of x[j] and all source[..., i, ...] with indices[..., i, ...] = j
 *
 * Shapes: as of `scatterAdd`. Throws: IndexError with index, position and range, ShapeError, DTypeError ('mean' takes
 * floats), ArgumentError. Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.scatter_reduce_.html
 *
 * ```ts
 * import { ones, scatterReduce, tensor } from '@tapegrad/core';
 *
 * const indices = tensor(Int32Array.of(1, 1, 2));
 * console.log(scatterReduce(ones([3]), 0, indices, tensor([2, 3, 4]), 'prod')); // tensor([1., 6., 4.])
 * ```
 */
export function scatterReduce<D extends NumberDType>(
  x: Tensor<D>,
  dim: number,
  indices: IntTensor,
  source: Tensor<D>,
  reduce: ScatterReduction,
  { includeSelf = true }: ScatterReduceOptions = {},
): Tensor<D> {
  if (!Object.hasOwn(REDUCTIONS, reduce)) {
    throw new ArgumentError(
      `scatterReduce: expected ${Object.keys(REDUCTIONS).join(', ')}; given ${String(reduce)} ('set' is scatter())`,
    );
  }
  if (reduce === 'mean') checkFloat('scatterReduce', x as unknown as Tensor);
  const target = targetOf('scatterReduce', x, dim, indices, source);
  if (indices.size === 0) return scatterAdd(x, dim, indices, target.source);
  const { neutral, run } = REDUCTIONS[reduce];
  const start = includeSelf ? x : where(gt(target.counts, 0), neutral(x), x);
  return run(start, target as unknown as Target<NumberDType>, includeSelf) as unknown as Tensor<D>;
}

/**
 * x with slices of `source`, times alpha, added at indices along `dim`.
 *
 * Equation: y = x; then y[..., indices[i], ...] += alpha source[..., i, ...]
 *
 * Shapes: x any, indices [N] of i32, source as x with N for `dim`; result as x. Throws: IndexError, ShapeError, DTypeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.index_add.html
 *
 * ```ts
 * import { indexAdd, tensor, zeros } from '@tapegrad/core';
 *
 * console.log(indexAdd(zeros([3]), 0, tensor(Int32Array.of(1, 1)), tensor([2, 3]))); // tensor([0., 5., 0.])
 * ```
 */
export function indexAdd<D extends NumberDType>(
  x: Tensor<D>,
  dim: number,
  indices: IntTensor,
  source: Tensor<D>,
  { alpha = 1 }: { readonly alpha?: number } = {},
): Tensor<D> {
  const term = alpha === 1 ? source : mul(source, alpha);
  return scatterAdd(x, dim, spread('indexAdd', x, dim, indices, source), term);
}

/**
 * x with slices of `source` written at indices along `dim`; of several that go to one place the last stays.
 *
 * Shapes: as of `indexAdd`. Throws: IndexError, ShapeError, DTypeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_copy_.html
 *
 * ```ts
 * import { indexCopy, tensor, zeros } from '@tapegrad/core';
 *
 * console.log(indexCopy(zeros([3]), 0, tensor(Int32Array.of(2)), tensor([7]))); // tensor([0., 0., 7.])
 * ```
 */
export function indexCopy<D extends NumberDType>(
  x: Tensor<D>,
  dim: number,
  indices: IntTensor,
  source: Tensor<D>,
): Tensor<D> {
  return scatter(x, dim, spread('indexCopy', x, dim, indices, source), source);
}

/**
 * x with `value` in the slices at indices along `dim`.
 *
 * Shapes: x any, indices [N] of i32; result as x. Throws: IndexError, ShapeError, DTypeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_fill_.html
 *
 * ```ts
 * import { indexFill, ones, tensor } from '@tapegrad/core';
 *
 * console.log(indexFill(ones([3]), 0, tensor(Int32Array.of(0, 2)), -1)); // tensor([-1.,  1., -1.])
 * ```
 */
export function indexFill<D extends NumberDType>(
  x: Tensor<D>,
  dim: number,
  indices: IntTensor,
  value: number,
): Tensor<D> {
  const d = normalizeDim('indexFill', dim, x.rank);
  checkIndices('indexFill', indices, x.shape[d] ?? 1);
  if (indices.rank !== 1)
    throw new ShapeError(`indexFill: expected indices of one dimension; given ${showShape(indices.shape)}`);
  const line = filled<'i32'>(indices.device, 'i32', [x.shape[d] ?? 1], 0);
  const named = gt(scatterAdd(line, 0, indices, onesLike(indices)), 0);
  return where(
    reshape(
      named,
      x.shape.map((n, k) => (k === d ? n : 1)),
    ),
    value,
    x,
  );
}

/** Elements on their way to places of x: source and indices have one shape. */
interface Target<D extends NumberDType> {
  readonly x: Tensor<D>;
  readonly dim: number;
  readonly indices: IntTensor;
  readonly source: Tensor<D>;
  /** How many elements go to each place of x, i32. */
  readonly counts: IntTensor;
}

function targetOf<D extends NumberDType>(
  op: string,
  x: Tensor<D>,
  dim: number,
  indices: IntTensor,
  source: Tensor<D> | number,
): Target<D> {
  const d = normalizeDim(op, dim, x.rank);
  checkIndices(op, indices, x.shape[d] ?? 1);
  const given = source instanceof Tensor ? source : filled<D>(x.device, x.dtype, indices.shape, source);
  if (given.dtype !== x.dtype)
    throw new DTypeError(`${op}: dtypes do not mix: x is ${x.dtype}, source is ${given.dtype}`);
  if (given.rank !== indices.rank || indices.shape.some((n, k) => n > given.shape[k]!)) {
    throw new ShapeError(
      `${op}: source is smaller than indices: source is ${showShape(given.shape)}, indices is ${showShape(indices.shape)}`,
    );
  }
  const used = indices.shape.reduce((y, n, k) => (y.shape[k] === n ? y : narrow(y, k, 0, n)), given);
  const counts = scatterAdd(filled<'i32'>(x.device, 'i32', x.shape, 0), d, indices, onesLike(indices));
  return { x, dim: d, indices, source: used, counts };
}

/** A line sorted by where its elements go. */
interface Sorted<D extends NumberDType> {
  readonly places: IntTensor;
  readonly values: Tensor<D>;
}

function sorted<D extends NumberDType>({ indices, source, dim }: Target<D>): Sorted<D> {
  if (indices.rank === 0) return { places: indices, values: source };
  const order = argsort(indices, { dim });
  return { places: gather(indices, dim, order), values: gather(source, dim, order) };
}

/** Folds elements that go to one place, in their order: the last of each run then holds them all. */
function folded<D extends NumberDType>(
  target: Target<D>,
  combine: (a: Tensor<D>, b: Tensor<D>) => Tensor<D>,
): Sorted<D> {
  const { places, values } = sorted(target);
  const [all] = doubled<[Tensor<D>, IntTensor]>([values, places], target.dim, ([a, i], [b, j]) => [
    where(eq(i, j), combine(a, b), b),
    j,
  ]);
  return { places, values: all };
}

/** The last element of each run at its place, 0 elsewhere. */
function placed<D extends NumberDType>({ x, dim }: Target<D>, { places, values }: Sorted<D>): Tensor<D> {
  const n = places.shape[dim] ?? 1;
  const ends = filled<'i32'>(x.device, 'i32', places.shape.with(dim, 1), -1); // no index: the last of all ends a run
  const next = places.rank === 0 ? undefined : cat([narrow(places, dim, 1, n - 1), ends], dim);
  const last = next ? where(ne(places, next), values, 0) : values;
  return scatterAdd(filled<D>(x.device, x.dtype, x.shape, 0), dim, places, last);
}

type Numbers = Tensor<NumberDType>;

interface Reduction {
  /** What changes nothing. */
  readonly neutral: (x: Numbers) => number;
  readonly run: (x: Numbers, target: Target<NumberDType>, includeSelf: boolean) => Numbers;
}

const REDUCTIONS: Readonly<Record<ScatterReduction, Reduction>> = {
  sum: { neutral: () => 0, run: (x, target) => added(x, target) },
  mean: {
    neutral: () => 0,
    run: (x, target, includeSelf) => {
      const terms = includeSelf ? add(target.counts, 1) : maximum(target.counts, 1);
      return div(added(x, target) as Tensor, cast(terms, x.dtype) as unknown as Tensor);
    },
  },
  prod: {
    neutral: () => 1,
    run: (x, target) => {
      const factors = placed(target, folded(target, mul));
      return mul(x, where(gt(target.counts, 0), factors, 1));
    },
  },
  amax: extremeOf(maximum, -Infinity, -(2 ** 31)),
  amin: extremeOf(minimum, Infinity, 2 ** 31 - 1),
};

function added(x: Numbers, { dim, indices, source }: Target<NumberDType>): Numbers {
  return scatterAdd(x, dim, indices, source);
}

function extremeOf(choose: (a: Numbers, b: Numbers) => Numbers, ofFloats: number, ofIntegers: number): Reduction {
  const op: Op<number> = {
    name: 'scatterReduce',
    forward: ([x, indices, source], dim) =>
      scope(() => {
        const target = targetOf('scatterReduce', x as Numbers, dim, indices as IntTensor, source as Numbers);
        const best = placed(target, folded(target, choose));
        return [where(gt(target.counts, 0), choose(x as Numbers, best), x as Numbers)];
      }),
    // equal elements share the gradient of the place where they met
    vjp: ([g], [x, indices, source], [y], dim) => {
      const at = indices as unknown as IntTensor;
      const wins = cast(eq(source as Numbers, gather(y as Numbers, dim, at)), x!.dtype) as Tensor;
      const stays = cast(eq(x as Numbers, y as Numbers), x!.dtype) as Tensor;
      const share = div(g!, maximum(scatterAdd(stays, dim, at, wins), 1));
      return [
        () => mul(share, stays),
        () => {
          throw new GradientError('an index has no gradient');
        },
        () => mul(gather(share, dim, at), wins),
      ];
    },
  };
  return {
    neutral: (x) => (x.dtype === 'i32' ? ofIntegers : ofFloats),
    run: (x, { dim, indices, source }) => only(apply(op, [x, indices, source], dim)),
  };
}

/** Indices [N] for whole slices, as indices of the slices' elements. */
function spread(op: string, x: AnyTensor, dim: number, indices: IntTensor, source: AnyTensor): IntTensor {
  const d = normalizeDim(op, dim, x.rank);
  const n = indices.size;
  const shape = x.rank === 0 ? [] : x.shape.with(d, n);
  if (indices.rank > 1)
    throw new ShapeError(`${op}: expected indices of one dimension; given ${showShape(indices.shape)}`);
  if (!sameShape(source.shape, shape)) {
    throw new ShapeError(
      `${op}: expected a source of ${showShape(shape)}: x is ${showShape(x.shape)}, ${n} indices along dimension ${dim}, source is ${showShape(source.shape)}`,
    );
  }
  const column = reshape(
    indices,
    shape.map((_, k) => (k === d ? n : 1)),
  );
  return viewOf(column, shape, broadcastStrides(column.shape, column.strides, shape)) as IntTensor;
}
