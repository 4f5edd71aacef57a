/** Rows of recurrent cells and sequences. T 3, B 2, D 3, H 2. */

import { ArgumentError, DTypeError, ShapeError, type Tensor, zeros } from '@tapegrad/core';
import * as ops from '../../packages/core/src/ops/index.ts';
import { type Make, real, unit } from '../support/inputs.ts';
import { type BadInput, bad, type OpCase, row } from './row.ts';

const [T, B, D, H, P] = [3, 2, 3, 2, 1];
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** x, h, and the weights with or without biases. */
const stepInputs = (gates: number, biases: boolean): Make<Tensor>[] => [
  real(B, D),
  real(B, H),
  unit(gates * H, D),
  unit(gates * H, H),
  ...(biases ? [unit(gates * H), unit(gates * H)] : []),
];
const sequenceInputs = (gates: number, biases: boolean): Make<Tensor>[] => [
  real(T, B, D),
  ...stepInputs(gates, biases).slice(1),
];

type Run = (x: Tensor, h: Tensor, weights: ops.RecurrentWeights) => Tensor | readonly Tensor[];

const withWeights =
  (run: Run) =>
  (...[x, h, weightIh, weightHh, biasIh, biasHh]: Tensor[]): Tensor | readonly Tensor[] =>
    run(x!, h!, { weightIh: weightIh!, weightHh: weightHh!, biasIh, biasHh });

/** W v + b, row by row of a batch: entry [b][k]. */
function affine(v: readonly number[], w: readonly number[], bias: readonly number[] = []): number[][] {
  const features = v.length / B;
  return Array.from({ length: B }, (_, b) =>
    Array.from({ length: w.length / features }, (_, k) =>
      Array.from({ length: features }, (_, j) => w[k * features + j]! * v[b * features + j]!).reduce(
        (sum, part) => sum + part,
        bias[k] ?? 0,
      ),
    ),
  );
}

/** The equations of the GRU on plain numbers. */
function gruStep(x: number[], h: number[], wi: number[], wh: number[], bi?: number[], bh?: number[]): number[] {
  const [fromInput, fromState] = [affine(x, wi, bi), affine(h, wh, bh)];
  return fromInput.flatMap((a, b) =>
    Array.from({ length: H }, (_, k) => {
      const s = fromState[b]!;
      const [r, z] = [sigmoid(a[k]! + s[k]!), sigmoid(a[H + k]! + s[H + k]!)];
      const n = Math.tanh(a[2 * H + k]! + r * s[2 * H + k]!);
      return (1 - z) * n + z * h[b * H + k]!;
    }),
  );
}

const rnnStep =
  (squash: (x: number) => number) =>
  (x: number[], h: number[], wi: number[], wh: number[], bi?: number[], bh?: number[]): number[] => {
    const fromState = affine(h, wh, bh);
    return affine(x, wi, bi).flatMap((a, b) => a.map((v, k) => squash(v + fromState[b]![k]!)));
  };

/** All steps of a cell on plain numbers: outputs, then the last state. */
const steps =
  (step: (x: number[], h: number[], ...weights: number[][]) => number[]) =>
  (x: number[], h0: number[], ...weights: number[][]): number[] => {
    let h = h0;
    const outputs = Array.from({ length: T }, (_, t) => (h = step(x.slice(t * B * D, (t + 1) * B * D), h, ...weights)));
    return [...outputs.flat(), ...h];
  };

const relu = (x: number): number => Math.max(x, 0);

export const recurrent: readonly OpCase[] = [
  row('gruCell', 'with biases', stepInputs(3, true), withWeights(ops.gruCell), { expected: gruStep }),
  row('gruCell', 'without biases', stepInputs(3, false), withWeights(ops.gruCell), { expected: gruStep }),
  row('gru', 'over three steps, with biases', sequenceInputs(3, true), withWeights(ops.gru), {
    expected: steps(gruStep),
  }),
  row('gru', 'without biases', sequenceInputs(3, false), withWeights(ops.gru), { expected: steps(gruStep) }),
  row(
    'gru',
    'from the last step to the first',
    sequenceInputs(3, true),
    withWeights((x, h, weights) => ops.gru(x, h, weights, { reverse: true })),
  ),
  row(
    'gru',
    'where only the last state is used',
    sequenceInputs(3, true),
    withWeights((x, h, weights) => ops.gru(x, h, weights)[1]),
  ),

  row('rnnCell', 'of tanh', stepInputs(1, true), withWeights(ops.rnnCell), { expected: rnnStep(Math.tanh) }),
  row(
    'rnnCell',
    'of relu, without biases',
    stepInputs(1, false),
    withWeights((x, h, weights) => ops.rnnCell(x, h, weights, { nonlinearity: 'relu' })),
    { expected: rnnStep(relu) },
  ),
  row('rnn', 'of tanh, over three steps', sequenceInputs(1, true), withWeights(ops.rnn), {
    expected: steps(rnnStep(Math.tanh)),
  }),
  row(
    'rnn',
    'of relu',
    sequenceInputs(1, true),
    withWeights((x, h, weights) => ops.rnn(x, h, weights, { nonlinearity: 'relu' })),
    { expected: steps(rnnStep(relu)) },
  ),
  row(
    'rnn',
    'from the last step to the first, without biases',
    sequenceInputs(1, false),
    withWeights((x, h, weights) => ops.rnn(x, h, weights, { reverse: true })),
  ),

  row(
    'lstm',
    'with a projection',
    [real(T, B, D), real(B, P), real(B, H), unit(4 * H, D), unit(4 * H, P), unit(P, H), unit(4 * H), unit(4 * H)],
    (x, h, c, weightIh, weightHh, weightHr, biasIh, biasHh) =>
      ops.lstm(x, [h, c], { weightIh, weightHh, weightHr, biasIh, biasHh }, { reverse: true }),
  ),
  row(
    'lstmCell',
    'with a projection',
    [real(B, D), real(B, P), real(B, H), unit(4 * H, D), unit(4 * H, P), unit(P, H)],
    (x, h, c, weightIh, weightHh, weightHr) => ops.lstmCell(x, [h, c], { weightIh, weightHh, weightHr }),
  ),
];

const x = zeros([T, B, D]);
const h = zeros([B, H]);
const gru = { weightIh: zeros([3 * H, D]), weightHh: zeros([3 * H, H]) };
const rnn = { weightIh: zeros([H, D]), weightHh: zeros([H, H]) };

export const recurrentBad: readonly BadInput[] = [
  bad(
    'gru',
    () => ops.gru(zeros([0, B, D]), h, gru),
    ShapeError,
    /^gru: expected x \[T, B, D\] with at least one time/,
  ),
  bad(
    'gru',
    () => ops.gru(x, zeros([B, H + 1]), gru),
    ShapeError,
    /^gru: h0 is \[2, 3\], expected \[2, 2\]: x is \[3, 2, 3\], weightHh is \[6, 2\]/,
  ),
  bad('gru', () => ops.gru(x, h, rnn), ShapeError, /^gru: weightIh is \[2, 3\], expected \[6, 3\]/),
  bad('gru', () => ops.gru(x, h, { ...gru, biasIh: zeros([6]) }), ArgumentError, /^gru: expected both biases or none/),
  bad('gruCell', () => ops.gruCell(zeros([B, 1]), h, gru), ShapeError, /^matmul: inner sizes differ: a is \[2, 1\]/),
  bad(
    'gruCell',
    () => ops.gruCell(zeros([B, D]), h, { ...gru, biasHh: zeros([6]) }),
    ArgumentError,
    /^gruCell: expected both biases or none; given only biasHh/,
  ),
  bad(
    'rnn',
    () => ops.rnn(x, zeros([B, H], { dtype: 'f64', device: 'cpu' }), rnn),
    DTypeError,
    /^rnn: dtypes do not mix: x is f32, h0 is f64/,
  ),
  bad(
    'rnn',
    () => ops.rnn(x, h, rnn, { nonlinearity: 'sigmoid' as 'relu' }),
    ArgumentError,
    /^rnn: expected nonlinearity 'tanh' or 'relu'; given 'sigmoid'/,
  ),
  bad(
    'rnnCell',
    () => ops.rnnCell(zeros([B, D]), h, rnn, { nonlinearity: 'toString' as 'relu' }),
    ArgumentError,
    /^rnnCell: expected nonlinearity 'tanh' or 'relu'; given 'toString'/,
  ),
  bad(
    'lstm',
    () =>
      ops.lstm(x, [zeros([B, P]), h], {
        weightIh: zeros([8, D]),
        weightHh: zeros([8, P]),
        weightHr: zeros([P, H + 1]),
      }),
    ShapeError,
    /^lstm: c0 is \[2, 2\], expected \[2, 3\]/,
  ),
];
