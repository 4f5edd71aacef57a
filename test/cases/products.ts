/** Rows of matrix products, linear layers and layer norm. */

import { DTypeError, ShapeError, tensor } from '@tapegrad/core';
import * as ops from '../../packages/core/src/ops/index.ts';
import { real } from '../support/inputs.ts';
import { float, i3, x3, x23 } from './operands.ts';
import { rows, sum } from './plain.ts';
import { type BadInput, bad, type OpCase, row } from './row.ts';

// biome-ignore-start format: tables are read row by row

const products: readonly [what: string, a: readonly number[], b: readonly number[]][] = [
  ['two vectors', [3], [3]],
  ['a matrix and a vector', [2, 3], [3]],
  ['a vector and a matrix', [3], [3, 2]],
  ['two matrices', [2, 3], [3, 4]],
  ['matrices larger than a tile', [5, 6], [6, 7]],
  ['two batches', [2, 2, 3], [2, 3, 2]],
  ['a batch and a matrix', [2, 2, 3], [3, 2]],
  ['a matrix and a batch', [2, 3], [2, 3, 2]],
  ['a batch and a vector', [2, 2, 3], [3]],
  ['a vector and a batch', [3], [2, 3, 2]],
  ['batches that broadcast both ways', [2, 1, 2, 3], [3, 3, 2]],
  ['an inner size of 1', [2, 1], [1, 3]],
];

/** Rows as long as `weight` without their mean and scale. */
const normalised = (x: readonly number[], weight: readonly number[], bias: readonly number[]): number[] =>
  rows(x, weight.length).flatMap((r) => {
    const mean = sum(r) / r.length;
    const variance = sum(r.map((v) => (v - mean) ** 2)) / r.length;
    return r.map((v, k) => ((v - mean) / Math.sqrt(variance + 1e-5)) * weight[k]! + bias[k]!);
  });

export const productRows: readonly OpCase[] = [
  ...products.map(([what, a, b]) => row('matmul', `of ${what}`, [real(...a), real(...b)], (x, y) => ops.matmul(x, y))),
  row('matmul', 'of a matrix and its transpose', [real(2, 3)], (x) => ops.matmul(x, x.T)),
  row('matmul', 'with an inner size of 0 gives zeros', [real(2, 0), real(0, 3)], (x, y) => ops.matmul(x, y), {
    expected: () => [0, 0, 0, 0, 0, 0],
  }),
  ...(
    [
      ['rows', [3, 4], [5, 4]],
      ['a batch of rows', [2, 3, 4], [2, 4]],
      ['a vector', [4], [3, 4]],
      ['more features than a tile has', [7, 9], [19, 9]],
      ['one feature', [3, 1], [1, 1]],
    ] as const
  ).flatMap(([what, x, weight]) => [
    row('linear', `of ${what}`, [real(...x), real(...weight), real(weight[0])], (...all) => ops.linear(...all), {
      expected: (a, w, b) =>
        rows(a, weight[1]).flatMap((r) => rows(w, weight[1]).map((v, o) => sum(r.map((p, k) => p * v[k]!)) + b[o]!)),
    }),
    row('linear', `of ${what}, without a bias`, [real(...x), real(...weight)], (a, w) => ops.linear(a, w)),
  ]),
  row(
    'linear',
    'with no input features gives the bias',
    [real(2, 0), real(3, 0), real(3)],
    (...all) => ops.linear(...all),
    {
      expected: (_, __, b) => [...b, ...b],
    },
  ),
  row('linear', 'by a vector, with and without a number as bias', [real(2, 3), real(3), real()], (x, w, b) =>
    ops.cat([ops.linear(x, w, b), ops.linear(x, w)], 0),
  ),
  row('linear', 'of columns, by weights that are a transpose', [real(4, 3), real(4, 2), real(2)], (x, w, b) =>
    ops.linear(x.T, w.T, b),
  ),

  ...(
    [
      ['rows', [3, 5], [5]],
      ['rows of 23, the lengths of all loops', [2, 23], [23]],
      ['two dimensions', [2, 2, 3], [2, 3]],
      ['one element', [3, 1], [1]],
      ['one row', [4], [4]],
    ] as const
  ).flatMap(([what, x, shape]) => [
    row(
      'layerNorm',
      `of ${what}`,
      [real(...x), real(...shape), real(...shape)],
      (x, weight, bias) => ops.layerNorm(x, shape, weight, bias),
      { expected: normalised },
    ),
  ]),
  row('layerNorm', 'without weight and bias', [real(3, 5)], (x) => ops.layerNorm(x, [5], undefined, undefined), {
    expected: (x) => normalised(x, [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]),
  }),
  row('layerNorm', 'with a weight alone', [real(3, 5), real(5)], (x, weight) => ops.layerNorm(x, [5], weight)),
  row('layerNorm', 'with a large eps', [real(3, 5)], (x) => ops.layerNorm(x, [5], undefined, undefined, { eps: 0.5 })),
  row('layerNorm', 'of columns', [real(5, 3), real(5)], (x, weight) => ops.layerNorm(x.T, [5], weight)),
  row('layerNorm', 'of no rows', [real(0, 3), real(3), real(3)], (...all) =>
    ops.layerNorm(all[0], [3], all[1], all[2]),
  ),
];

export const productRowsBad: readonly BadInput[] = [
  bad('matmul', () => ops.matmul(x23, x23), ShapeError, /^matmul: inner sizes differ: a is \[2, 3\], b is \[2, 3\]/),
  bad(
    'matmul',
    () => ops.matmul(x23.reshape([2, 1, 3]), x23.reshape([1, 3, 2]).expand([3, 3, 2])),
    ShapeError,
    /^matmul: shapes do not broadcast/,
  ),
  bad(
    'matmul',
    () => ops.matmul(x3, tensor(1)),
    ShapeError,
    /^matmul: expected at least one dimension each.*use mul for numbers/,
  ),
  bad(
    'matmul',
    () => ops.matmul(x3, tensor(Float64Array.of(1, 2, 3))),
    DTypeError,
    /^matmul: dtypes do not mix: a is f32, b is f64; use \.cast\('f32'\)/,
  ),
  bad(
    'matmul',
    () => ops.matmul(float(i3), float(i3)),
    DTypeError,
    /^matmul: expected floats; given i32: use \.cast\('f32'\)/,
  ),

  bad(
    'linear',
    () => ops.linear(x23, tensor([[1, 2]])),
    ShapeError,
    /^linear: expected x \[\.\.\., I\] and weight \[O, I\]: x is \[2, 3\], weight is \[1, 2\]/,
  ),
  bad(
    'linear',
    () => ops.linear(x23, x23, x3),
    ShapeError,
    /^linear: expected bias \[O\], a number for each row of weight: .* weight is \[2, 3\], bias is \[3\]/,
  ),
  bad(
    'linear',
    () => ops.linear(x23, x23, tensor(Float64Array.of(1, 2))),
    DTypeError,
    /^linear: dtypes do not mix: x is f32, weight is f32, bias is f64; use \.cast\('f32'\)/,
  ),

  bad(
    'layerNorm',
    () => ops.layerNorm(x23, [2]),
    ShapeError,
    /^layerNorm: expected x to end in the normalised shape: x is \[2, 3\], normalizedShape is \[2\]/,
  ),
  bad(
    'layerNorm',
    () => ops.layerNorm(x23, [3], x23),
    ShapeError,
    /^layerNorm: weight is \[2, 3\], expected normalizedShape \[3\]/,
  ),
  bad(
    'layerNorm',
    () => ops.layerNorm(x23, [3], x3, tensor(Float64Array.of(1, 2, 3))),
    DTypeError,
    /^layerNorm: dtypes do not mix: x is f32, weight is f32, bias is f64; use \.cast\('f32'\)/,
  ),
];

// biome-ignore-end format: tables are read row by row
