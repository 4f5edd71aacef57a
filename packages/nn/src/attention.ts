/** Attention. L: queries, S: keys, E: their size, V: the size of values. */

import {
  ArgumentError,
  type BoolTensor,
  dropout,
  type Generator,
  logicalNot,
  ones,
  ShapeError,
  scope,
  showShape,
  type Tensor,
} from '@tapegrad/core';

/** What queries may see, and how sharply they look. */
export interface AttentionOptions {
  /** True where a query may look at a key, or numbers that are added to the scores; broadcasts to [..., L, S]. */
  readonly mask?: BoolTensor | Tensor | undefined;
  /** Whether query l sees keys 0 to l alone. Default: false. */
  readonly isCausal?: boolean | undefined;
  /** Probability with which a weight is dropped; 0 in evaluation. Default: 0. */
  readonly dropout?: number | undefined;
  /** Default: `defaultGenerator`, the one that `manualSeed` resets. */
  readonly generator?: Generator | undefined;
  /** What scores are multiplied by. Default: 1 / sqrt(E). */
  readonly scale?: number | undefined;
}

/**
 * For each query a mean of the values, weighed by how well their keys fit it.
 *
 * Equation: y = softmax(scale Q K^T + mask) V
 *
 * Shapes: query [..., L, E], key [..., S, E], value [..., S, V]; result [..., L, V]. A query that may see no key gives 0.
 *
 * Throws: ShapeError, DTypeError; ArgumentError for a mask beside `isCausal`.
 *
 * Source: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762;
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { scaledDotProductAttention } from '@tapegrad/nn';
 *
 * const x = tensor([[1, 0], [0, 1]]);
 * console.log(String(scaledDotProductAttention(x, x, x, { isCausal: true }))); // tensor([[1.0000, 0.0000],
 * //         [0.3302, 0.6698]])
 * ```
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  { mask, isCausal = false, dropout: p = 0, generator, scale }: AttentionOptions = {},
): Tensor {
  const [E, S] = [query.shape.at(-1), key.shape.at(-2)];
  if (query.rank < 2 || key.rank < 2 || value.rank < 2 || key.shape.at(-1) !== E || value.shape.at(-2) !== S) {
    throw new ShapeError(
      `scaledDotProductAttention: expected query [..., L, E], key [..., S, E] and value [..., S, V]: query is ${showShape(query.shape)}, key is ${showShape(key.shape)}, value is ${showShape(value.shape)}`,
    );
  }
  if (mask && isCausal)
    throw new ArgumentError(
      'scaledDotProductAttention: expected a mask or isCausal, not both: put the one into the other',
    );
  return scope(() => {
    const scores = query.matmul(key.transpose(-2, -1)).mul(scale ?? 1 / Math.sqrt(E!));
    const seen = isCausal ? pastOf(scores) : mask;
    const hidden = seen && (isMask(seen) ? logicalNot(seen) : seen.eq(-Infinity));
    const biased = seen && !isMask(seen) ? scores.add(seen) : scores;
    const weights = hidden
      ? biased.maskedFill(hidden, -Infinity).softmax(-1).maskedFill(hidden, 0)
      : biased.softmax(-1);
    return (p > 0 ? dropout(weights, p, { generator }) : weights).matmul(value);
  });
}

/** [L, S]: true where the key is not behind the query. */
function pastOf({ shape, device }: Tensor): BoolTensor {
  return ones(shape.slice(-2), { device: device.name }).tril().ne(0);
}

function isMask(x: BoolTensor | Tensor): x is BoolTensor {
  return x.dtype === 'bool';
}
