/** Operations that draw random numbers. */

import { drawLike } from '../create.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { defaultGenerator, type Generator } from '../random.ts';
import { scope } from '../scope.ts';
import { showShape } from '../shape.ts';
import { apply, type Op } from '../tape.ts';
import type { IntTensor, Tensor } from '../tensor.ts';
import { expand, sum } from './broadcast.ts';
import { cast } from './cast.ts';
import { checkFloat } from './check.ts';
import { eq, gt, log, log1p, lt, maskedFill, mul, neg, sub, where } from './elementwise.ts';
import { oneHot } from './indexing.ts';
import { stack } from './join.ts';
import { argmax } from './reduce.ts';
import { detach, only, unsqueeze, viewOf } from './view.ts';

/** Options of `dropout`. */
export interface DropoutOptions {
  /** False returns x itself: for evaluation. Default: true. */
  readonly training?: boolean | undefined;
  /** Default: `defaultGenerator`, the one that `manualSeed` resets. */
  readonly generator?: Generator | undefined;
}

/**
 * Each element becomes 0 with probability p; the others are divided by 1 - p, so the expectation stays.
 *
 * Equation: y = x m / (1 - p), m = 0 with probability p, else 1
 *
 * Throws: ArgumentError unless 0 <= p <= 1, DTypeError. Source: Srivastava et al. 2014;
 * https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
 *
 * ```ts
 * import { dropout, manualSeed, ones } from '@tapegrad/core';
 *
 * manualSeed(0);
 * console.log(dropout(ones([8]), 0.5)); // tensor([2., 0., 0., 0., 0., 2., 0., 2.])
 * console.log(dropout(ones([2]), 0.5, { training: false })); // tensor([1., 1.])
 * ```
 */
export function dropout(
  x: Tensor,
  p = 0.5,
  { training = true, generator = defaultGenerator }: DropoutOptions = {},
): Tensor {
  if (!(p >= 0 && p <= 1)) throw new ArgumentError(`dropout: expected a probability from 0 to 1; given ${p}`);
  return training && p > 0 ? only(apply(DROPOUT, [checkFloat('dropout', x)], { p, generator })) : x;
}

const DROPOUT: Op<{ readonly p: number; readonly generator: Generator }> = {
  name: 'dropout',
  forward: ([x], { p, generator }) =>
    scope(() => {
      const kept = cast(lt(drawLike(x!, { kind: 'uniform' }, generator), 1 - p), (x as Tensor).dtype);
      const mask = p === 1 ? kept : mul(kept, 1 / (1 - p));
      return [mul(x as Tensor, mask), mask];
    }),
  // the mask as a constant; detach() would take it from its graph, which gives it back
  vjp: ([g], _, [, mask]) => [() => mul(g!, viewOf(mask!, mask!.shape, mask!.strides))],
};

/** Options of `multinomial`. */
export interface MultinomialOptions {
  /** Whether a class may be drawn more than once. Default: false. */
  readonly replacement?: boolean | undefined;
  /** Default: `defaultGenerator`, the one that `manualSeed` resets. */
  readonly generator?: Generator | undefined;
}

/**
 * Draws `samples` classes with probabilities proportional to `weights`, i32. Weights need not add up to 1.
 *
 * Equation: argmax_k (log w[k] - log E[k]), E exponential, is class k with probability w[k] / sum w
 *
 * Shapes: weights [C] or [N, C], result [samples] or [N, samples].
 * Throws: ShapeError, DTypeError; ArgumentError for more samples than classes with a weight without replacement, or for
 * rows that are all 0, negative or not finite.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.multinomial.html
 *
 * ```ts
 * import { manualSeed, multinomial, tensor } from '@tapegrad/core';
 *
 * manualSeed(1);
 * console.log(multinomial(tensor([1, 0, 3]), 8, { replacement: true })); // tensor([2, 2, 2, 0, 2, 0, 2, 2])
 * ```
 */
export function multinomial(
  weights: Tensor,
  samples: number,
  { replacement = false, generator = defaultGenerator }: MultinomialOptions = {},
): IntTensor {
  const C = weights.shape.at(-1) ?? 0;
  if (weights.rank < 1 || weights.rank > 2 || C === 0)
    throw new ShapeError(`multinomial: expected weights [C] or [N, C]; given ${showShape(weights.shape)}`);
  if (!Number.isInteger(samples) || samples < 1 || (!replacement && samples > C)) {
    throw new ArgumentError(
      `multinomial: cannot draw ${samples} samples from ${C} classes${replacement ? '' : '; pass { replacement: true } to draw a class again'}`,
    );
  }
  return scope(() => {
    const w = detach(checkFloat('multinomial', weights));
    checkWeights(w, replacement ? 1 : samples);
    if (replacement)
      return argmax(race(expand(unsqueeze(w, -2), [...w.shape.slice(0, -1), samples, C]), generator), { dim: -1 });
    let scores = race(w, generator);
    const drawn: IntTensor[] = [];
    for (let k = 0; k < samples; k++) {
      const winner = argmax(scores, { dim: -1 });
      drawn.push(winner);
      scores = maskedFill(scores, eq(oneHot(winner, C), 1), -Infinity);
    }
    return stack(drawn, -1);
  });
}

function race(weights: Tensor, generator: Generator): Tensor {
  const exponential = neg(log1p(neg(drawLike(weights, { kind: 'uniform' }, generator))));
  return where(gt(weights, 0), sub(log(weights), log(exponential)), -Infinity);
}

/** Only where values can be read without waiting; elsewhere a bad row draws class 0. */
function checkWeights(weights: Tensor, different: number): void {
  if (!weights.device.readSync) return;
  const possible = sum(cast(gt(weights, 0), 'i32'), { dim: -1 }).dataSync();
  if (!weights.dataSync().every((w) => w >= 0 && w < Infinity) || possible.includes(0)) {
    throw new ArgumentError(
      'multinomial: expected finite weights of 0 or more, one of them positive, in each row (softmax turns logits into such)',
    );
  }
  if (possible.some((n) => n < different)) {
    throw new ArgumentError(
      `multinomial: cannot draw ${different} samples without replacement from a row with ${Math.min(...possible)} positive weights; pass { replacement: true }`,
    );
  }
}
