/** Rows of reductions, whole or along dimensions, and of what is made of them. */

import { ArgumentError, DTypeError, IndexError, type ReduceOptions, ShapeError, type Tensor } from '@tapegrad/core';
import * as ops from '../../packages/core/src/ops/index.ts';
import { between, exactly, ints, real } from '../support/inputs.ts';
import { float, i3, x3, x23 } from './operands.ts';
import { columns, rows, sum } from './plain.ts';
import { type BadInput, bad, type OpCase, row } from './row.ts';

// biome-ignore-start format: tables are read row by row

type ReductionName = 'sum' | 'mean' | 'variance' | 'std' | 'prod' | 'amax' | 'amin' | 'logSumExp';

// The functions of a family have one signature on floats; the union of all that the catalogue exports has none.
const reduction = (op: ReductionName) => ops[op] as (x: Tensor, options?: ReduceOptions) => Tensor;

const spread = (x: readonly number[]): number => sum(x.map((v) => (v - sum(x) / x.length) ** 2)) / (x.length - 1);

const reductions: readonly [ReductionName, (x: readonly number[]) => number][] = [
  ['sum', sum],
  ['mean', (x) => sum(x) / x.length],
  ['variance', spread],
  ['std', (x) => Math.sqrt(spread(x))],
  ['prod', (x) => x.reduce((a, b) => a * b, 1)],
  ['amax', (x) => Math.max(...x)],
  ['amin', (x) => Math.min(...x)],
  ['logSumExp', (x) => Math.log(sum(x.map(Math.exp)))],
];

/** Position of the first largest. */
const topOf = (x: readonly number[]): number => x.indexOf(Math.max(...x));

export const reduced: readonly OpCase[] = [
  ...reductions.flatMap(([op, js]) => [
    row(op, 'of everything', [real(2, 3)], (x) => reduction(op)(x), { expected: (x) => [js(x)] }),
    row(op, 'over the first dimension', [real(3, 2)], (x) => reduction(op)(x, { dim: 0 }), {
      expected: (x) => columns(x, 2).map(js),
    }),
    row(op, 'over the last dimension, kept', [real(2, 3)], (x) => reduction(op)(x, { dim: -1, keepdim: true }), {
      expected: (x) => rows(x, 3).map(js),
    }),
    row(op, 'over two dimensions', [real(2, 3, 2)], (x) => reduction(op)(x, { dim: [0, -1] })),
    row(
      op,
      'over all dimensions by name, kept',
      [real(2, 2)],
      (x) => reduction(op)(x, { dim: [1, 0], keepdim: true }),
      { expected: (x) => [js(x)] },
    ),
  ]),
  ...reductions
    .filter(([op]) => op !== 'variance' && op !== 'std')
    .map(([op, js]) => row(op, 'of a scalar', [real()], (x) => reduction(op)(x), { expected: (x) => [js(x)] })),
  row('sum', 'over no dimension, which is over all', [real(2, 2)], (x) => ops.sum(x, { dim: [] }), {
    expected: (x) => [sum(x)],
  }),
  row('sum', 'of integers', [ints(5, 2, 3)], (x) => ops.sum(x, { dim: 0 }), {
    expected: (x) => columns(x, 3).map(sum),
  }),
  row('sum', 'of nothing is 0', [real(0, 2)], (x) => ops.sum(x, { dim: 0 }), { expected: () => [0, 0] }),
  row('prod', 'of nothing is 1', [real(0, 2)], (x) => ops.prod(x, { dim: 0 }), { expected: () => [1, 1] }),
  row(
    'prod',
    'of lines with one and two zeros',
    [
      exactly([
        [0, 2, 3],
        [0, 0, 3],
        [1, -2, 0.5],
      ]),
    ],
    (x) => ops.prod(x, { dim: 1 }),
    { expected: () => [0, 0, -1] },
  ),
  row('variance', 'without correction', [real(2, 3)], (x) => ops.variance(x, { dim: 1, correction: 0 }), {
    expected: (x) => rows(x, 3).map((r) => (spread(r) * 2) / 3),
  }),
  row('std', 'without correction', [real(4)], (x) => ops.std(x, { correction: 0 }), {
    expected: (x) => [Math.sqrt((spread(x) * 3) / 4)],
  }),
  row('max', 'of everything', [real(2, 3)], (x) => ops.max(x), { expected: (x) => [Math.max(...x)] }),
  row('max', 'along a dimension gives values and positions', [real(2, 3)], (x) => ops.max(x, { dim: 1 }), {
    expected: (x) => [...rows(x, 3).map((r) => Math.max(...r)), ...rows(x, 3).map(topOf)],
  }),
  row('max', 'along the first dimension, kept', [real(3, 2)], (x) => ops.max(x, { dim: -2, keepdim: true }), {
    expected: (x) => [...columns(x, 2).map((r) => Math.max(...r)), ...columns(x, 2).map(topOf)],
  }),
  row('min', 'of everything', [real(2, 3)], (x) => ops.min(x), { expected: (x) => [Math.min(...x)] }),
  row('min', 'along a dimension gives values and positions', [real(2, 3)], (x) => ops.min(x, { dim: -1 }), {
    expected: (x) => [...rows(x, 3).map((r) => Math.min(...r)), ...rows(x, 3).map((r) => r.indexOf(Math.min(...r)))],
  }),
  row('argmax', 'in the flattened tensor', [real(2, 3)], (x) => ops.argmax(x), { expected: (x) => [topOf(x)] }),
  row('argmax', 'along a dimension, the first of equals', [ints(2, 3, 4)], (x) => ops.argmax(x, { dim: 0 }), {
    expected: (x) => columns(x, 4).map(topOf),
  }),
  row('argmax', 'where NaN wins', [exactly([1, NaN, 3])], (x) => ops.argmax(x), { expected: () => [1] }),
  row('argmin', 'in the flattened tensor, kept', [real(2, 3)], (x) => ops.argmin(x, { keepdim: true }), {
    expected: (x) => [x.indexOf(Math.min(...x))],
  }),
  row('argmin', 'along the last dimension, kept', [real(2, 3)], (x) => ops.argmin(x, { dim: -1, keepdim: true }), {
    expected: (x) => rows(x, 3).map((r) => r.indexOf(Math.min(...r))),
  }),
  row('cumsum', 'along the first dimension', [real(3, 2)], (x) => ops.cumsum(x, 0), {
    expected: (x) => x.map((_, i) => sum(x.filter((__, j) => j <= i && j % 2 === i % 2))),
  }),
  row('cumsum', 'along the last dimension', [real(2, 3)], (x) => ops.cumsum(x, -1), {
    expected: (x) => rows(x, 3).flatMap((r) => r.map((_, j) => sum(r.slice(0, j + 1)))),
  }),
  row('cumsum', 'of a scalar', [real()], (x) => ops.cumsum(x, 0), { expected: (x) => x }),
  row('logSumExp', 'of large numbers', [between(99, 101)(2, 3)], (x) => ops.logSumExp(x, { dim: 1 }), {
    expected: (x) => rows(x, 3).map((r) => 100 + Math.log(sum(r.map((v) => Math.exp(v - 100))))),
  }),
  row('softmax', 'along the last dimension', [real(2, 3)], (x) => ops.softmax(x, -1), {
    expected: (x) => rows(x, 3).flatMap((r) => r.map((v) => Math.exp(v) / sum(r.map(Math.exp)))),
  }),
  row('softmax', 'along a middle dimension', [real(2, 3, 2)], (x) => ops.softmax(x, 1)),
  row('logSoftmax', 'along the last dimension', [real(2, 3)], (x) => ops.logSoftmax(x, 1), {
    expected: (x) => rows(x, 3).flatMap((r) => r.map((v) => v - Math.log(sum(r.map(Math.exp))))),
  }),
  row('logSoftmax', 'along the first dimension', [real(3, 2)], (x) => ops.logSoftmax(x, -2)),
];

export const reducedBad: readonly BadInput[] = [
  ...reductions
    .filter(([op]) => op !== 'sum' && op !== 'prod')
    .map(([op]) =>
      bad(
        op,
        () => reduction(op)(x23, { dim: 2 }),
        IndexError,
        /^\w+: dimension 2 is out of range: expected -2 to 1 for a tensor of rank 2/,
      ),
    ),
  bad('sum', () => ops.sum(x23, { dim: [0, -2] }), ArgumentError, /^sum: a dimension is named twice in \[0,-2\]/),
  bad('prod', () => ops.prod(x23, { dim: -3 }), IndexError, /^prod: dimension -3 is out of range/),
  bad('mean', () => ops.mean(float(i3)), DTypeError, /^mean: expected floats; given i32/),
  bad('variance', () => ops.variance(float(i3)), DTypeError, /^var: expected floats; given i32/),
  bad('logSumExp', () => ops.logSumExp(float(i3)), DTypeError, /^logSumExp: expected floats/),
  bad(
    'amax',
    () => ops.amax(x3.slice(0, 0, 0)),
    ShapeError,
    /^amax: there is no element to choose from: the shape is \[0\]/,
  ),
  bad('max', () => ops.max(x23, { dim: 5 }), IndexError, /^max: dimension 5 is out of range/),
  bad('min', () => ops.min(x3.slice(0, 0, 0)), ShapeError, /^amin: there is no element to choose from/),
  bad(
    'argmax',
    () => ops.argmax(x3.slice(0, 0, 0)),
    ShapeError,
    /^argmax: there is no element to choose from: the shape is \[0\]/,
  ),
  bad('argmin', () => ops.argmin(x23, { dim: 2 }), IndexError, /^argmin: dimension 2 is out of range/),
  bad(
    'cumsum',
    () => ops.cumsum(x3, 1),
    IndexError,
    /^cumsum: dimension 1 is out of range: expected -1 to 0 for a tensor of rank 1/,
  ),
  bad('softmax', () => ops.softmax(x3, 1), IndexError, /^softmax: dimension 1 is out of range/),
  bad('softmax', () => ops.softmax(float(i3), 0), DTypeError, /^softmax: expected floats; given i32/),
  bad('logSoftmax', () => ops.logSoftmax(float(i3), 0), DTypeError, /^logSoftmax: expected floats; given i32/),
];

// biome-ignore-end format: tables are read row by row
