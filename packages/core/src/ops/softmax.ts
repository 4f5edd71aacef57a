/**
 * Softmax and its logarithm: stable for any logits, since the maximum is taken out first. It is never added again, as in
 * x - logSumExp(x): at logits of 1e4 that would round f32 log probabilities to multiples of 0.001.
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

/** exp(x) / sum exp(x) along `dim`. */
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

/** x - log sum exp(x) along `dim`: log probabilities in nats. */
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
