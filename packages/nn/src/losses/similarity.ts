/** Losses between vectors: how they point, and how far they are from each other. N: rows, D: features. */

import { ArgumentError, pairwiseDistance, ShapeError, sameShape, showShape, type Tensor, where } from '@tapegrad/core';
import { checkSameShape } from './elementwise.ts';
import { Loss } from './loss.ts';
import type { MarginOptions } from './margin.ts';
import { type ReductionOptions, reduce } from './reduction.ts';

/**
 * Small where vectors that belong together (y = 1) point the same way, and others (y = -1) do not. Default: margin 0.
 *
 * Equation: l = 1 - cos(a, b) where y = 1, max(0, cos(a, b) - margin) where y = -1
 *
 * Shapes: a and b [N, D] with targets [N], or [D] with []; result a number, or the targets' shape with reduction `none`.
 * Units: none.
 *
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cosine_embedding_loss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { cosineEmbeddingLoss } from '@tapegrad/nn';
 *
 * const [a, b] = [tensor([[1, 0], [1, 0]]), tensor([[2, 0], [0, 2]])];
 * console.log(cosineEmbeddingLoss(a, b, tensor([1, 1]), { reduction: 'none' })); // tensor([0., 1.])
 * ```
 */
export function cosineEmbeddingLoss(
  a: Tensor,
  b: Tensor,
  target: Tensor,
  { margin = 0, reduction }: MarginOptions = {},
): Tensor {
  checkSameShape('cosineEmbeddingLoss', a, b);
  if (!sameShape(target.shape, a.shape.slice(0, -1))) {
    throw new ShapeError(
      `cosineEmbeddingLoss: expected a target for each vector: a is ${showShape(a.shape)}, target is ${showShape(target.shape)}`,
    );
  }
  const size = (x: Tensor): Tensor => x.square().sum({ dim: -1 }).add(1e-12);
  const cosine = a
    .mul(b)
    .sum({ dim: -1 })
    .div(size(a).mul(size(b)).sqrt());
  const together = where(target.eq(1), cosine.neg().add(1), 0);
  const apart = where(target.eq(-1), cosine.sub(margin).clamp({ min: 0 }), 0);
  return reduce('cosineEmbeddingLoss', together.add(apart), reduction);
}

/** `cosineEmbeddingLoss` as a module. Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CosineEmbeddingLoss.html */
export class CosineEmbeddingLoss extends Loss<MarginOptions> {
  forward(a: Tensor, b: Tensor, target: Tensor): Tensor {
    return cosineEmbeddingLoss(a, b, target, this.options);
  }
}

/** Options of `tripletMarginLoss`. */
export interface TripletOptions extends MarginOptions {
  /** The exponent of the norm. Default: 2. */
  readonly p?: number | undefined;
  /** What is added to differences, so that none is 0. Default: 1e-6. */
  readonly eps?: number | undefined;
  /** Takes the distance from the positive to the negative where it is smaller than from the anchor. Default: false. */
  readonly swap?: boolean | undefined;
}

/**
 * Small where the anchor is nearer to the positive than to the negative, by a margin. Default: margin 1.
 *
 * Equation: l = max(0, |a - p| - |a - n| + margin)
 *
 * Shapes: all three of one shape [..., D]; result a number, or [...] with reduction `none`. Units: the input's.
 *
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError.
 *
 * Source: Balntas et al. 2016; https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.triplet_margin_loss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { tripletMarginLoss } from '@tapegrad/nn';
 *
 * const loss = tripletMarginLoss(tensor([[0, 0]]), tensor([[3, 4]]), tensor([[0, 2]]));
 * console.log((await loss.item()).toFixed(4)); // 4.0000
 * ```
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  { margin = 1, p = 2, eps = 1e-6, swap = false, reduction }: TripletOptions = {},
): Tensor {
  checkSameShape('tripletMarginLoss', anchor, positive);
  checkSameShape('tripletMarginLoss', anchor, negative);
  const near = pairwiseDistance(anchor, positive, { p, eps });
  const far = pairwiseDistance(anchor, negative, { p, eps });
  const nearest = swap ? far.minimum(pairwiseDistance(positive, negative, { p, eps })) : far;
  return reduce('tripletMarginLoss', near.sub(nearest).add(margin).clamp({ min: 0 }), reduction);
}

/** `tripletMarginLoss` as a module. Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.TripletMarginLoss.html */
export class TripletMarginLoss extends Loss<TripletOptions> {
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginLoss(anchor, positive, negative, this.options);
  }
}

/** Options of likelihoods. */
export interface LikelihoodOptions extends ReductionOptions {
  /** Adds the part that does not depend on the input. Default: false. */
  readonly full?: boolean | undefined;
  /** A small number that keeps from dividing by 0, or from the logarithm of 0. */
  readonly eps?: number | undefined;
}

/**
 * Minus the log likelihood of targets that are normally distributed around the input. Variances below eps (1e-6) count as
 * eps, but pass their gradient on.
 *
 * Equation: l = (log v + (x - y)^2 / v) / 2, plus log(2 pi) / 2 with `full`
 *
 * Shapes: input and target of one shape; variance of that shape, without its last dimension, or with size 1 there; result
 * a number, or the input's shape with reduction `none`. Units: nats.
 *
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.gaussian_nll_loss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { gaussianNllLoss } from '@tapegrad/nn';
 *
 * console.log(await gaussianNllLoss(tensor([1]), tensor([3]), tensor([1])).item()); // 2
 * ```
 */
export function gaussianNllLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor,
  { full = false, eps = 1e-6, reduction }: LikelihoodOptions = {},
): Tensor {
  checkSameShape('gaussianNllLoss', input, target);
  const v = variance.rank === input.rank - 1 ? variance.unsqueeze(-1) : variance;
  const fits = v.rank === input.rank && v.shape.every((n, d) => n === input.shape[d] || (n === 1 && d === v.rank - 1));
  if (!fits) {
    throw new ShapeError(
      `gaussianNllLoss: expected a variance for each element, or for each row: input is ${showShape(input.shape)}, variance is ${showShape(variance.shape)}`,
    );
  }
  const safe = v.add(v.clamp({ min: eps }).sub(v).detach());
  const losses = safe.log().add(input.sub(target).square().div(safe)).mul(0.5);
  return reduce('gaussianNllLoss', full ? losses.add(0.5 * Math.log(2 * Math.PI)) : losses, reduction);
}

/** `gaussianNllLoss` as a module. Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.GaussianNLLLoss.html */
export class GaussianNLLLoss extends Loss<LikelihoodOptions> {
  forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    return gaussianNllLoss(input, target, variance, this.options);
  }
}

/** Options of `poissonNllLoss`. */
export interface PoissonOptions extends LikelihoodOptions {
  /** The input is the logarithm of the rate. Default: true. */
  readonly logInput?: boolean | undefined;
}

/**
 * Minus the log likelihood of counts with the rate that the input gives. Default: eps 1e-8.
 *
 * Equation: l = exp(x) - y x, or x - y log(x + eps) without `logInput`; plus Stirling's log y! for y > 1 with `full`
 *
 * Shapes: input and target of one shape; result a number, or that shape with reduction `none`. Units: nats.
 *
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.poisson_nll_loss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { poissonNllLoss } from '@tapegrad/nn';
 *
 * console.log(await poissonNllLoss(tensor([0]), tensor([2])).item()); // 1
 * ```
 */
export function poissonNllLoss(
  input: Tensor,
  target: Tensor,
  { logInput = true, full = false, eps = 1e-8, reduction }: PoissonOptions = {},
): Tensor {
  checkSameShape('poissonNllLoss', input, target);
  if (!(eps > 0)) throw new ArgumentError(`poissonNllLoss: expected an eps above 0; given ${eps}`);
  const losses = logInput ? input.exp().sub(target.mul(input)) : input.sub(target.mul(input.add(eps).log()));
  if (!full) return reduce('poissonNllLoss', losses, reduction);
  const many = where(target.gt(1), target, 1);
  const stirling = many
    .mul(many.log())
    .sub(many)
    .add(
      many
        .mul(2 * Math.PI)
        .log()
        .mul(0.5),
    );
  return reduce('poissonNllLoss', losses.add(where(target.gt(1), stirling, 0)), reduction);
}

/** `poissonNllLoss` as a module. Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.PoissonNLLLoss.html */
export class PoissonNLLLoss extends Loss<PoissonOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return poissonNllLoss(input, target, this.options);
  }
}
