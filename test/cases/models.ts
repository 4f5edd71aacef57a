/** Rows of what language models are made of: LSTM and losses. */

import { ArgumentError, DTypeError, IndexError, ones, ShapeError, tensor } from '@tapegrad/core';
import * as ops from '../../packages/core/src/ops/index.ts';
import { ints, real, unit } from '../support/inputs.ts';
import { i3, int, x4, x23 } from './operands.ts';
import { rows, sum } from './plain.ts';
import { type BadInput, bad, type OpCase, row } from './row.ts';

const cellWeights = { weightIh: x23.reshape([2, 3]), weightHh: tensor([[1], [1], [1], [1]]) };

// biome-ignore-start format: tables are read row by row

export const models: readonly OpCase[] = [
  row('softmaxCrossEntropy', 'of three rows', [real(3, 4), ints(4, 3)], (x, t) => ops.softmaxCrossEntropy(x, t), {
    expected: (x, t) => rows(x, 4).map((r, i) => Math.log(sum(r.map(Math.exp))) - r[t[i]!]!),
  }),
  row(
    'linearCrossEntropy',
    'with a bias, weighted rows',
    [real(3, 4), real(5, 4), real(5), ints(5, 3)],
    (h, w, b, t) => ops.linearCrossEntropy(h, w, b, t, h.detach().mul(0).sum({ dim: 1 }).add(0.5)),
    {},
  ),
  row('linearCrossEntropy', 'without a bias', [real(2, 3), real(4, 3), ints(4, 2)], (h, w, t) =>
    ops.linearCrossEntropy(h, w, undefined, t, h.detach().mul(0).sum({ dim: 1 }).add(1)),
  ),
  row(
    'lstmCell',
    'with biases',
    [real(2, 3), real(2, 2), real(2, 2), unit(8, 3), unit(8, 2), unit(8), unit(8)],
    (x, h, c, weightIh, weightHh, biasIh, biasHh) => ops.lstmCell(x, [h, c], { weightIh, weightHh, biasIh, biasHh }),
  ),
  row(
    'lstmCell',
    'without biases',
    [real(1, 2), real(1, 2), real(1, 2), unit(8, 2), unit(8, 2)],
    (x, h, c, weightIh, weightHh) => ops.lstmCell(x, [h, c], { weightIh, weightHh }),
  ),
  row(
    'lstm',
    'over three steps, with biases',
    [real(3, 2, 2), real(2, 2), real(2, 2), unit(8, 2), unit(8, 2), unit(8), unit(8)],
    (x, h, c, weightIh, weightHh, biasIh, biasHh) => ops.lstm(x, [h, c], { weightIh, weightHh, biasIh, biasHh }),
  ),
  row(
    'lstm',
    'from the last step to the first',
    [real(3, 1, 2), real(1, 2), real(1, 2), unit(8, 2), unit(8, 2)],
    (x, h, c, weightIh, weightHh) => ops.lstm(x, [h, c], { weightIh, weightHh }, { reverse: true }),
  ),
  row(
    'lstm',
    'where only the last state is used',
    [real(2, 1, 2), real(1, 2), real(1, 2), unit(8, 2), unit(8, 2)],
    (x, h, c, weightIh, weightHh) => ops.lstm(x, [h, c], { weightIh, weightHh })[1],
  ),
];

export const modelsBad: readonly BadInput[] = [
  bad(
    'linearCrossEntropy',
    () => ops.linearCrossEntropy(x23, x23, undefined, i3, x23.sum({ dim: 1 })),
    ShapeError,
    /^linearCrossEntropy: expected hidden \[N, H\].* targets is \[3\]/,
  ),
  bad(
    'softmaxCrossEntropy',
    () => ops.softmaxCrossEntropy(x23, i3),
    ShapeError,
    /^softmaxCrossEntropy: expected logits \[N, C\] and targets \[N\]: logits is \[2, 3\], targets is \[3\]/,
  ),
  bad(
    'softmaxCrossEntropy',
    () => ops.softmaxCrossEntropy(x23, int(0, 3)),
    IndexError,
    /^softmaxCrossEntropy: index 3 at position \[1\] is out of range: expected 0 to 2/,
  ),
  bad(
    'softmaxCrossEntropy',
    () => ops.softmaxCrossEntropy(x23, tensor([0, 1]) as unknown as typeof i3),
    DTypeError,
    /^softmaxCrossEntropy: expected i32 indices; given f32/,
  ),
  bad(
    'lstm',
    () => ops.lstm(x23, [x23, x23], cellWeights),
    ShapeError,
    /^lstm: expected x \[T, B, D\] with at least one time step; given \[2, 3\]/,
  ),
  bad(
    'lstm',
    () =>
      ops.lstm(tensor([[[1, 2]]]), [tensor([[0]]), tensor([[0, 0]])], {
        ...cellWeights,
        weightIh: ones([4, 2]),
      }),
    ShapeError,
    /^lstm: c0 is \[1, 2\], expected \[1, 1\]/,
  ),
  bad(
    'lstm',
    () =>
      ops.lstm(tensor([[[1, 2]]]), [tensor([[0]], { dtype: 'f64' }), tensor([[0]])], {
        ...cellWeights,
        weightIh: ones([4, 2]),
      }),
    DTypeError,
    /^lstm: dtypes do not mix: x is f32, h0 is f64/,
  ),
  bad(
    'lstm',
    () =>
      ops.lstm(tensor([[[1, 2]]]), [tensor([[0]]), tensor([[0]])], {
        ...cellWeights,
        weightIh: ones([4, 2]),
        biasIh: x4,
      }),
    ArgumentError,
    /^lstm: expected both biases or none/,
  ),
  bad(
    'lstmCell',
    () => ops.lstmCell(tensor([[1, 2]]), [tensor([[0]]), tensor([[0]])], cellWeights),
    ShapeError,
    /^linear: expected x \[..., I\] and weight \[O, I\]: x is \[1, 2\], weight is \[2, 3\]/,
  ),
  bad(
    'lstmCell',
    () =>
      ops.lstmCell(tensor([[1]]), [tensor([[0]]), tensor([[0]])], {
        weightIh: cellWeights.weightHh,
        weightHh: cellWeights.weightHh,
        biasHh: x4,
      }),
    ArgumentError,
    /^lstmCell: expected both biases or none/,
  ),
];

// biome-ignore-end format: tables are read row by row
