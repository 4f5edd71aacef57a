/** Plain recurrent layers. T: time, B: batch, D: input features, H: hidden features, L: layers times directions. */

import { ArgumentError, type RnnNonlinearity, type RnnOptions, rnn, type Tensor } from '@tapegrad/core';
import { Recurrent, type RecurrentOptions } from './recurrent.ts';
import type { PackedSequence } from './utils/packed-sequence.ts';

/**
 * A plain recurrent layer over whole sequences, one recorded operation a layer and direction. Parameters have PyTorch's
 * names, `weight_ih_l0` [H, D], `weight_hh_l0` [H, H], `bias_ih_l0` and `bias_hh_l0` [H], then `..._l1`; the second
 * direction's end in `_reverse`. They are first drawn uniformly from +-1/sqrt(H).
 *
 * Equation: h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu in place of tanh. The state is zeros where none is given.
 *
 * Shapes: x [T, B, D] ([B, T, D] with `batchFirst`), or [T, D] without a batch, or packed; h [L, B, H], or [L, H]; result
 * [output, hn], output like x with H features (2H if bidirectional), hn like h.
 *
 * Throws: ShapeError, ArgumentError, DTypeError, DeviceError.
 *
 * Source: Elman 1990; https://docs.pytorch.org/docs/stable/generated/torch.nn.RNN.html
 *
 * ```ts
 * import { randn } from '@tapegrad/core';
 * import { RNN } from '@tapegrad/nn';
 *
 * const layer = new RNN(10, 20, { nonlinearity: 'relu' });
 * const [output, hn] = layer.forward(randn([5, 3, 10]));
 * console.log(output.shape, hn.shape); // [ 5, 3, 20 ] [ 1, 3, 20 ]
 * ```
 */
export class RNN extends Recurrent {
  readonly nonlinearity: RnnNonlinearity;

  constructor(
    inputSize: number,
    hiddenSize: number,
    { nonlinearity = 'tanh', ...options }: RecurrentOptions & RnnOptions = {},
  ) {
    checkNonlinearity('RNN', nonlinearity);
    super(
      {
        name: 'RNN',
        gates: 1,
        state: [['h', hiddenSize]],
        run: (x, [h], weights, direction) => rnn(x, h!, weights, { nonlinearity, ...direction }),
      },
      inputSize,
      hiddenSize,
      options,
    );
    this.nonlinearity = nonlinearity;
  }

  forward(x: Tensor, h?: Tensor): [output: Tensor, hn: Tensor];
  forward(x: PackedSequence, h?: Tensor): [output: PackedSequence, hn: Tensor];
  forward(x: Tensor | PackedSequence, h?: Tensor): [Tensor | PackedSequence, Tensor] {
    const [output, [hn]] = this.run(x, h && [h]);
    return [output, hn!];
  }

  override describe(): string {
    return super.describe() + (this.nonlinearity === 'relu' ? ', nonlinearity=relu' : '');
  }
}

/** Throws: ArgumentError, when the layer is made. */
export function checkNonlinearity(op: string, name: string): void {
  if (name !== 'tanh' && name !== 'relu')
    throw new ArgumentError(`${op}: expected nonlinearity 'tanh' or 'relu'; given '${name}'`);
}
