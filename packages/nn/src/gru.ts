/** Gated recurrent units. T: time, B: batch, D: input features, H: hidden features, L: layers times directions. */

import { gru, type Tensor } from '@tapegrad/core';
import { Recurrent, type RecurrentOptions } from './recurrent.ts';
import type { PackedSequence } from './utils/packed-sequence.ts';

/**
 * A gated recurrent unit over whole sequences, one recorded operation a layer and direction. Parameters have PyTorch's
 * names, `weight_ih_l0` [3H, D], `weight_hh_l0` [3H, H], `bias_ih_l0` and `bias_hh_l0` [3H], then `..._l1`; the second
 * direction's end in `_reverse`. They are first drawn uniformly from +-1/sqrt(H).
 *
 * Equation: r = sigmoid(...), z = sigmoid(...), each of W_ih x + b_ih + W_hh h + b_hh; n = tanh(W_in x + b_in + r (W_hn h
 * + b_hn)); h' = (1 - z) n + z h. The state is zeros where none is given.
 *
 * Shapes: x [T, B, D] ([B, T, D] with `batchFirst`), or [T, D] without a batch, or packed; h [L, B, H], or [L, H]; result
 * [output, hn], output like x with H features (2H if bidirectional), hn like h.
 *
 * Throws: ShapeError, ArgumentError, DTypeError, DeviceError.
 *
 * Source: Cho et al. 2014; https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html
 *
 * ```ts
 * import { randn } from '@tapegrad/core';
 * import { GRU, packSequence, padPackedSequence } from '@tapegrad/nn';
 *
 * const layer = new GRU(10, 20, { bidirectional: true });
 * const [output, hn] = layer.forward(packSequence([randn([5, 10]), randn([3, 10])]));
 * const [padded] = padPackedSequence(output);
 * console.log(padded.shape, hn.shape); // [ 5, 2, 40 ] [ 2, 2, 20 ]
 * ```
 */
export class GRU extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super(
      {
        name: 'GRU',
        gates: 3,
        state: [['h', hiddenSize]],
        run: (x, [h], weights, direction) => gru(x, h!, weights, direction),
      },
      inputSize,
      hiddenSize,
      options,
    );
  }

  forward(x: Tensor, h?: Tensor): [output: Tensor, hn: Tensor];
  forward(x: PackedSequence, h?: Tensor): [output: PackedSequence, hn: Tensor];
  forward(x: Tensor | PackedSequence, h?: Tensor): [Tensor | PackedSequence, Tensor] {
    const [output, [hn]] = this.run(x, h && [h]);
    return [output, hn!];
  }
}
