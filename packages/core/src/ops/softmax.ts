/**
 * Softmax and its logarithm: stable for any logits, since the maximum is taken out first. It is never added again, as
 * in x - logSumExp(x): at logits of 1e4 that would round f32 log probabilities to multiples of 0.001.
 */

import { scope } from '../scope.ts';
import { normalizeDim } from '../shape.ts';
import { apply, type Op } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { sum } from './broadcast.ts';
import { checkFloat } from './check.ts';
import { div, exp, log, mul, sub } from './elementwise.ts';
import { largestOf } from './reduce.ts';
import { only } from './view.ts';

/**
 * Scores as probabilities along `dim`: 0 or more, with the sum 1. NaN where all scores are -Infinity.
 *
 * Equation: y[i] = exp(x[i]) / sum_j exp(x[j])
 *
 * Shapes: result as x. Throws: DTypeError, IndexError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html
 *
 * ```ts
 * import { softmax, tensor } from '@tapegrad/core';
 *
 * console.log(softmax(tensor([0, 1, -Infinity]), 0)); // tensor([0.2689, 0.7311, 0.0000])
 * ```
 */
export function softmax(x: Tensor, dim: number): Tensor {
  return only(apply(SOFTMAX, [checkFloat('softmax', x)], normalizeDim('softmax', dim, x.rank)));
}

const SOFTMAX: Op<number> = {
  name: 'softmax',
  forward: ([x], dim) =>
    scope(() => {
      const weights = exp(sub(x as Tensor, largestOf(x as Tensor, [dim])));
      return [div(weights, sum(weights, { dim, keepdim: true }))];
    }),
  // dL/dx = y (g - sum g y)
  vjp: ([g], _, [y], dim) => [() => mul(y!, sub(g!, sum(mul(g!, y!), { dim, keepdim: true })))],
};

/**
 * Scores as log probabilities along `dim`, more exact than the logarithm of `softmax`.
 *
 * Equation: y[i] = x[i] - log sum_j exp(x[j])
 *
 * Shapes: result as x. Units: nats. Throws: DTypeError, IndexError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html
 *
 * ```ts
 * import { logSoftmax, tensor } from '@tapegrad/core';
 *
 * console.log(logSoftmax(tensor([0, 0, -1000]), 0)); // tensor([-6.9315e-01, -6.9315e-01, -1.0007e+03])
 * ```
 */
export function logSoftmax(x: Tensor, dim: number): Tensor {
  return only(apply(LOG_SOFTMAX, [checkFloat('logSoftmax', x)], normalizeDim('logSoftmax', dim, x.rank)));
}

const LOG_SOFTMAX: Op<number> = {
  name: 'logSoftmax',
  forward: ([x], dim) =>
    scope(() => {
      const shifted = sub(x as Tensor, largestOf(x as Tensor, [dim]));
      return [sub(shifted, log(sum(exp(shifted), { dim, keepdim: true })))];
    }),
  // dL/dx = g - softmax(x) sum g
  vjp: ([g], _, [y], dim) => [() => sub(g!, mul(exp(y!), sum(g!, { dim, keepdim: true })))],
};
