/** Rows of sorting, writing and reading at indices, and searching. */

import {
  ArgumentError,
  type BoolTensor,
  DTypeError,
  IndexError,
  ShapeError,
  type Tensor,
  tensor,
} from '@tapegrad/core';
import * as ops from '../../packages/core/src/ops/index.ts';
import { exactly, ints, mask, real } from '../support/inputs.ts';
import { x3, x23 } from './operands.ts';
import { type BadInput, bad, type OpCase, row } from './row.ts';

const orderOf = (x: readonly number[], sign = 1): number[] =>
  x.map((_, i) => i).sort((i, j) => sign * (x[i]! - x[j]!) || i - j);
const at = (x: readonly number[], order: readonly number[]): number[] => order.map((i) => x[i]!);
const reduced = (
  x: readonly number[],
  indices: readonly number[],
  source: readonly number[],
  combine: (values: readonly number[]) => number,
): number[] => x.map((v, j) => combine([v, ...source.filter((_, k) => indices[k] === j)]));
const total = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);

export const selection: readonly OpCase[] = [
  row(
    'argsort',
    'where equals keep their order, both ways',
    [ints(3, 7)],
    (x) => [ops.argsort(x), ops.argsort(x, { descending: true })],
    {
      expected: (x) => [...orderOf(x), ...orderOf(x, -1)],
    },
  ),
  row(
    'argsort',
    'where NaN is the largest',
    [exactly([2, NaN, -1, Infinity, NaN])],
    (x) => [ops.argsort(x), ops.argsort(x, { descending: true })],
    { expected: () => [2, 0, 3, 1, 4, 1, 4, 3, 0, 2] },
  ),
  row('argsort', 'of a line longer than a run of merges', [real(37)], (x) => ops.argsort(x), {
    expected: (x) => orderOf(x),
  }),
  row('argsort', 'of nothing', [real(0)], (x) => ops.argsort(x), { expected: () => [] }),
  row('argsort', 'of a scalar', [real()], (x) => ops.argsort(x), { expected: () => [0] }),
  row('sort', 'of a scalar', [real()], (x) => ops.sort(x)),
  row('topk', 'of a scalar', [real()], (x) => ops.topk(x, 1)),
  row('sort', 'along the first dimension', [real(4, 2)], (x) => ops.sort(x, { dim: 0 })),
  row('sort', 'along the last dimension, descending', [real(2, 4)], (x) => ops.sort(x, { descending: true })),
  row('topk', 'of rows', [real(2, 5)], (x) => ops.topk(x, 2)),
  row('topk', 'of the smallest along the first dimension', [real(4, 2)], (x) =>
    ops.topk(x, 3, { dim: 0, largest: false }),
  ),
  row('kthvalue', 'of rows', [real(2, 5)], (x) => ops.kthvalue(x, 2)),
  row('kthvalue', 'kept', [real(5)], (x) => ops.kthvalue(x, 5, { keepdim: true })[0], {
    expected: (x) => [Math.max(...x)],
  }),
  row('median', 'of everything, the lower of two', [real(2, 3)], (x) => ops.median(x), {
    expected: (x) => [at(x, orderOf(x))[2]!],
  }),
  row('median', 'along a dimension', [real(2, 3)], (x) => ops.median(x, { dim: 1 })),
  row('median', 'is NaN where one is', [exactly([1, NaN, 2])], (x) => ops.median(ops.detach(x), { dim: 0 })[1], {
    expected: () => [1],
  }),

  row(
    'scatter',
    'where the last of equals stays',
    [real(4), ints(3, 5), real(5)],
    (x, i, y) => ops.scatter(x, 0, i, y),
    {
      expected: (x, i, y) => reduced(x, i, y, (v) => v.at(-1)!),
    },
  ),
  row('scatter', 'of a number, of some places', [real(2, 3), ints(3, 2, 2)], (x, i) => ops.scatter(x, 1, i, 0.5)),
  row(
    'scatter',
    'along the first dimension, of part of the source',
    [real(3, 2), ints(3, 2, 1), real(4, 2)],
    (x, i, y) => ops.scatter(x, 0, i, y),
  ),
  row('scatter', 'of nothing', [real(3), ints(3, 0), real(0)], (x, i, y) => ops.scatter(x, 0, i, y), {
    expected: (x) => x,
  }),
  row('scatterReduce', 'of sums', [real(3), ints(2, 4), real(4)], (x, i, y) => ops.scatterReduce(x, 0, i, y, 'sum'), {
    expected: (x, i, y) => reduced(x, i, y, total),
  }),
  row(
    'scatterReduce',
    'of products',
    [real(4), ints(3, 6), real(6)],
    (x, i, y) => ops.scatterReduce(x, 0, i, y, 'prod'),
    {
      expected: (x, i, y) => reduced(x, i, y, (v) => v.reduce((a, b) => a * b, 1)),
    },
  ),
  row('scatterReduce', 'of means', [real(4), ints(3, 6), real(6)], (x, i, y) => ops.scatterReduce(x, 0, i, y, 'mean'), {
    expected: (x, i, y) => reduced(x, i, y, (v) => total(v) / v.length),
  }),
  row('scatterReduce', 'of the largest, along rows', [real(2, 3), ints(2, 2, 4), real(2, 4)], (x, i, y) =>
    ops.scatterReduce(x, 1, i, y, 'amax'),
  ),
  row(
    'scatterReduce',
    'of the smallest',
    [real(4), ints(3, 6), real(6)],
    (x, i, y) => ops.scatterReduce(x, 0, i, y, 'amin'),
    {
      expected: (x, i, y) => reduced(x, i, y, (v) => Math.min(...v)),
    },
  ),
  ...(['sum', 'prod', 'mean', 'amax', 'amin'] as const).map((reduce) =>
    row('scatterReduce', `'${reduce}' without what was there`, [real(4), ints(3, 6), real(6)], (x, i, y) =>
      ops.scatterReduce(x, 0, i, y, reduce, { includeSelf: false }),
    ),
  ),
  row(
    'scatterReduce',
    'of integers',
    [ints(9, 3), ints(2, 4), ints(9, 4)],
    (x, i, y) => ops.scatterReduce(x, 0, i, y, 'amax'),
    {
      expected: (x, i, y) => reduced(x, i, y, (v) => Math.max(...v)),
    },
  ),
  row('indexAdd', 'with repeats and a factor', [real(3, 2), ints(3, 4), real(4, 2)], (x, i, y) =>
    ops.indexAdd(x, 0, i, y, { alpha: 2 }),
  ),
  row('indexCopy', 'along the last dimension', [real(2, 3), ints(3, 2), real(2, 2)], (x, i, y) =>
    ops.indexCopy(x, -1, i, y),
  ),
  row('indexFill', 'of some rows', [real(3, 2), ints(2, 1)], (x, i) => ops.indexFill(x, 0, i, 7), {
    expected: (x, i) => x.map((v, k) => (Math.floor(k / 2) === i[0] ? 7 : v)),
  }),

  row('take', 'from the end', [real(2, 3), ints(6, 2)], (x, i) => ops.take(x, ops.sub(i, 6)), {
    expected: (x, i) => at(x, i),
  }),
  row('take', 'from the flattened tensor', [real(2, 3), ints(6, 2, 2)], (x, i) => ops.take(x, i), {
    expected: (x, i) => at(x, i),
  }),
  row(
    'takeAlongDim',
    'with dimensions that broadcast',
    [real(3, 1), ints(3, 2, 4)],
    (x, i) => ops.takeAlongDim(x, i, 0),
    {
      expected: (x, i) => at(x, i),
    },
  ),
  row('index', 'of pairs', [real(3, 4), ints(3, 5), ints(4, 5)], (x, i, j) => ops.index(x, [i, j]), {
    expected: (x, i, j) => i.map((r, k) => x[4 * r + j[k]!]!),
  }),
  row('index', 'of dimensions side by side, negative ones', [real(2, 3, 2), ints(3, 2), ints(2, 3, 1)], (x, i, j) =>
    ops.index(x, [null, ops.sub(i, 3), j]),
  ),
  row('index', 'of dimensions apart', [real(2, 3, 2), ints(2, 4), ints(2, 4)], (x, i, j) => ops.index(x, [i, null, j])),
  row('maskedSelect', 'with a mask that broadcasts', [real(2, 4), mask(4)], (x, m) => ops.maskedSelect(x, m), {
    expected: (x, m) => x.filter((_, k) => m[k % 4]),
  }),
  row('nonzero', 'of a matrix', [ints(2, 2, 3)], (x) => ops.nonzero(x), {
    expected: (x) => x.flatMap((v, k) => (v ? [Math.floor(k / 3), k % 3] : [])),
  }),
  row('maskedScatter', 'in order', [real(2, 3), mask(2, 3), real(3)], (x, m, y) => ops.maskedScatter(x, m, y), {
    expected: (x, m, y) => x.map((v, k) => (m[k] ? y[total(m.slice(0, k))]! : v)),
  }),

  row(
    'searchSorted',
    'on both sides of equals',
    [exactly([1, 3, 3, 5]), exactly([0, 1, 3, 4, 6])],
    (s, v) => [ops.searchSorted(s, v), ops.searchSorted(s, v, { right: true })],
    { expected: () => [0, 0, 1, 3, 4, 0, 1, 3, 3, 4] },
  ),
  row(
    'searchSorted',
    'in a line each',
    [
      exactly([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      exactly([[2.5], [2.5]]),
    ],
    (s, v) => ops.searchSorted(s, v),
    {
      expected: () => [2, 0],
    },
  ),
  row('searchSorted', 'in nothing', [exactly([]), exactly([1, 2])], (s, v) => ops.searchSorted(s, v), {
    expected: () => [0, 0],
  }),
  row(
    'bucketize',
    'of a matrix',
    [
      exactly([
        [0.5, 2],
        [3, 9],
      ]),
      exactly([1, 2, 3]),
    ],
    (x, b) => ops.bucketize(x, b),
    {
      expected: () => [0, 1, 2, 3],
    },
  ),
];

const int = (...values: number[]): ReturnType<typeof tensor> => tensor(Int32Array.from(values));
const i = int as (...values: number[]) => Parameters<typeof ops.take>[1];
const m3 = tensor([true, false, true]) as BoolTensor;
const number = (x: unknown): Tensor => x as Tensor;

export const selectionBad: readonly BadInput[] = [
  bad('argsort', () => ops.argsort(number(m3)), DTypeError, /^argsort: expected numbers; given bool/),
  bad('sort', () => ops.sort(x3, { dim: 1 }), IndexError, /^argsort: dimension 1 is out of range/),
  bad('topk', () => ops.topk(x3, 4), ArgumentError, /^topk: expected k from 0 to 3, the size of dimension -1; given 4/),
  bad('kthvalue', () => ops.kthvalue(x3, 0), ArgumentError, /^kthvalue: expected k from 1 to 3.*given 0/),
  bad('median', () => ops.median(x3.slice(0, 0, 0)), ShapeError, /^median: there is no element to choose from/),
  bad(
    'scatter',
    () => ops.scatter(x3, 0, i(3), tensor([1])),
    IndexError,
    /^scatter: index 3 at position \[0\] is out of range/,
  ),
  bad(
    'scatter',
    () => ops.scatter(x3, 0, i(0, 1), tensor([1])),
    ShapeError,
    /^scatter: source is smaller than indices/,
  ),
  bad('scatter', () => ops.scatter(x3, 0, i(0), number(int(1))), DTypeError, /^scatter: dtypes do not mix/),
  bad(
    'scatterReduce',
    () => ops.scatterReduce(x3, 0, i(0), tensor([1]), 'set' as 'sum'),
    ArgumentError,
    /^scatterReduce: expected sum, mean, prod, amax, amin; given set/,
  ),
  bad(
    'scatterReduce',
    () => ops.scatterReduce(number(i(1)), 0, i(0), number(i(1)), 'mean'),
    DTypeError,
    /^scatterReduce: expected floats/,
  ),
  bad(
    'indexAdd',
    () => ops.indexAdd(x3, 0, i(0), x3),
    ShapeError,
    /^indexAdd: expected a source of \[1\]: x is \[3\], 1 indices/,
  ),
  bad(
    'indexCopy',
    () => ops.indexCopy(x23, 0, i(0, 1).reshape([1, 2]), x23),
    ShapeError,
    /^indexCopy: expected indices of one dimension/,
  ),
  bad('indexFill', () => ops.indexFill(x3, 0, i(7), 0), IndexError, /^indexFill: index 7 at position \[0\]/),
  bad('take', () => ops.take(x3, i(3)), IndexError, /^take: index 3 is out of range: expected -3 to 2/),
  bad('takeAlongDim', () => ops.takeAlongDim(x23, i(0), 0), ShapeError, /^takeAlongDim: expected indices of x's rank/),
  bad(
    'index',
    () => ops.index(x3, [i(-4)]),
    IndexError,
    /^index: index -4 is out of range: expected -3 to 2 in dimension 0/,
  ),
  bad(
    'index',
    () => ops.index(x3, [null]),
    ArgumentError,
    /^index: expected one to 1 tensors of indices for \[3\]; given 0 in 1 places/,
  ),
  bad(
    'index',
    () => ops.index(x3, [m3 as unknown as Parameters<typeof ops.take>[1]]),
    DTypeError,
    /^index: expected i32 indices for dimension 0; given bool: use maskedSelect/,
  ),
  bad('maskedSelect', () => ops.maskedSelect(tensor([1, 2]), m3), ShapeError, /^maskedSelect: shapes do not broadcast/),
  bad('maskedScatter', () => ops.maskedScatter(x3, m3, tensor([1])), IndexError, /^gather: index 1 at position \[2\]/),
  bad(
    'searchSorted',
    () => ops.searchSorted(x23, x3),
    ShapeError,
    /^searchSorted: expected sorted \[N\].*sorted is \[2, 3\], values is \[3\]/,
  ),
  bad(
    'bucketize',
    () => ops.bucketize(x3, x23),
    ShapeError,
    /^bucketize: expected boundaries of one dimension; given \[2, 3\]/,
  ),
];

export const selectionCannotFail: Readonly<Record<string, string>> = {
  nonzero: 'takes any tensor (devices that cannot read at once have a test of their own)',
};
