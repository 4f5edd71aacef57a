/** Plain recurrent layers. T: time, B: batch, D: input features, H: hidden features. */

import { ArgumentError } from '../errors.ts';
import * as s from '../scalar/rules.ts';
import { constant } from '../scalar/scalar.ts';
import type { Tensor } from '../tensor.ts';
import { type Cell, defineCell, type RecurrentWeights, runCell, type SequenceOptions } from './recurrent.ts';
import { overSequence, type RunSequence } from './recurrent-sequence.ts';

/** What squashes the state. */
export type RnnNonlinearity = 'tanh' | 'relu';

export interface RnnOptions {
  /** Default: tanh. */
  readonly nonlinearity?: RnnNonlinearity | undefined;
}

const CELLS: Readonly<Record<RnnNonlinearity, Cell>> = {
  tanh: defineCell('rnn', 1, (x, fromState, bias) => [s.tanh(s.add(x!, s.add(fromState!, bias!)))]),
  relu: defineCell('rnn', 1, (x, fromState, bias) => {
    const before = s.add(x!, s.add(fromState!, bias!));
    return [s.where(s.le(before, constant(0)), constant(0), before), before]; // NaN for NaN; at 0 the gradient is 0
  }),
};

const SEQUENCES: Readonly<Record<RnnNonlinearity, RunSequence>> = {
  tanh: overSequence(CELLS.tanh),
  relu: overSequence(CELLS.relu),
};

/**
 * One step of a plain recurrent layer.
 *
 * Equation: h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu in place of tanh
 *
 * Shapes: x [B, D], h [B, H], weightIh [H, D], weightHh [H, H]; result [B, H].
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError for one bias without the other or another nonlinearity.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.RNNCell.html
 *
 * ```ts
 * import { randn, rnnCell, zeros } from '@tapegrad/core';
 *
 * const [B, D, H] = [2, 3, 4];
 * const weights = { weightIh: randn([H, D]), weightHh: randn([H, H]) };
 * console.log(rnnCell(randn([B, D]), zeros([B, H]), weights, { nonlinearity: 'relu' }).shape); // [ 2, 4 ]
 * ```
 */
export function rnnCell(x: Tensor, h: Tensor, weights: RecurrentWeights, { nonlinearity }: RnnOptions = {}): Tensor {
  return runCell(chosen('rnnCell', CELLS, nonlinearity), x, h, weights);
}

/**
 * A plain recurrent layer over a whole sequence, in one recorded operation. `reverse` (default: false) runs from the last
 * step to the first; outputs stay in the input's order.
 *
 * Equation: h[t] = rnnCell(x[t], h[t-1]), from h0
 *
 * Shapes: x [T, B, D], h0 [B, H]; result [outputs [T, B, H], hn [B, H]].
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError for one bias without the other or another nonlinearity.
 * Source: Elman 1990; https://docs.pytorch.org/docs/stable/generated/torch.nn.RNN.html
 *
 * ```ts
 * import { randn, rnn, zeros } from '@tapegrad/core';
 *
 * const [T, B, D, H] = [5, 2, 3, 4];
 * const weights = { weightIh: randn([H, D]), weightHh: randn([H, H]) };
 * const [outputs, hn] = rnn(randn([T, B, D]), zeros([B, H]), weights);
 * console.log(outputs.shape, hn.shape); // [ 5, 2, 4 ] [ 2, 4 ]
 * ```
 */
export function rnn(
  x: Tensor,
  h0: Tensor,
  weights: RecurrentWeights,
  { nonlinearity, ...options }: RnnOptions & SequenceOptions = {},
): [outputs: Tensor, hn: Tensor] {
  return chosen('rnn', SEQUENCES, nonlinearity)(x, h0, weights, options);
}

function chosen<T>(op: string, choices: Readonly<Record<RnnNonlinearity, T>>, name: RnnNonlinearity = 'tanh'): T {
  if (!Object.hasOwn(choices, name))
    throw new ArgumentError(`${op}: expected nonlinearity 'tanh' or 'relu'; given '${name as string}'`);
  return choices[name];
}
