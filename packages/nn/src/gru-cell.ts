/** One step of a GRU. B: batch, D: input features, H: hidden features. */

import { gruCell, type Tensor } from '@tapegrad/core';
import { type CellOptions, RecurrentCell } from './recurrent-cell.ts';

/**
 * One step of a gated recurrent unit. Parameters are `weight_ih` [3H, D], `weight_hh` [3H, H], `bias_ih` and `bias_hh`
 * [3H], first drawn uniformly from +-1/sqrt(H).
 *
 * Equation: r = sigmoid(...), z = sigmoid(...), each of W_ih x + b_ih + W_hh h + b_hh; n = tanh(W_in x + b_in + r (W_hn h
 * + b_hn)); h' = (1 - z) n + z h. The state is zeros where none is given.
 *
 * Shapes: x [B, D], h [B, H]; or [D] and [H] without a batch; result h' like h.
 *
 * Throws: ShapeError, ArgumentError, DTypeError, DeviceError.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.GRUCell.html
 *
 * ```ts
 * import { ones } from '@tapegrad/core';
 * import { GRUCell } from '@tapegrad/nn';
 *
 * const cell = new GRUCell(10, 20);
 * const h = cell.forward(ones([3, 10]));
 * console.log(cell.forward(ones([3, 10]), h).shape); // [ 3, 20 ]
 * ```
 */
export class GRUCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super({ name: 'GRUCell', gates: 3, states: 1 }, inputSize, hiddenSize, options);
  }

  forward(x: Tensor, h?: Tensor): Tensor {
    return this.step(x, h && [h], (rows, [h]) => [gruCell(rows, h!, this)])[0]!;
  }
}
