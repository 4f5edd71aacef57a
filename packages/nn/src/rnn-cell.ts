/** One step of a plain recurrent layer. B: batch, D: input features, H: hidden features. */

import { type RnnNonlinearity, type RnnOptions, rnnCell, type Tensor } from '@tapegrad/core';
import { type CellOptions, RecurrentCell } from './recurrent-cell.ts';
import { checkNonlinearity } from './rnn.ts';

/**
 * One step of a plain recurrent layer. Parameters are `weight_ih` [H, D], `weight_hh` [H, H], `bias_ih` and `bias_hh` [H],
 * first drawn uniformly from +-1/sqrt(H).
 *
 * Equation: h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu in place of tanh. The state is zeros where none is given.
 *
 * Shapes: x [B, D], h [B, H]; or [D] and [H] without a batch; result h' like h.
 *
 * Throws: ShapeError, ArgumentError, DTypeError, DeviceError.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.RNNCell.html
 *
 * ```ts
 * import { ones } from '@tapegrad/core';
 * import { RNNCell } from '@tapegrad/nn';
 *
 * const cell = new RNNCell(10, 20, { nonlinearity: 'relu' });
 * const h = cell.forward(ones([3, 10]));
 * console.log(cell.forward(ones([3, 10]), h).shape); // [ 3, 20 ]
 * ```
 */
export class RNNCell extends RecurrentCell {
  readonly nonlinearity: RnnNonlinearity;

  constructor(
    inputSize: number,
    hiddenSize: number,
    { nonlinearity = 'tanh', ...options }: CellOptions & RnnOptions = {},
  ) {
    checkNonlinearity('RNNCell', nonlinearity);
    super({ name: 'RNNCell', gates: 1, states: 1 }, inputSize, hiddenSize, options);
    this.nonlinearity = nonlinearity;
  }

  forward(x: Tensor, h?: Tensor): Tensor {
    return this.step(x, h && [h], (rows, [h]) => [rnnCell(rows, h!, this, this)])[0]!;
  }

  override describe(): string {
    return super.describe() + (this.nonlinearity === 'relu' ? ', nonlinearity=relu' : '');
  }
}
