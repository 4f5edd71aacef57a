/** Rows of running values, repetition and windows. */

import { ArgumentError, DTypeError, IndexError, ShapeError, type Tensor, tensor } from '@tapegrad/core';
import * as ops from '../../packages/core/src/ops/index.ts';
import { exactly, ints, real } from '../support/inputs.ts';
import { x3 } from './operands.ts';
import { type BadInput, bad, type OpCase, row } from './row.ts';

const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);
const upTo = (x: readonly number[], i: number): readonly number[] => x.slice(0, i + 1);

export const sequences: readonly OpCase[] = [
  row('cumprod', 'of a vector', [real(5)], (x) => ops.cumprod(x, 0), {
    expected: (x) => x.map((_, i) => product(upTo(x, i))),
  }),
  row(
    'cumprod',
    'along the first dimension, with zeros',
    [
      exactly([
        [1, 0],
        [0, 3],
        [2, 0],
        [4, 5],
      ]),
    ],
    (x) => ops.cumprod(x, 0),
    {
      expected: () => [1, 0, 0, 0, 0, 0, 0, 0],
    },
  ),
  row('cumprod', 'of a scalar', [real()], (x) => ops.cumprod(x, -1), { expected: (x) => x }),
  row('logCumSumExp', 'of a vector', [real(5)], (x) => ops.logCumSumExp(x, 0), {
    expected: (x) => x.map((_, i) => Math.log(upTo(x, i).reduce((a, b) => a + Math.exp(b), 0))),
  }),
  row('logCumSumExp', 'along the last dimension', [real(2, 3)], (x) => ops.logCumSumExp(x, -1)),
  row('cummax', 'along the last dimension', [real(2, 4)], (x) => ops.cummax(x, 1)),
  row(
    'cummax',
    'where the last of equals counts, and NaN stays',
    [exactly([1, 3, 3, NaN, 4])],
    (x) => ops.cummax(ops.detach(x), 0)[1],
    {
      expected: () => [0, 1, 2, 3, 3],
    },
  ),
  row('cummin', 'along the first dimension', [real(3, 2)], (x) => ops.cummin(x, 0)),
  row('cummin', 'of integers', [ints(7, 5)], (x) => ops.cummin(x, 0)[0], {
    expected: (x) => x.map((_, i) => Math.min(...upTo(x, i))),
  }),

  row('repeat', 'along two dimensions and a new one', [real(2, 3)], (x) => ops.repeat(x, [2, 1, 2])),
  row('repeat', 'of a vector', [real(2)], (x) => ops.repeat(x, [3]), { expected: (x) => [...x, ...x, ...x] }),
  row('repeat', 'no times is empty', [real(2)], (x) => ops.repeat(x, [0]), { expected: () => [] }),
  row('tile', 'with fewer numbers than dimensions', [real(2, 2)], (x) => ops.tile(x, [2]), {
    expected: ([a, b, c, d]) => [a!, b!, a!, b!, c!, d!, c!, d!],
  }),
  row('repeatInterleave', 'of all elements', [real(2, 2)], (x) => ops.repeatInterleave(x, 2), {
    expected: (x) => x.flatMap((v) => [v, v]),
  }),
  row('repeatInterleave', 'a number for each row', [real(3, 2)], (x) => ops.repeatInterleave(x, [2, 0, 1], 0), {
    expected: (x) => [...x.slice(0, 2), ...x.slice(0, 2), ...x.slice(4)],
  }),
  row('roll', 'of the flattened tensor', [real(2, 3)], (x) => ops.roll(x, -2), {
    expected: (x) => [...x.slice(2), ...x.slice(0, 2)],
  }),
  row('roll', 'along two dimensions', [real(2, 3)], (x) => ops.roll(x, [1, 4], [0, 1]), {
    expected: ([a, b, c, d, e, f]) => [f!, d!, e!, c!, a!, b!],
  }),
  row('unfold', 'in windows that overlap', [real(5, 2)], (x) => ops.unfold(x, 0, 3, 2), {
    expected: (x) => [0, 4].flatMap((at) => [0, 1].flatMap((c) => [x[at + c]!, x[at + 2 + c]!, x[at + 4 + c]!])),
  }),
  row('unfold', 'of a scalar', [real()], (x) => ops.unfold(x, 0, 1, 1), { expected: (x) => x }),
];

const i3 = tensor(Int32Array.of(0, 1, 2)) as unknown as Tensor;
const m3 = tensor([true, false, true]) as unknown as Tensor;

export const sequencesBad: readonly BadInput[] = [
  bad('cumprod', () => ops.cumprod(x3, 1), IndexError, /^cumprod: dimension 1 is out of range/),
  bad('cumprod', () => ops.cumprod(m3, 0), DTypeError, /^cumprod: expected numbers; given bool/),
  bad('logCumSumExp', () => ops.logCumSumExp(i3, 0), DTypeError, /^logCumSumExp: expected floats; given i32/),
  bad('cummax', () => ops.cummax(x3, 2), IndexError, /^cummax: dimension 2 is out of range/),
  bad('cummin', () => ops.cummin(m3, 0), DTypeError, /^cummin: expected numbers; given bool/),
  bad('repeat', () => ops.repeat(x3, [-1]), ArgumentError, /^repeat: expected times of 0 or more; given \[-1\]/),
  bad(
    'repeat',
    () => ops.repeat(x3.reshape([1, 3]), [2]),
    ShapeError,
    /^repeat: expected a number for each of the 2 dimensions; given \[2\] for \[1, 3\]/,
  ),
  bad('tile', () => ops.tile(x3, [0.5]), ArgumentError, /^repeat: expected times of 0 or more; given \[0\.5\]/),
  bad(
    'repeatInterleave',
    () => ops.repeatInterleave(x3, [1, 2]),
    ShapeError,
    /^repeatInterleave: expected 3 times.*given 2/,
  ),
  bad(
    'repeatInterleave',
    () => ops.repeatInterleave(x3, -1),
    ArgumentError,
    /^repeatInterleave: expected times of 0 or more; given -1/,
  ),
  bad('roll', () => ops.roll(x3, [1, 2]), ArgumentError, /^roll: without dims, expected one shift; given 2/),
  bad(
    'roll',
    () => ops.roll(x3, 1, [0, 1]),
    ArgumentError,
    /^roll: expected a shift for each dimension; given 1 shifts and 2 dims/,
  ),
  bad('roll', () => ops.roll(x3, 0.5, 0), ArgumentError, /^roll: expected whole shifts; given 0\.5/),
  bad(
    'unfold',
    () => ops.unfold(x3, 0, 4, 1),
    ArgumentError,
    /^unfold: expected a size of at most 3.*given size 4 and step 1/,
  ),
];
