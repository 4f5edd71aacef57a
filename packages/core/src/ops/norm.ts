/** Lengths of vectors, and what is between them. */

import { ArgumentError } from '../errors.ts';
import type { Tensor } from '../tensor.ts';
import { type ReduceOptions, sum } from './broadcast.ts';
import { checkFloat } from './check.ts';
import { abs, add, div, eq, maximum, mul, ne, pow, sqrt, square, sub, where } from './elementwise.ts';
import { amax, amin } from './reduce.ts';

/** Which norm, and over which dimensions. */
export interface NormOptions extends ReduceOptions {
  /** The exponent; Infinity for the largest, -Infinity for the smallest, 0 for how many are not 0. Default: 2. */
  readonly p?: number | undefined;
}

/**
 * The p-norm over dimensions. The gradient at a vector of zeros is 0, as in PyTorch.
 *
 * Equation: y = (sum_i |x[i]|^p)^(1/p)
 *
 * Shapes: as of `sum`. Throws: DTypeError, IndexError, ArgumentError; ShapeError where there is no largest.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.vector_norm.html
 *
 * ```ts
 * import { norm, tensor } from '@tapegrad/core';
 *
 * const x = tensor([3, -4]);
 * console.log(norm(x), norm(x, { p: 1 }), norm(x, { p: Infinity })); // tensor(5.) tensor(7.) tensor(4.)
 * ```
 */
export function norm(x: Tensor, { p = 2, ...options }: NormOptions = {}): Tensor {
  checkFloat('norm', x);
  if (typeof p !== 'number' || Number.isNaN(p)) throw new ArgumentError(`norm: expected a number p; given ${p}`);
  if (p === Infinity) return amax(abs(x), options);
  if (p === -Infinity) return amin(abs(x), options);
  if (p === 0) return sum(where(ne(x, 0), 1, mul(x, 0)), options); // on the tape, with the slope 0
  if (p === 1) return sum(abs(x), options);
  if (p === 2) return root(sum(square(x), options), sqrt);
  return root(sum(pow(abs(x), p), options), (total) => pow(total, 1 / p));
}

/** Where a row points, and how far to go at least. */
export interface NormalizeOptions {
  /** The exponent of the norm. Default: 2. */
  readonly p?: number | undefined;
  /** The dimension of the vectors. Default: 1, as in PyTorch. */
  readonly dim?: number | undefined;
  /** The smallest number to divide by. Default: 1e-12. */
  readonly eps?: number | undefined;
}

/**
 * Vectors of length 1 in the same direction.
 *
 * Equation: y = x / max(|x|_p, eps)
 *
 * Shapes: result as x. Throws: DTypeError, IndexError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html
 *
 * ```ts
 * import { normalize, tensor } from '@tapegrad/core';
 *
 * console.log(normalize(tensor([[3, 4]]))); // tensor([[0.6000, 0.8000]])
 * ```
 */
export function normalize(x: Tensor, { p = 2, dim = 1, eps = 1e-12 }: NormalizeOptions = {}): Tensor {
  return div(x, maximum(norm(x, { p, dim, keepdim: true }), eps));
}

/** Along which dimension vectors are compared. */
export interface SimilarityOptions {
  /** The dimension of the vectors. Default: 1, as in PyTorch. */
  readonly dim?: number | undefined;
  /** The smallest length to divide by. Default: 1e-8. */
  readonly eps?: number | undefined;
}

/**
 * The cosine of the angle between vectors.
 *
 * Equation: y = a . b / (max(|a|, eps) max(|b|, eps))
 *
 * Shapes: a and b broadcast; result without `dim`. Throws: ShapeError, DTypeError, IndexError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cosine_similarity.html
 *
 * ```ts
 * import { cosineSimilarity, tensor } from '@tapegrad/core';
 *
 * console.log(cosineSimilarity(tensor([[1, 0], [1, 1]]), tensor([[1, 1]]))); // tensor([0.7071, 1.0000])
 * ```
 */
export function cosineSimilarity(a: Tensor, b: Tensor, { dim = 1, eps = 1e-8 }: SimilarityOptions = {}): Tensor {
  const length = (x: Tensor): Tensor => maximum(norm(x, { dim, keepdim: true }), eps);
  return sum(mul(div(a, length(a)), div(b, length(b))), { dim });
}

/** Which norm measures the distance. */
export interface DistanceOptions {
  /** The exponent of the norm. Default: 2. */
  readonly p?: number | undefined;
  /** What is added to each difference, so that none is 0. Default: 1e-6. */
  readonly eps?: number | undefined;
  /** Keep the last dimension with size 1. Default: false. */
  readonly keepdim?: boolean | undefined;
}

/**
 * The distance between the vectors of the last dimension.
 *
 * Equation: y = |a - b + eps|_p
 *
 * Shapes: a and b broadcast to [..., D]; result [...]. Throws: ShapeError, DTypeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pairwise_distance.html
 *
 * ```ts
 * import { pairwiseDistance, tensor } from '@tapegrad/core';
 *
 * console.log(pairwiseDistance(tensor([[0, 0]]), tensor([[3, 4]]), { eps: 0 })); // tensor([5.])
 * ```
 */
export function pairwiseDistance(
  a: Tensor,
  b: Tensor,
  { p = 2, eps = 1e-6, keepdim = false }: DistanceOptions = {},
): Tensor {
  const apart = sub(a, b);
  return norm(eps === 0 ? apart : add(apart, eps), { p, dim: -1, keepdim });
}

/** A root that has the slope 0, not Infinity, at 0. */
function root(total: Tensor, of: (x: Tensor) => Tensor): Tensor {
  const none = eq(total, 0);
  return where(none, 0, of(where(none, 1, total)));
}
