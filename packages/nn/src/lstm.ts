/** Long short-term memory. T: time, B: batch, D: input features, H: hidden features, L: layers times directions. */

import { ArgumentError, lstm, type Tensor } from '@tapegrad/core';
import { type Family, Recurrent, type RecurrentOptions } from './recurrent.ts';
import type { PackedSequence } from './utils/packed-sequence.ts';

/** What an LSTM remembers: the hidden state h and the cell state c. */
export type LSTMState = [h: Tensor, c: Tensor];

export interface LSTMOptions extends RecurrentOptions {
  /** Features P that h is projected to, less than H; 0 for no projection. Default: 0. */
  readonly projSize?: number | undefined;
}

/**
 * A long short-term memory over whole sequences, one recorded operation a layer and direction; a projection is recorded
 * step by step. Parameters have PyTorch's names, `weight_ih_l0` [4H, D], `weight_hh_l0` [4H, H], `bias_ih_l0` and
 * `bias_hh_l0` [4H], then `..._l1`; the second direction's end in `_reverse`. They are first drawn uniformly from
 * +-1/sqrt(H). A projection to P features has `weight_hr_l0` [P, H]; `weight_hh_l0` is [4H, P] then.
 *
 * Equation: i, f, o = sigmoid(...), g = tanh(...), each of W_ih x + b_ih + W_hh h + b_hh;
 * c' = f c + i g; h' = o tanh(c'), or W_hr (o tanh(c')). The state is zeros where none is given.
 *
 * Shapes: x [T, B, D] ([B, T, D] with `batchFirst`), or [T, D] without a batch, or packed; h [L, B, P or H] and c
 * [L, B, H], without B where there is no batch; result [output, [hn, cn]], output like x with H (or P) features, twice that
 * if bidirectional, hn and cn like h and c.
 *
 * Throws: ShapeError, ArgumentError, DTypeError, DeviceError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html
 *
 * ```ts
 * import { randn } from '@tapegrad/core';
 * import { LSTM } from '@tapegrad/nn';
 *
 * const layer = new LSTM(10, 20, { numLayers: 2, batchFirst: true });
 * const [output, [hn]] = layer.forward(randn([3, 5, 10]));
 * console.log(output.shape, hn.shape); // [ 3, 5, 20 ] [ 2, 3, 20 ]
 * ```
 */
export class LSTM extends Recurrent {
  readonly projSize: number;

  constructor(inputSize: number, hiddenSize: number, { projSize = 0, ...options }: LSTMOptions = {}) {
    if (!Number.isInteger(projSize) || projSize < 0 || (projSize > 0 && projSize >= hiddenSize))
      throw new ArgumentError(
        `LSTM: expected projSize from 0 to hiddenSize - 1 = ${hiddenSize - 1}; given ${projSize}`,
      );
    const family = {
      name: 'LSTM',
      gates: 4,
      state: [
        ['h', projSize || hiddenSize],
        ['c', hiddenSize],
      ],
      run: (x, [h, c], weights, direction) => lstm(x, [h!, c!], weights, direction),
    } as const satisfies Family;
    super(family, inputSize, hiddenSize, options);
    this.projSize = projSize;
  }

  forward(x: Tensor, state?: Readonly<LSTMState>): [output: Tensor, state: LSTMState];
  forward(x: PackedSequence, state?: Readonly<LSTMState>): [output: PackedSequence, state: LSTMState];
  forward(x: Tensor | PackedSequence, state?: Readonly<LSTMState>): [Tensor | PackedSequence, LSTMState] {
    return this.run(x, state) as [Tensor | PackedSequence, LSTMState];
  }

  override describe(): string {
    return super.describe() + (this.projSize > 0 ? `, projSize=${this.projSize}` : '');
  }
}
