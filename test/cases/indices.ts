/** Rows of what reads and writes at indices. */

import { ArgumentError, DTypeError, IndexError, ShapeError, tensor } from '@tapegrad/core';
import * as ops from '../../packages/core/src/ops/index.ts';
import { ints, real } from '../support/inputs.ts';
import { float, type i3, int, x3, x23 } from './operands.ts';
import { rows } from './plain.ts';
import { type BadInput, bad, type OpCase, row } from './row.ts';

// biome-ignore-start format: tables are read row by row

export const indices: readonly OpCase[] = [
  row('gather', 'along the first dimension, with repeats', [real(3, 2), ints(3, 4, 2)], (x, i) => ops.gather(x, 0, i), {
    expected: (x, i) => i.map((n, k) => x[n * 2 + (k % 2)]!),
  }),
  row('gather', 'along the last dimension, of some rows', [real(3, 4), ints(4, 2, 3)], (x, i) => ops.gather(x, -1, i), {
    expected: (x, i) => i.map((n, k) => x[Math.floor(k / 3) * 4 + n]!),
  }),
  row('gather', 'of a scalar', [real(), ints(1)], (x, i) => ops.gather(x, 0, i), { expected: (x) => x }),
  row('scatterAdd', 'to a scalar', [real(), ints(1), real()], (x, i, y) => ops.scatterAdd(x, 0, i, y), {
    expected: ([x], _, [y]) => [x! + y!],
  }),
  row('gather', 'at no index', [real(3, 2), ints(3, 0, 2)], (x, i) => ops.gather(x, 0, i), { expected: () => [] }),
  row('scatterAdd', 'along the last dimension, with repeats', [real(2, 3), ints(3, 2, 4), real(2, 4)], (x, i, y) =>
    ops.scatterAdd(x, 1, i, y),
  ),
  row(
    'scatterAdd',
    'along the first dimension, of part of the source',
    [real(3, 2), ints(3, 2, 1), real(4, 2)],
    (x, i, y) => ops.scatterAdd(x, 0, i, y),
  ),
  row(
    'indexSelect',
    'along the first dimension, with repeats',
    [real(3, 2), ints(2, 4)],
    (x, i) => ops.indexSelect(x, 0, i),
    { expected: (x, i) => i.flatMap((n) => x.slice(2 * n, 2 * n + 2)) },
  ),
  row('indexSelect', 'along the last dimension', [real(2, 3), ints(3, 2)], (x, i) => ops.indexSelect(x, -1, i), {
    expected: (x, i) => rows(x, 3).flatMap((r) => i.map((n) => r[n]!)),
  }),
  row('embedding', 'of a batch of tokens, with repeats', [real(4, 2), ints(3, 2, 3)], (w, i) => ops.embedding(w, i), {
    expected: (w, i) => i.flatMap((n) => w.slice(2 * n, 2 * n + 2)),
  }),
  row('oneHot', 'of a matrix', [ints(3, 2, 2)], (i) => ops.oneHot(i, 3), {
    expected: (i) => i.flatMap((n) => [0, 1, 2].map((c) => (c === n ? 1 : 0))),
  }),
];

export const indicesBad: readonly BadInput[] = [
  bad(
    'gather',
    () => ops.gather(x3, 0, int(0, 3)),
    IndexError,
    /^gather: index 3 at position \[1\] is out of range: expected 0 to 2/,
  ),
  bad(
    'gather',
    () => ops.gather(x3, 0, x3 as unknown as typeof i3),
    DTypeError,
    /^gather: expected i32 indices; given f32: make them with tensor\(\[\.\.\.\], \{ dtype: 'i32' \}\)/,
  ),
  bad(
    'gather',
    () => ops.gather(x23, 0, int(0)),
    ShapeError,
    /^gather: indices must have x's rank.*x is \[2, 3\], indices is \[1\]/,
  ),
  bad(
    'scatterAdd',
    () => ops.scatterAdd(x3, 0, int(-1), tensor([1])),
    IndexError,
    /^scatterAdd: index -1 at position \[0\] is out of range: expected 0 to 2/,
  ),
  bad(
    'scatterAdd',
    () => ops.scatterAdd(x3, 0, int(0, 1), tensor([1])),
    ShapeError,
    /^scatterAdd: source is smaller than indices: source is \[1\], indices is \[2\]/,
  ),
  bad('scatterAdd', () => ops.scatterAdd(x3, 0, int(0), float(int(0))), DTypeError, /^scatterAdd: dtypes do not mix/),
  bad(
    'indexSelect',
    () => ops.indexSelect(x3, 0, int(9)),
    IndexError,
    /^indexSelect: index 9 at position \[0\] is out of range: expected 0 to 2/,
  ),
  bad(
    'indexSelect',
    () => ops.indexSelect(x3, 0, int(0, 1).reshape([1, 2])),
    ShapeError,
    /^indexSelect: expected indices of one dimension; given \[1, 2\]/,
  ),
  bad(
    'embedding',
    () => ops.embedding(x23, int(0, 2)),
    IndexError,
    /^embedding: index 2 at position \[1\] is out of range: expected 0 to 1/,
  ),
  bad(
    'embedding',
    () => ops.embedding(x23, x3 as unknown as typeof i3),
    DTypeError,
    /^embedding: expected i32 indices; given f32/,
  ),
  bad(
    'embedding',
    () => ops.embedding(x3, int(0)),
    ShapeError,
    /^embedding: expected a table \[V, D\]; weight is \[3\]/,
  ),
  bad(
    'oneHot',
    () => ops.oneHot(int(3), 3),
    IndexError,
    /^oneHot: index 3 at position \[0\] is out of range: expected 0 to 2/,
  ),
  bad('oneHot', () => ops.oneHot(int(0), 0), ArgumentError, /^oneHot: expected 1 or more classes; given 0/),
];

// biome-ignore-end format: tables are read row by row
