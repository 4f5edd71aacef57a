/** Root mean square normalisation. D: the dimensions that are normalised, the last ones. */

import {
  ArgumentError,
  ones,
  Parameter,
  type Shape,
  ShapeError,
  sameShape,
  showShape,
  type Tensor,
} from '@tapegrad/core';
import * as init from './init.ts';
import { Module, type PlaceOptions } from './module.ts';

export interface RMSNormFunctionOptions {
  /** Added to the mean square: the dtype's epsilon where it is not given, as in PyTorch. */
  readonly eps?: number | undefined;
}

/** The distance from 1 to the next number. */
const EPSILON: Readonly<Record<string, number>> = { f32: 2 ** -23, f64: Number.EPSILON };

/**
 * Takes out the scale of the last dimensions, for each of the others by itself; the mean stays.
 *
 * Equation: y = x / sqrt(mean(x^2) + eps) * weight
 *
 * Shapes: x [..., ...D], weight D; result like x.
 *
 * Throws: ShapeError, DTypeError, DeviceError.
 *
 * Source: Zhang & Sennrich 2019, https://arxiv.org/abs/1910.07467;
 * https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.rms_norm.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { rmsNorm } from '@tapegrad/nn';
 *
 * console.log(rmsNorm(tensor([[3, -4, 0, 0]]), [4])); // tensor([[ 1.2000, -1.6000,  0.0000,  0.0000]])
 * ```
 */
export function rmsNorm(
  x: Tensor,
  normalizedShape: Shape,
  weight?: Tensor,
  { eps = EPSILON[x.dtype]! }: RMSNormFunctionOptions = {},
): Tensor {
  const first = x.rank - normalizedShape.length;
  if (normalizedShape.length === 0 || first < 0 || x.shape.slice(first).join() !== normalizedShape.join()) {
    throw new ShapeError(
      `rmsNorm: expected x to end in the normalised shape: x is ${showShape(x.shape)}, normalizedShape is ${showShape(normalizedShape)}`,
    );
  }
  if (weight && !sameShape(weight.shape, normalizedShape)) {
    throw new ShapeError(
      `rmsNorm: weight is ${showShape(weight.shape)}, expected normalizedShape ${showShape(normalizedShape)}`,
    );
  }
  const dim = normalizedShape.map((_, d) => first + d);
  const y = x.mul(x.square().mean({ dim, keepdim: true }).add(eps).rsqrt());
  return weight ? y.mul(weight) : y;
}

export interface RMSNormOptions extends PlaceOptions, RMSNormFunctionOptions {
  /** Whether there is a `weight`. Default: true. */
  readonly elementwiseAffine?: boolean | undefined;
}

/**
 * Root mean square normalisation with a parameter `weight`, first ones, of the shape that is normalised.
 *
 * Equation: y = x / sqrt(mean(x^2) + eps) * weight
 *
 * Shapes: x [..., ...D]; result like x.
 *
 * Throws: ShapeError, ArgumentError, DTypeError, DeviceError.
 *
 * Source: Zhang & Sennrich 2019; https://docs.pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html
 *
 * ```ts
 * import { randn } from '@tapegrad/core';
 * import { RMSNorm } from '@tapegrad/nn';
 *
 * console.log(new RMSNorm(16).forward(randn([2, 5, 16])).shape); // [ 2, 5, 16 ]
 * ```
 */
export class RMSNorm extends Module {
  readonly normalizedShape: Shape;
  readonly eps: number | undefined;
  weight: Parameter | undefined;

  constructor(normalizedShape: number | Shape, { eps, elementwiseAffine = true, ...place }: RMSNormOptions = {}) {
    super();
    this.normalizedShape = typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
    if (this.normalizedShape.length === 0) throw new ArgumentError('RMSNorm: expected a shape to normalise; given []');
    this.eps = eps;
    if (elementwiseAffine) this.weight = new Parameter(ones(this.normalizedShape, place));
  }

  /** Puts the weight back to ones. */
  resetParameters(): void {
    if (this.weight) init.ones(this.weight);
  }

  forward(x: Tensor): Tensor {
    return rmsNorm(x, this.normalizedShape, this.weight, { eps: this.eps });
  }

  override describe(): string {
    return `${showShape(this.normalizedShape)}, elementwiseAffine=${this.weight !== undefined}`;
  }
}
