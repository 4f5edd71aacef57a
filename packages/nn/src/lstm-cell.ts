/** One step of an LSTM. B: batch, D: input features, H: hidden features. */

import { lstmCell, Parameter, ShapeError, scope, showShape, type Tensor, zeros } from '@tapegrad/core';
import * as init from './init.ts';
import type { LSTMState } from './lstm.ts';
import { Module, type PlaceOptions } from './module.ts';

export interface LSTMCellOptions extends PlaceOptions {
  readonly bias?: boolean | undefined;
}

/**
 * One step of a long short-term memory. Parameters are `weight_ih` [4H, D], `weight_hh` [4H, H], `bias_ih` and `bias_hh`
 * [4H], first drawn uniformly from +-1/sqrt(H).
 *
 * Equation: i, f, o = sigmoid(...), g = tanh(...), each of W_ih x + b_ih + W_hh h + b_hh;
 * c' = f c + i g; h' = o tanh(c'). The state is zeros where none is given.
 *
 * Shapes: x [B, D], h and c [B, H]; or [D] and [H] without a batch; result [h', c'].
 *
 * Throws: ShapeError, DTypeError, DeviceError.
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
export class LSTMCell extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  weightIh: Parameter;
  weightHh: Parameter;
  biasIh: Parameter | undefined;
  biasHh: Parameter | undefined;

  constructor(inputSize: number, hiddenSize: number, { bias = true, ...place }: LSTMCellOptions = {}) {
    super();
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.weightIh = new Parameter(zeros([4 * hiddenSize, inputSize], place));
    this.weightHh = new Parameter(zeros([4 * hiddenSize, hiddenSize], place));
    if (bias) {
      this.biasIh = new Parameter(zeros([4 * hiddenSize], place));
      this.biasHh = new Parameter(zeros([4 * hiddenSize], place));
    }
    this.resetParameters();
  }

  /** Draws the parameters anew. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const parameter of this.parameters()) init.uniform(parameter, { a: -bound, b: bound });
  }

  forward(x: Tensor, state?: Readonly<LSTMState>): LSTMState {
    const [D, H] = [this.inputSize, this.hiddenSize];
    if (x.rank < 1 || x.rank > 2 || x.shape.at(-1) !== D)
      throw new ShapeError(`LSTMCell: expected x [B, D] or [D] with D = ${D}; given ${showShape(x.shape)}`);
    const expected = x.shape.with(-1, H);
    for (const s of state ?? []) {
      if (s.shape.join() !== expected.join()) {
        throw new ShapeError(
          `LSTMCell: expected states ${showShape(expected)} for x ${showShape(x.shape)}; given ${showShape(s.shape)}`,
        );
      }
    }
    return scope(() => {
      const start = state ?? [zerosBeside(x, expected), zerosBeside(x, expected)];
      const rows = start.map((s) => s.reshape([-1, H])) as LSTMState;
      const next = lstmCell(x.reshape([-1, D]), rows, this);
      return next.map((s) => s.reshape(expected)) as LSTMState;
    });
  }

  override describe(): string {
    return `${this.inputSize}, ${this.hiddenSize}${this.biasIh ? '' : ', bias=false'}`;
  }
}

function zerosBeside(x: Tensor, shape: readonly number[]): Tensor {
  return zeros(shape, { dtype: x.dtype, device: x.device.name });
}
