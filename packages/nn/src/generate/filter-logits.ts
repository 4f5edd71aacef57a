/** Which tokens may come next, and how the likely and the unlikely differ. V: vocabulary. */

import { ArgumentError, argsort, noGrad, type Tensor, where } from '@tapegrad/core';
import { checkCount } from './reader.ts';

export interface FilterOptions {
  /** Divides the logits: below 1 the likely becomes likelier, above 1 all become more alike. Default: 1. */
  readonly temperature?: number | undefined;
  /** Only so many of the likeliest tokens stay, the first of equals. Default: all. */
  readonly topK?: number | undefined;
  /** Only the fewest tokens stay whose probabilities add up to this: 0.9, say. Default: 1, all. */
  readonly topP?: number | undefined;
}

/**
 * Logits as `generate` draws from them: divided by the temperature, and -Infinity for the tokens that the k likeliest, or the
 * nucleus of probability p, do not hold. With both, the nucleus is that of the k likeliest. Not recorded.
 *
 * Equation: x / temperature where the token's rank < k and the sum of the probabilities before it < p; else -Infinity
 *
 * Shapes: logits [..., V], result as that.
 *
 * Throws: ArgumentError, DTypeError.
 *
 * Source: Fan et al. 2018, https://arxiv.org/abs/1805.04833 (top-k); Holtzman et al. 2020, https://arxiv.org/abs/1904.09751
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { filterLogits } from '@tapegrad/nn';
 *
 * const logits = tensor([0.1, 0.5, 0.25, 0.15]).log();
 * console.log(filterLogits(logits, { topP: 0.7 }).softmax(-1)); // tensor([0.0000, 0.6667, 0.3333, 0.0000])
 * console.log(filterLogits(logits, { temperature: 0.5, topK: 2 }).softmax(-1)); // tensor([0.0000, 0.8000, 0.2000, 0.0000])
 * ```
 */
export function filterLogits(logits: Tensor, options: FilterOptions = {}): Tensor {
  const { temperature = 1, topK = Infinity, topP = 1 } = options;
  checkFilter('filterLogits', options);
  if (temperature === 0)
    throw new ArgumentError(
      'filterLogits: a temperature of 0 is the likeliest token alone: logits.argmax({ dim: -1 })',
    );
  return noGrad(() => {
    const scaled = temperature === 1 ? logits.add(0) : logits.div(temperature);
    if (topK >= logits.shape.at(-1)! && topP === 1) return scaled;
    const order = argsort(scaled, { descending: true });
    const rank = argsort(order); // the place of each token in that order
    const among = where(rank.lt(Math.min(topK, 2 ** 30)), scaled, -Infinity);
    if (topP === 1) return among;
    const sorted = among.gather(-1, order).softmax(-1);
    const before = sorted.cumsum(-1).sub(sorted).gather(-1, rank);
    return where(before.lt(topP), among, -Infinity);
  });
}

/** Throws: ArgumentError. */
export function checkFilter(op: string, { temperature = 1, topK = Infinity, topP = 1 }: FilterOptions): void {
  if (!(temperature >= 0 && temperature < Infinity))
    throw new ArgumentError(`${op}: expected a temperature of 0 or more; given ${temperature}`);
  checkCount(op, 'topK', topK, 1);
  if (!(topP > 0 && topP <= 1)) throw new ArgumentError(`${op}: expected topP above 0 and up to 1; given ${topP}`);
}
