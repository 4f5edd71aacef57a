/** What is between two tensors, as modules. I, J: input features, O: output features, D: the size of vectors. */

import {
  cosineSimilarity,
  type DistanceOptions,
  einsum,
  Parameter,
  pairwiseDistance,
  ShapeError,
  type SimilarityOptions,
  showShape,
  type Tensor,
  zeros,
} from '@tapegrad/core';
import * as init from './init.ts';
import type { LinearOptions } from './linear.ts';
import { Module } from './module.ts';

/**
 * The cosine of the angle between vectors.
 *
 * Equation: y = a . b / (max(|a|, eps) max(|b|, eps))
 *
 * Shapes: a and b broadcast; result without `dim`, 1 where it is not given.
 *
 * Throws: ShapeError, DTypeError, IndexError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.CosineSimilarity.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { CosineSimilarity } from '@tapegrad/nn';
 *
 * const [a, b] = [tensor([[1, 0], [1, 1]]), tensor([[1, 1], [1, 1]])];
 * console.log(String(new CosineSimilarity().forward(a, b))); // tensor([0.7071, 1.0000])
 * ```
 */
export class CosineSimilarity extends Module {
  readonly options: SimilarityOptions;

  constructor(options: SimilarityOptions = {}) {
    super();
    this.options = options;
  }

  forward(a: Tensor, b: Tensor): Tensor {
    return cosineSimilarity(a, b, this.options);
  }
}

/**
 * The distance between the vectors of the last dimension.
 *
 * Equation: y = |a - b + eps|_p
 *
 * Shapes: a and b broadcast to [..., D]; result [...], or [..., 1] with `keepdim`.
 *
 * Throws: ShapeError, DTypeError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.PairwiseDistance.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { PairwiseDistance } from '@tapegrad/nn';
 *
 * console.log(String(new PairwiseDistance().forward(tensor([[0, 0]]), tensor([[3, 4]])))); // tensor([5.0000])
 * ```
 */
export class PairwiseDistance extends Module {
  readonly options: DistanceOptions;

  constructor(options: DistanceOptions = {}) {
    super();
    this.options = options;
  }

  forward(a: Tensor, b: Tensor): Tensor {
    return pairwiseDistance(a, b, this.options);
  }
}

/**
 * What is linear in each of two tensors.
 *
 * Equation: y[o] = a^T W[o] b + bias[o]
 *
 * Shapes: a [..., I], b [..., J], weight [O, I, J], bias [O]; result [..., O].
 *
 * Throws: ShapeError, DTypeError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.bilinear.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { bilinear } from '@tapegrad/nn';
 *
 * const weight = tensor([[[1, 0], [0, 10]]]); // y = a0 b0 + 10 a1 b1
 * console.log(String(bilinear(tensor([2, 3]), tensor([4, 5]), weight))); // tensor([158.])
 * ```
 */
export function bilinear(a: Tensor, b: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const [O, I, J] = weight.shape;
  const lead = (x: Tensor): string => x.shape.slice(0, -1).join();
  if (weight.rank !== 3 || a.shape.at(-1) !== I || b.shape.at(-1) !== J || lead(a) !== lead(b)) {
    throw new ShapeError(
      `bilinear: expected a [..., I], b [..., J] and weight [O, I, J]: a is ${showShape(a.shape)}, b is ${showShape(b.shape)}, weight is ${showShape(weight.shape)}`,
    );
  }
  if (bias && (bias.rank !== 1 || bias.shape[0] !== O))
    throw new ShapeError(`bilinear: expected bias [O] = [${O}]; given ${showShape(bias.shape)}`);
  const y = einsum('...i,oij,...j->...o', a, weight, b);
  return bias ? y.add(bias) : y;
}

/**
 * `bilinear` with parameters `weight` [O, I, J] and `bias` [O], both first drawn uniformly from +-1/sqrt(I).
 *
 * Equation: y[o] = a^T W[o] b + bias[o]
 *
 * Shapes: a [..., I], b [..., J]; result [..., O].
 *
 * Throws: ShapeError, DTypeError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Bilinear.html
 *
 * ```ts
 * import { ones } from '@tapegrad/core';
 * import { Bilinear } from '@tapegrad/nn';
 *
 * console.log(new Bilinear(20, 30, 40).forward(ones([128, 20]), ones([128, 30])).shape); // [ 128, 40 ]
 * ```
 */
export class Bilinear extends Module {
  readonly in1Features: number;
  readonly in2Features: number;
  readonly outFeatures: number;
  weight: Parameter;
  bias: Parameter | undefined;

  constructor(
    in1Features: number,
    in2Features: number,
    outFeatures: number,
    { bias = true, ...place }: LinearOptions = {},
  ) {
    super();
    this.in1Features = in1Features;
    this.in2Features = in2Features;
    this.outFeatures = outFeatures;
    this.weight = new Parameter(zeros([outFeatures, in1Features, in2Features], place));
    if (bias) this.bias = new Parameter(zeros([outFeatures], place));
    this.resetParameters();
  }

  /** Draws the parameters anew. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.in1Features);
    init.uniform(this.weight, { a: -bound, b: bound });
    if (this.bias) init.uniform(this.bias, { a: -bound, b: bound });
  }

  forward(a: Tensor, b: Tensor): Tensor {
    return bilinear(a, b, this.weight, this.bias);
  }

  override describe(): string {
    return `in1Features=${this.in1Features}, in2Features=${this.in2Features}, outFeatures=${this.outFeatures}, bias=${this.bias !== undefined}`;
  }
}
