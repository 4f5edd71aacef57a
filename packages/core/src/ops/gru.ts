/** Gated recurrent units. T: time, B: batch, D: input features, H: hidden features. Gates are packed: reset r, update z, new n. */

import * as s from '../scalar/rules.ts';
import { constant } from '../scalar/scalar.ts';
import type { Tensor } from '../tensor.ts';
import { defineCell, type RecurrentWeights, runCell, type SequenceOptions } from './recurrent.ts';
import { overSequence } from './recurrent-sequence.ts';

const GRU = defineCell('gru', 3, (xr, xz, xn, hr, hz, hn, br, bz, bn, h) => {
  const r = s.sigmoid(s.add(xr!, s.add(hr!, br!)));
  const z = s.sigmoid(s.add(xz!, s.add(hz!, bz!)));
  const remembered = s.add(hn!, bn!);
  const n = s.tanh(s.add(xn!, s.mul(r, remembered)));
  return [s.add(s.mul(s.sub(constant(1), z), n), s.mul(z, h!)), [r, z, n, remembered]];
});

const sequence = overSequence(GRU);

/**
 * One step of a gated recurrent unit.
 *
 * Equation: r = sigmoid(...), z = sigmoid(...), each of W_ih x + b_ih + W_hh h + b_hh; n = tanh(W_in x + b_in + r (W_hn h
 * + b_hn)); h' = (1 - z) n + z h. Weights hold the gates in the order r, z, n.
 *
 * Shapes: x [B, D], h [B, H], weightIh [3H, D], weightHh [3H, H]; result [B, H].
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError for one bias without the other.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.GRUCell.html
 *
 * ```ts
 * import { gruCell, randn, zeros } from '@tapegrad/core';
 *
 * const [B, D, H] = [2, 3, 4];
 * const weights = { weightIh: randn([3 * H, D]), weightHh: randn([3 * H, H]) };
 * console.log(gruCell(randn([B, D]), zeros([B, H]), weights).shape); // [ 2, 4 ]
 * ```
 */
export function gruCell(x: Tensor, h: Tensor, weights: RecurrentWeights): Tensor {
  return runCell(GRU, x, h, weights);
}

/**
 * A gated recurrent unit over a whole sequence, in one recorded operation. `reverse` (default: false) runs from the last
 * step to the first; outputs stay in the input's order.
 *
 * Equation: h[t] = gruCell(x[t], h[t-1]), from h0
 *
 * Shapes: x [T, B, D], h0 [B, H]; result [outputs [T, B, H], hn [B, H]].
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError for one bias without the other.
 * Source: Cho et al. 2014; https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html
 *
 * ```ts
 * import { gru, randn, zeros } from '@tapegrad/core';
 *
 * const [T, B, D, H] = [5, 2, 3, 4];
 * const weights = { weightIh: randn([3 * H, D]), weightHh: randn([3 * H, H]) };
 * const [outputs, hn] = gru(randn([T, B, D]), zeros([B, H]), weights);
 * console.log(outputs.shape, hn.shape); // [ 5, 2, 4 ] [ 2, 4 ]
 * ```
 */
export function gru(
  x: Tensor,
  h0: Tensor,
  weights: RecurrentWeights,
  options: SequenceOptions = {},
): [outputs: Tensor, hn: Tensor] {
  return sequence(x, h0, weights, options);
}
