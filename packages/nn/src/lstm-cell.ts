/** One step of an LSTM. B: batch, D: input features, H: hidden features. */

import { lstmCell, type Tensor } from '@tapegrad/core';
import type { LSTMState } from './lstm.ts';
import { type CellOptions, RecurrentCell } from './recurrent-cell.ts';

/**
 * One step of a long short-term memory. Parameters are `weight_ih` [4H, D], `weight_hh` [4H, H], `bias_ih` and `bias_hh`
 * [4H], first drawn uniformly from +-1/sqrt(H).
 *
 * Equation: i, f, o = sigmoid(...), g = tanh(...), each of W_ih x + b_ih + W_hh h + b_hh;
 * c' = f c + i g; h' = o tanh(c'). The state is zeros where none is given.
 *
 * Shapes: x [B, D], h and c [B, H]; or [D] and [H] without a batch; result [h', c'].
 *
 * Throws: ShapeError, ArgumentError, DTypeError, DeviceError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html
 *
 * ```ts
 * import { ones } from '@tapegrad/core';
 * import { LSTMCell } from '@tapegrad/nn';
 *
 * const cell = new LSTMCell(10, 20);
 * const [h, c] = cell.forward(ones([3, 10]));
 * const [next] = cell.forward(ones([3, 10]), [h, c]);
 * console.log(next.shape); // [ 3, 20 ]
 * ```
 */
export class LSTMCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super({ name: 'LSTMCell', gates: 4, states: 2 }, inputSize, hiddenSize, options);
  }

  forward(x: Tensor, state?: Readonly<LSTMState>): LSTMState {
    return this.step(x, state, (rows, [h, c]) => lstmCell(rows, [h!, c!], this)) as LSTMState;
  }
}
