/** Rows of what draws random numbers. */

import { ArgumentError, DTypeError, ShapeError, tensor } from '@tapegrad/core';
import * as ops from '../../packages/core/src/ops/index.ts';
import { exactly, positive, real } from '../support/inputs.ts';
import { float, i3, x3 } from './operands.ts';
import { type BadInput, bad, type OpCase, row } from './row.ts';

// biome-ignore-start format: tables are read row by row

export const noise: readonly OpCase[] = [
  row('dropout', 'in training', [real(3, 4)], (x) => ops.dropout(x, 0.4), {
    noParity: 'f32 and f64 draw different numbers (philox.ts), so the masks differ',
  }),
  row('dropout', 'in evaluation is the identity', [real(2, 3)], (x) => ops.dropout(x, 0.4, { training: false }), {
    expected: (x) => x,
  }),
  row('dropout', 'of everything is 0', [real(2, 3)], (x) => ops.dropout(x, 1), { expected: (x) => x.map(() => 0) }),
  row(
    'multinomial',
    'of certain rows, with replacement',
    [
      exactly([
        [0, 0, 3],
        [2, 0, 0],
      ]),
    ],
    (w) => ops.multinomial(w, 2, { replacement: true }),
    { expected: () => [2, 2, 0, 0] },
  ),
  row(
    'multinomial',
    'of all classes, without replacement',
    [positive(4)],
    (w) => ops.cumsum(ops.sum(ops.oneHot(ops.multinomial(w, 4), 4), { dim: 0 }), 0),
    { expected: () => [1, 2, 3, 4] },
  ),
];

export const noiseBad: readonly BadInput[] = [
  bad('dropout', () => ops.dropout(x3, 1.5), ArgumentError, /^dropout: expected a probability from 0 to 1; given 1\.5/),
  bad('dropout', () => ops.dropout(float(i3), 0.5), DTypeError, /^dropout: expected floats; given i32/),
  bad(
    'multinomial',
    () => ops.multinomial(x3, 4),
    ArgumentError,
    /^multinomial: cannot draw 4 samples from 3 classes; pass \{ replacement: true \}/,
  ),
  bad(
    'multinomial',
    () => ops.multinomial(tensor([0, 0]), 1),
    ArgumentError,
    /^multinomial: expected finite weights of 0 or more, one of them positive/,
  ),
  bad(
    'multinomial',
    () => ops.multinomial(tensor([1, -1]), 1),
    ArgumentError,
    /^multinomial: expected finite weights of 0 or more/,
  ),
  bad('multinomial', () => ops.multinomial(tensor([1, 0, 0]), 2), ArgumentError, /^multinomial: cannot draw 2 samples/),
  bad(
    'multinomial',
    () => ops.multinomial(tensor(1), 1),
    ShapeError,
    /^multinomial: expected weights \[C\] or \[N, C\]; given \[\]/,
  ),
];

// biome-ignore-end format: tables are read row by row
